"""One crawl of one archive: what is leased, what came back, when to stop. Knows nothing of Scrapy.

A polite crawl leases one page at a time and records each capture as it comes. Without a delay both is
done in batches, each in one transaction, which is up to twice as quick; ``kill -9`` may then lose the
captures of a batch not yet full, and as these pages are not done either, they are fetched again.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from archive.model import Capture, Outcome, PageKey
from archive.store.archive import Archive
from archive.store.recording import Recorded
from crawler.sources import Source
from crawler.trust import KeptTrust

BATCH = 50  # captures in one transaction
PATIENCE = timedelta(seconds=1)  # a batch older than that is not waited for to fill
LEASE = timedelta(minutes=10)  # longer than any page takes, retries included
# After so many pages of which none could be fetched the server is taken to be down. Asking it for all
# the others would only count as their failures, and put off the next look at each of them.
GIVE_UP = 10
ADVICE = (
    "its pages may have changed; every byte is kept, `taz-archive reparse` reads them anew once the parser"
    " knows better"
)


def utc_now() -> datetime:
    """The clock, where no other is given."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a run may do. None is no limit; ``again`` looks at everything whatever the schedule says.

    ``time`` is the whole crawl's, ``timeout`` one page's, ``delay`` the pause between two requests.
    """

    pages: int | None = None
    time: timedelta | None = None
    again: bool = False
    delay: timedelta = timedelta(0)
    timeout: timedelta = timedelta(seconds=30)


class Run:
    """Leases pages, records captures, counts. ``problem`` is what ended the run early, if anything did.

    ``drift`` says of sources whose pages no longer look as they did, in what; known once it is finished.
    ``alarm`` is told of it in a line, and during the run already, once, if it is plain.

    ``finished`` says that all is recorded, and the run closed in the history.
    """

    def __init__(
        self,
        archive: Archive,
        source: Source,
        *,
        limits: Limits | None = None,
        clock: Callable[[], datetime] = utc_now,
        watch: Callable[[Capture, Recorded], None] | None = None,
        alarm: Callable[[str], None] | None = None,
    ) -> None:
        self.source = source
        self.limits = limits or Limits()
        self.problem: BaseException | None = None
        self.finished = False
        self.trust = KeptTrust(archive, clock)
        self.counts: Counter[str] = Counter()
        self._archive = archive
        self._clock = clock
        self._watch = watch
        self._alarm = alarm
        self.drift: Mapping[str, str] = {}
        self._alarmed: set[str] = set()
        self._waiting: list[tuple[datetime, Capture]] = []
        self._batch = 1 if self.limits.delay else BATCH
        self._leased = 0
        self._ended: str | None = None
        self._started = clock()
        self.crawl = archive.begin_crawl(source=source.name, at=self._started)

    @property
    def now(self) -> datetime:
        """The run's own time."""
        return self._clock()

    def due(self) -> Sequence[PageKey]:
        """Lease the next pages to fetch; none when all is done, a limit is reached or the server down."""
        self.flush()
        self._ended = self._end()
        if self.problem or self._ended:
            return []
        count = int(min(self._batch, self._room()))
        again = self._started if self.limits.again else None
        keys = self._archive.lease(count, now=self.now, until=self.now + LEASE, unchecked_since=again)
        self._leased += len(keys)
        return keys

    def _room(self) -> float:
        """How many more pages may be leased."""
        return math.inf if self.limits.pages is None else self.limits.pages - self._leased

    def _end(self) -> str | None:
        """Why no more pages are to be leased, as Scrapy would word it; None: no reason."""
        if self._room() <= 0:
            return "closespider_pagecount"
        return "unreachable" if self.unreachable and self.counts[Outcome.FAILED] >= GIVE_UP else None

    @property
    def unreachable(self) -> bool:
        """Whether pages were asked for, and not one could be fetched."""
        asked = self.counts["pages"] - self.counts[Outcome.FORBIDDEN]
        return 0 < asked == self.counts[Outcome.FAILED]

    @property
    def has_problems(self) -> bool:
        """Whether any page was not what was asked for."""
        return any(self.counts[outcome] for outcome in Outcome if outcome.is_problem)

    def capture(
        self,
        key: PageKey,
        url: str,
        *,
        body: bytes | None,
        outcome: Outcome = Outcome.OK,
        problem: str | None = None,
    ) -> Capture:
        """A fetch that ended just now, and with what ``problem``, if it did not end well."""
        return Capture(
            source=self.source.name,
            url=url,
            captured_at=self.now,
            key=key,
            body=body or None,
            outcome=outcome,
            problem=problem,
            rendition=self.source.rendition,
        )

    def record(self, capture: Capture) -> None:
        """Take a capture, and record it with all that wait once they are a batch."""
        self._waiting.append((self.now, capture))
        if len(self._waiting) >= self._batch or self.now - self._waiting[0][0] >= PATIENCE:
            self.flush()

    def flush(self) -> None:
        """Record all captures taken so far."""
        captures = [capture for _, capture in self._waiting]
        if not captures or self.problem:
            return
        for capture, done in zip(captures, self._archive.record(captures, crawl=self.crawl), strict=True):
            self.counts["pages"] += 1
            self.counts[done.outcome] += 1
            if self._watch:
                self._watch(capture, done)
        self._waiting.clear()
        self._warn()

    def _warn(self) -> None:
        """Say once of a source that its pages are far off. The run goes on: every byte is kept."""
        for source, drift in self._archive.far_off(self.crawl).items():
            if self._alarm and source not in self._alarmed:
                self._alarm(f"{source}: so far {drift}; the run goes on, and keeps every byte")
            self._alarmed.add(source)

    def finish(self, *, reason: str, stats: dict[str, object]) -> None:
        """Record what is left and close the run in the history; one that failed is left open, as died."""
        if self.problem:
            return
        self.flush()
        ended = self._ended if self._ended and reason == "finished" else reason
        self.drift = self._archive.finish_crawl(self.crawl, at=self.now, reason=ended, stats=stats)
        for source, drift in self.drift.items():
            if self._alarm:
                self._alarm(f"{source}: {drift}: {ADVICE}")
        self.finished = True
