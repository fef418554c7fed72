"""One crawl of one archive: what is leased, what came back, when to stop. Knows nothing of Scrapy.

A polite crawl leases one page at a time and records each capture as it comes. Without a delay both is
done in batches, each in one transaction, which is up to twice as quick; ``kill -9`` may then lose the
captures of a batch not yet full, and as these pages are not done either, they are fetched again.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from archive.checkup import UNREACHABLE
from archive.dump.grammar import clean
from archive.model import Capture, Outcome, PageKey
from archive.store.archive import Archive
from archive.store.recording import Recorded
from archive.store.wanting import Asking
from crawler.policy import NO_PAGE, Ask, Policy, Visit
from crawler.sources import Source
from crawler.trust import KeptTrust

BATCH = 50  # captures in one transaction
PATIENCE = timedelta(seconds=1)  # a batch older than that is not waited for to fill
LEASE = timedelta(minutes=10)  # longer than any page takes, retries included
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
    ``alarm`` is told of it in a line, and during the run already, once, if it is plain; and of sources
    that are down, or back.

    ``finished`` says that all is recorded, and the run closed in the history; ``stopped``, that somebody
    wanted it to end.
    """

    def __init__(
        self,
        archive: Archive,
        sources: Sequence[Source],
        *,
        limits: Limits | None = None,
        clock: Callable[[], datetime] = utc_now,
        watch: Callable[[Capture, Recorded], None] | None = None,
        alarm: Callable[[str], None] | None = None,
    ) -> None:
        self.policy = Policy(sources)
        self.limits = limits or Limits()
        self.problem: BaseException | None = None
        self.finished = False
        self.stopped = False
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
        self._asked: dict[PageKey, Ask] = {}  # and not answered yet
        self._further: list[Visit] = []  # pages to be had from another source
        self._leased = 0
        self._missed = 0
        self._healed = 0  # the highest number of the articles looked at for cuts that are left from earlier
        self._ended: str | None = None
        self._started = clock()
        self.crawl = archive.begin_crawl(source=names(sources), at=self._started)

    @property
    def now(self) -> datetime:
        """The run's own time."""
        return self._clock()

    def due(self) -> Sequence[Ask]:
        """The next pages to fetch, each from one source; none when all is done, or nobody is to be asked now.

        Pages to be had from another source come first, then what is due, then what is cut since earlier runs.
        """
        self.flush()
        self._tell()
        self._ended = self._end()
        if self.problem or self._ended == UNREACHABLE or self.is_waiting:
            return []
        further, self._further = self._further, []
        asks = self._ask(further)
        if asks or self._ended:
            return asks
        return self._ask(self._lease()) or self._ask(self._wanting())

    def _ask(self, visits: Iterable[Visit]) -> list[Ask]:
        """Choose whom to ask for each. A page that nobody can be asked for now stays as it is, due."""
        asks = []
        for visit in visits:
            if ask := self.policy.choose(visit, now=self.now):
                self.policy.asked(ask, now=self.now)
                self._asked[ask.key] = ask
                asks.append(ask)
        return asks

    def _lease(self) -> list[Visit]:
        self._started = min(self._started, self.now)  # or a clock put back would make it endless
        again = self._started if self.limits.again else None
        keys = self._archive.lease(self._count(), now=self.now, until=self.now + LEASE, unchecked_since=again)
        self._leased += len(keys)
        return [Visit(key) for key in keys]

    def _wanting(self) -> list[Visit]:
        """Articles with cuts left from earlier runs, that a source which can be asked now may heal."""
        if not self.policy.can_heal(now=self.now):
            return []
        keys = self._archive.wanting(self._count(), self._asking, first=self._healed + 1)
        self._healed = keys[-1].number if keys else self._healed
        self._leased += len(keys)
        return [Visit(key, heals=True) for key in keys]

    @property
    def _asking(self) -> Asking:
        return Asking(self.policy.whole, since=self._started)

    def _count(self) -> int:
        """How many pages to take on at once."""
        return int(min(self._batch, self._room()))

    def _room(self) -> float:
        """How many more pages may be taken on."""
        return math.inf if self.limits.pages is None else self.limits.pages - self._leased

    def _end(self) -> str | None:
        """Why no more pages are to be taken on, as Scrapy would word it; None: no reason."""
        if self.policy.is_over(now=self.now):
            return UNREACHABLE
        return "closespider_pagecount" if self._room() <= 0 else None

    @property
    def is_waiting(self) -> bool:
        """Whether there is nobody to ask now, but soon will be, and pages to ask for."""
        if self.problem or self._ended or not self.policy.rest(now=self.now):
            return False
        return bool(self._further) or self.limits.again or self._archive.any_due(now=self.now)

    @property
    def unreachable(self) -> bool:
        """Whether pages were asked for, and not one could be fetched."""
        asked = self.counts["pages"] - self.counts[Outcome.FORBIDDEN]
        return 0 < asked == self.counts[Outcome.FAILED]

    @property
    def has_problems(self) -> bool:
        """Whether any page could be had from no source."""
        return self._missed > 0

    def capture(
        self,
        ask: Ask,
        url: str,
        *,
        body: bytes | None,
        outcome: Outcome = Outcome.OK,
        problem: str | None = None,
    ) -> Capture:
        """A fetch that ended just now, and with what ``problem``, if it did not end well."""
        return Capture(
            source=ask.source.name,
            url=url,
            captured_at=self.now,
            key=ask.key,
            body=body or None,
            outcome=outcome,
            problem=problem,
            rendition=ask.source.rendition,
        )

    def leave_alone(self, source: Source, *, until: datetime, problem: str) -> None:
        """A source asked to be left alone."""
        self.policy.leave_alone(source, until=until, problem=problem, now=self.now)

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
        recorded = self._archive.record(captures, crawl=self.crawl, ends=self._ends)
        self._waiting.clear()
        for capture, done in zip(captures, recorded, strict=True):
            self._note(capture, done)
        self._warn()

    def _ends(self, capture: Capture, done: Recorded) -> bool:
        """Whether a page is done with a capture; if not, another source is asked for it soon.

        Within the transaction that stores it: if that fails the run is over, and what is noted here with it.
        """
        ask = self._asked[_key(capture)]
        further = self.policy.answered(ask, done.outcome, done.problem, now=self.now)
        if further:
            self._further.append(further)
        # That nobody could heal a page does not make it one that failed.
        return not further and (not ask.visit.heals or done.outcome not in NO_PAGE)

    def _note(self, capture: Capture, done: Recorded) -> None:
        ask = self._asked.pop(_key(capture))
        if done.ended or not ask.visit.heals:  # that a page had before could not be healed is no news
            self.counts["pages"] += 1
            self.counts[done.outcome] += 1
        self._missed += done.ended and done.outcome.is_problem
        lost = (ask.source.cuts and done.cuts) or ask.source.folds
        if lost and done.outcome is Outcome.OK and self._archive.is_wanting(ask.key, self._asking):
            self._further.append(replace(ask.visit, heals=True))
        if self._watch:
            self._watch(capture, done)

    def _warn(self) -> None:
        """Say once of a source that its pages are far off. The run goes on: every byte is kept."""
        for source, drift in self._archive.far_off(self.crawl).items():
            if self._alarm and source not in self._alarmed:
                self._alarm(f"{source}: so far {drift}; the run goes on, and keeps every byte")
            self._alarmed.add(source)

    def _tell(self) -> None:
        """Say whose standing has changed, where there are others."""
        news, self.policy.news = self.policy.news, []
        for line in news:
            if self._alarm and len(self.policy.sources) > 1:
                self._alarm(line)

    def finish(self, *, reason: str, stats: dict[str, object]) -> None:
        """Record what is left and close the run in the history; of one that failed, only say of what."""
        if self.problem:
            self._archive.fail_crawl(self.crawl, at=self.now, problem=clean(told(self.problem)))
            return
        self.flush()
        self._tell()
        if reason == "finished":
            reason = self._ended or (UNREACHABLE if self.unreachable else reason)
        self.drift = self._archive.finish_crawl(self.crawl, at=self.now, reason=reason, stats=stats)
        for source, drift in self.drift.items():
            if self._alarm:
                self._alarm(f"{source}: {drift}: {ADVICE}")
        self.finished = True
        self.stopped = reason == "shutdown"


def names(sources: Iterable[Source]) -> str:
    """Whom a run asks, as the history has it."""
    return ", ".join(source.name for source in sources)


def told(problem: BaseException) -> str:
    """What went wrong, also of an error that says nothing."""
    return str(problem) or type(problem).__name__


def _key(capture: Capture) -> PageKey:
    assert capture.key  # nothing else is asked for
    return capture.key
