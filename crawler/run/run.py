"""One crawl of one archive: what is leased, what came back, when to stop. Knows nothing of Scrapy.

A polite crawl leases one page at a time and records each capture as it comes. Without a delay both is
done in batches, each in one transaction, which is up to twice as quick; ``kill -9`` may then lose the
captures of a batch not yet full, and as these pages are not done either, they are fetched again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from archive.dump.grammar import clean
from archive.model import Capture, Outcome, PageKey
from archive.policy.health import REASON_UNREACHABLE
from archive.shell import command
from archive.sources import Source
from archive.store import Recorded, RefetchSources, Writer
from crawler.handlers.tofu import KeptTrust
from crawler.run.backoff import Rests
from crawler.run.failover import NO_PAGE, Ask, Policy, Visit
from crawler.run.frontier import Frontier, completed_fetch
from crawler.run.gone_confirmation import doubted
from crawler.run.leases import Leases
from crawler.run.limits import Limits

# Captures in one transaction, and how long a batch is waited for to fill. More are no quicker, and all that
# are not recorded yet are fetched again after a kill.
BATCH, PATIENCE = 10, timedelta(seconds=0.25)
QUIET = "quiet_hours"  # why a run ended, where Scrapy has no word
ADVICE = (
    "its pages may have changed; every byte is kept, `{reparse}` reads them anew once the parser knows better"
)


def utc_now() -> datetime:
    """The clock, where no other is given."""
    return datetime.now(UTC)


class Run:
    """Leases pages, records captures, counts. ``problem`` is what ended the run early, if anything did.

    ``drift`` says of sources whose pages no longer look as they did, in what; known once it is finished.
    ``alarm`` is told of it in a line, and during the run already, once, if it is plain; and of sources
    that are down, or back.
    ``finished``: all is recorded, and the run closed in the history. ``stopped``: by a person or a shutdown.
    """

    def __init__(
        self,
        archive: Writer,
        sources: Sequence[Source],
        *,
        limits: Limits | None = None,
        frontier: Frontier | None = None,
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
        self.archive = archive
        self._frontier = frontier or archive.frontier
        self._clock = clock
        self._watch = watch
        self._alarm = alarm
        self.drift: Mapping[str, str] = {}
        self._alarmed: set[str] = set()
        self._waiting: list[tuple[datetime, Capture]] = []
        self._batch = 1 if self.limits.delay else BATCH
        self._asked: dict[PageKey, Ask] = {}  # and not answered yet
        self._further: list[Visit] = []  # pages to be had from another source
        self._doubts: dict[PageKey, str] = {}  # articles that a source did not find, and were there before
        self._missed = 0
        self._healed = 0  # the highest number of the articles looked at for cuts that are left from earlier
        self._ended: str | None = None
        self._started = clock()
        self._leases = Leases(self._frontier, self.limits, started=self._started)
        self.crawl = archive.runs.begin(source=names(sources), at=self._started)
        self.rests = Rests(archive, self.policy, clock, alarm)
        self.rests.obey(again=self.limits.again)

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
        if self.problem or self._ended in (REASON_UNREACHABLE, QUIET) or self.is_waiting:
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
        return [Visit(key) for key in self._leases.due(self._batch, now=self.now)]

    def _wanting(self) -> list[Visit]:
        """Articles with cuts left from earlier runs, that a source which can be asked now may heal."""
        if not self.policy.can_heal(now=self.now):
            return []
        keys = self.archive.frontier.truncated_articles(
            self._leases.count(self._batch), self._asking, first=self._healed + 1
        )
        self._healed = keys[-1].number if keys else self._healed
        self._leases.taken += len(keys)
        return [Visit(key, heals=True) for key in keys]

    @property
    def _asking(self) -> RefetchSources:
        return RefetchSources(self.policy.whole, since=self._started)

    def _end(self) -> str | None:
        """Why no more pages are to be taken on, as Scrapy would word it; None: no reason."""
        if self.policy.is_over(now=self.now):
            return REASON_UNREACHABLE
        if self.limits.quiet and self.limits.quiet.has(self.now):
            return QUIET
        return "closespider_pagecount" if self._leases.room <= 0 else None

    @property
    def is_waiting(self) -> bool:
        """Whether there is nobody to ask now, but soon will be, and pages to ask for."""
        if self.problem or self._ended or not self.policy.rest(now=self.now):
            return False
        return bool(self._further) or self.limits.again or self._frontier.any_due(now=self.now)

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

    def record(self, capture: Capture, *, at_once: bool = False) -> Sequence[Recorded]:
        """Record captures once they are a batch, or ``at_once``; return what became of those recorded now."""
        key, ask = _key(capture), self._asked[_key(capture)]
        told = doubted(capture, ask.visit, self.archive)
        if told.outcome is not capture.outcome:
            self._doubts[key] = ask.source.name
        self._waiting.append((self.now, told))
        is_full = len(self._waiting) >= self._batch or self.now - self._waiting[0][0] >= PATIENCE
        return self.flush() if is_full or at_once else []

    def flush(self) -> Sequence[Recorded]:
        """Record all captures taken so far; return what became of them."""
        captures = [capture for _, capture in self._waiting]
        if not captures or self.problem:
            return []
        recorded = self.archive.record(
            captures,
            crawl=self.crawl,
            ends=self._ends,
            patience=self.limits.patience,
            shard=self.limits.shard,
            doubted=set(self._doubts),
        )
        self._waiting.clear()
        told = list(zip(captures, recorded, strict=True))
        self._frontier.complete([completed_fetch(capture, done) for capture, done in told], at=self.now)
        for capture, done in told:
            self._note(capture, done)
        self._warn()
        return recorded

    def _ends(self, capture: Capture, done: Recorded) -> bool:
        """Whether a page is done with a capture; if not, another source is asked for it soon.

        Within the transaction that stores it: if that fails the run is over, and what is noted here with it.
        """
        ask = self._asked[_key(capture)]
        further = self._further_of(ask, done)
        if further:
            self._further.append(further)
        # That nobody could heal a page does not make it one that failed.
        return not further and (not ask.visit.heals or done.outcome not in NO_PAGE)

    def _further_of(self, ask: Ask, done: Recorded) -> Visit | None:
        """What is left to try for a page. That it was not found is asked again, after everybody else."""
        doubter = self._doubts.get(ask.key)
        # Somebody is there, who says so: no sign that a server is down.
        outcome = Outcome.UNREADABLE if doubter == ask.source.name else done.outcome
        if further := self.policy.answered(ask, outcome, done.problem, now=self.now):
            return further
        doubter = self._doubts.pop(ask.key, None)
        had = ask.visit.heals or done.outcome not in NO_PAGE
        return Visit(ask.key, doubted=True) if doubter and not had else None

    def _note(self, capture: Capture, done: Recorded) -> None:
        ask = self._asked.pop(_key(capture))
        if done.ended or not ask.visit.heals:  # that a page had before could not be healed is no news
            self.counts["pages"] += 1
            self.counts[done.outcome] += 1
        self._missed += done.ended and done.outcome.is_problem
        lost = (ask.source.truncates and done.cuts) or ask.source.transliterates
        if lost and done.outcome is Outcome.OK and self.archive.frontier.needs_refetch(ask.key, self._asking):
            self._further.append(replace(ask.visit, heals=True))
        if self._watch:
            self._watch(capture, done)

    def _warn(self) -> None:
        """Say once of a source that its pages are far off. The run goes on: every byte is kept."""
        for source, drift in self.archive.runs.obvious_layout_changes(self.crawl).items():
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
            self.archive.runs.fail(self.crawl, at=self.now, problem=clean(told(self.problem)))
            return
        self.flush()
        self._tell()
        self.rests.note(over=self._ended == REASON_UNREACHABLE)
        self.stopped = reason == "shutdown"
        if self.unreachable and not self.stopped:
            reason = REASON_UNREACHABLE  # whatever limit the run reached meanwhile
        elif reason == "finished":
            reason = self._ended or reason
        self.drift = self.archive.runs.finish(self.crawl, at=self.now, reason=reason, stats=stats)
        advice = ADVICE.format(reparse=command("reparse", self.archive.path))
        for source, drift in self.drift.items():
            if self._alarm:
                self._alarm(f"{source}: {drift}: {advice}")
        self.finished = True


def names(sources: Iterable[Source]) -> str:
    """Whom a run asks, as the history has it."""
    return ", ".join(source.name for source in sources)


def told(problem: BaseException) -> str:
    """What went wrong, also of an error that says nothing."""
    return str(problem) or type(problem).__name__


def _key(capture: Capture) -> PageKey:
    assert capture.key  # nothing else is asked for
    return capture.key
