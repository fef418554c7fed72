"""One crawl of one archive: what is leased, what came back, when to stop. Knows nothing of Scrapy.

A polite crawl records each capture as it comes; without a delay they are recorded in batches, each in
one transaction. Either way that is done before pages are leased, so that what they discovered can be.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from archive.model import Capture, Outcome, PageKey
from archive.store.archive import Archive
from archive.store.recording import Recorded
from crawler.frontier import Frontier
from crawler.sources import Gopher

BATCH = 50  # captures in one transaction
PATIENCE = timedelta(seconds=1)  # how long a capture may wait for its batch to fill
LEASE = timedelta(minutes=10)  # longer than any page takes, retries included


def utc_now() -> datetime:
    """The clock, where no other is given."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When to stop leasing. None is no limit; ``again`` looks at everything whatever the schedule says.

    ``delay`` is the pause between two requests, in seconds: it decides how many pages are leased ahead.
    """

    pages: int | None = None
    time: timedelta | None = None
    again: bool = False
    delay: float = 0.0


class Run:
    """Leases pages, records captures, counts. ``problem`` is what ended the run early, if anything did."""

    def __init__(
        self,
        archive: Archive,
        source: Gopher,
        *,
        limits: Limits | None = None,
        frontier: Frontier | None = None,
        clock: Callable[[], datetime] = utc_now,
        watch: Callable[[Capture, Recorded], None] | None = None,
    ) -> None:
        self.source = source
        self.problem: BaseException | None = None
        self.counts: Counter[str] = Counter()
        self._archive = archive
        self._frontier: Frontier = frontier or archive
        self._limits = limits or Limits()
        self._clock = clock
        self._watch = watch
        self._waiting: list[tuple[datetime, Capture]] = []
        self._leased = 0
        self._started = clock()
        self.crawl = archive.begin_crawl(source=source.name, at=self._started)

    @property
    def now(self) -> datetime:
        """The run's own time."""
        return self._clock()

    def due(self) -> Sequence[PageKey]:
        """Lease the next pages to fetch; none when all is done, or a limit is reached."""
        self.flush()
        count = self._room()
        if count <= 0 or self.problem:
            return []
        again = self._started if self._limits.again else None
        keys = self._frontier.lease(count, now=self.now, until=self.now + LEASE, unchecked_since=again)
        self._leased += len(keys)
        return keys

    def _room(self) -> int:
        """How many pages to lease now: no more than a few seconds' worth, so that a limit of time holds."""
        limits = self._limits
        if limits.time is not None and self.now - self._started >= limits.time:
            return 0
        ahead = BATCH if limits.delay == 0 else max(1, min(BATCH, int(5 / limits.delay)))
        return ahead if limits.pages is None else min(ahead, limits.pages - self._leased)

    def capture(self, key: PageKey, url: str, *, body: bytes | None, problem: str | None = None) -> Capture:
        """A fetch that ended just now; with a ``problem``, one that failed."""
        return Capture(
            source=self.source.name,
            url=url,
            captured_at=self.now,
            key=key,
            body=body or None,
            outcome=Outcome.FAILED if problem else Outcome.OK,
            problem=problem,
            rendition=self.source.rendition,
        )

    def record(self, capture: Capture) -> None:
        """Take a capture; it is in the archive within a second."""
        self._waiting.append((self.now, capture))
        # With a pause between requests there is time to record each at once; without, batches are quicker.
        if self._limits.delay or len(self._waiting) >= BATCH or self.now - self._waiting[0][0] >= PATIENCE:
            self.flush()

    def flush(self) -> None:
        """Record all captures taken so far."""
        captures = [capture for _, capture in self._waiting]
        if not captures or self.problem:
            return
        for capture, done in zip(captures, self._archive.record(captures, crawl=self.crawl), strict=True):
            self._count(done)
            if self._watch:
                self._watch(capture, done)
        self._waiting.clear()

    def _count(self, done: Recorded) -> None:
        self.counts["pages"] += 1
        self.counts[done.outcome] += 1
        self.counts["new"] += done.version == 1
        self.counts["edited"] += done.version is not None and done.version > 1

    def finish(self, *, reason: str, stats: dict[str, object]) -> None:
        """Record what is left and close the run in the history; one that failed is left open, as died."""
        if self.problem:
            return
        self.flush()
        self._archive.finish_crawl(self.crawl, at=self.now, reason=reason, stats=stats)
