"""One crawl of one archive: lease pages, record captures, and decide when to stop. Independent of Scrapy.

A polite crawl leases one page at a time and records each capture at once. Without a delay, pages are leased
and recorded in batches, each in one transaction, which is up to twice as fast. ``kill -9`` may then lose the
captures of an incomplete batch; their pages are still due and are fetched again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from archive.dump.grammar import clean
from archive.model import Capture, Outcome, PageKey
from archive.policy.health import REASON_UNREACHABLE
from archive.renditions.read_capture import ParsedCapture, read_capture
from archive.shell_commands import command
from archive.sources import Source
from archive.store import PreparedCapture, Recorded, RefetchSources, Writer
from crawler.clock import utc_now
from crawler.failover.backoff import SourceBackoff
from crawler.failover.gone_confirmation import as_unconfirmed
from crawler.failover.policy import NO_PAGE, FailoverPolicy, Fetch, WantedPage, source_names
from crawler.frontier.interface import Frontier, completed_fetch
from crawler.frontier.leases import Leases
from crawler.handlers.tofu import StoredTrust
from crawler.limits import Limits

# Captures per transaction, and how long an incomplete batch may wait. Larger batches are not faster.
BATCH_CAPTURES, BATCH_WAIT = 10, timedelta(seconds=0.25)
QUIET_HOURS = "quiet_hours"  # a reason for the end of a run that Scrapy does not have
ADVICE = "its layout may have changed; all pages are stored, so a newer release can read them: `{reparse}`"


class ActiveCrawl:
    """A crawl in progress.

    ``problem`` is the error that ended the run early, if any. ``layout_changes`` describe the sources whose
    pages no longer look as before, once the run is ``finished``: all captures are recorded. ``alarm`` is
    called with one line about each of them, also during the run, and about sources that go down or come back.
    ``stopped``: a person or a shutdown ended the run.
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
        self.policy = FailoverPolicy(sources)
        self.limits = limits or Limits()
        self.problem: BaseException | None = None
        self.finished = False
        self.stopped = False
        self.trust = StoredTrust(archive, clock)
        self.counts: Counter[str] = Counter()
        self.archive = archive
        self._frontier = frontier or archive.frontier
        self._clock = clock
        self._watch = watch
        self._alarm = alarm
        self.layout_changes: Mapping[str, str] = {}
        self._alarmed: set[str] = set()
        self._waiting: list[tuple[datetime, Capture]] = []
        self._batch = 1 if self.limits.delay else BATCH_CAPTURES
        self._fetching: dict[PageKey, Fetch] = {}  # without an answer yet
        self._further: list[WantedPage] = []  # pages to fetch from another source
        self._unconfirmed: dict[PageKey, str] = {}  # present articles that a source did not find
        self._missed = 0
        self._healed = 0  # highest article number checked for truncations of earlier runs
        self._ended: str | None = None
        self._started = clock()
        self._leases = Leases(self._frontier, self.limits, started=self._started)
        self.crawl = archive.runs.begin(source=source_names(sources), at=self._started)
        self.backoff = SourceBackoff(archive, self.policy, clock, alarm)
        self.backoff.load(again=self.limits.again)

    @property
    def now(self) -> datetime:
        """The current time, by the clock of the run."""
        return self._clock()

    def due(self) -> Sequence[Fetch]:
        """Return the next pages to fetch, each with its source; empty when the run is over or has to wait.

        Pages to fetch from another source come first, then due pages, then articles truncated in earlier
        runs.
        """
        self.flush()
        self._report_standings()
        self._ended = self._end()
        if self.problem or self._ended in (REASON_UNREACHABLE, QUIET_HOURS) or self.is_waiting:
            return []
        further, self._further = self._further, []
        fetches = self._choose_sources(further)
        if fetches or self._ended:
            return fetches
        return self._choose_sources(self._lease()) or self._choose_sources(self._truncated())

    def _choose_sources(self, wanted_pages: Iterable[WantedPage]) -> list[Fetch]:
        """Choose a source for each page. A page without an available source stays due."""
        fetches = []
        for wanted in wanted_pages:
            if fetch := self.policy.choose(wanted, now=self.now):
                self.policy.asked(fetch, now=self.now)
                self._fetching[fetch.key] = fetch
                fetches.append(fetch)
        return fetches

    def _lease(self) -> list[WantedPage]:
        return [WantedPage(key) for key in self._leases.due(self._batch, now=self.now)]

    def _truncated(self) -> list[WantedPage]:
        """Return articles truncated in earlier runs that an available source can complete."""
        if not self.policy.can_heal(now=self.now):
            return []
        keys = self.archive.frontier.truncated_articles(
            self._leases.count(self._batch), self._asking, first=self._healed + 1
        )
        self._healed = keys[-1].number if keys else self._healed
        self._leases.taken += len(keys)
        return [WantedPage(key, heals=True) for key in keys]

    @property
    def _asking(self) -> RefetchSources:
        return RefetchSources(self.policy.healer_names, since=self._started)

    def _end(self) -> str | None:
        """Return why the run leases no more pages, in Scrapy's words; None if it goes on."""
        if self.policy.is_over(now=self.now):
            return REASON_UNREACHABLE
        if self.limits.quiet and self.limits.quiet.has(self.now):
            return QUIET_HOURS
        return "closespider_pagecount" if self._leases.room <= 0 else None

    @property
    def is_waiting(self) -> bool:
        """Whether pages are to be fetched, but all sources are backed off for a short time."""
        if self.problem or self._ended or not self.policy.rest(now=self.now):
            return False
        return bool(self._further) or self.limits.again or self._frontier.any_due(now=self.now)

    @property
    def unreachable(self) -> bool:
        """Whether pages were requested and none could be fetched."""
        asked = self.counts["pages"] - self.counts[Outcome.FORBIDDEN]
        return 0 < asked == self.counts[Outcome.FAILED]

    @property
    def has_problems(self) -> bool:
        """Whether any page failed at all sources."""
        return self._missed > 0

    def capture(
        self,
        fetch: Fetch,
        url: str,
        *,
        body: bytes | None,
        outcome: Outcome = Outcome.OK,
        problem: str | None = None,
    ) -> Capture:
        """Return the capture of a fetch that has just ended."""
        return Capture(
            source=fetch.source.name,
            url=url,
            captured_at=self.now,
            key=fetch.key,
            body=body or None,
            outcome=outcome,
            problem=problem,
            rendition=fetch.source.rendition,
        )

    def record(self, capture: Capture, *, at_once: bool = False) -> Sequence[Recorded]:
        """Record a capture with its batch, or ``at_once``. Return the results of captures recorded now."""
        key, fetch = _key(capture), self._fetching[_key(capture)]
        checked = as_unconfirmed(capture, fetch.wanted, self.archive)
        if checked.outcome is not capture.outcome:
            self._unconfirmed[key] = fetch.source.name
        self._waiting.append((self.now, checked))
        is_full = len(self._waiting) >= self._batch or self.now - self._waiting[0][0] >= BATCH_WAIT
        return self.flush() if is_full or at_once else []

    def flush(self) -> Sequence[Recorded]:
        """Record all captures so far and return their results."""
        captures = [capture for _, capture in self._waiting]
        if not captures or self.problem:
            return []
        unconfirmed = set(self._unconfirmed)
        parsed = [read_capture(capture) for capture in captures]
        recorded = self.archive.record(
            captures,
            crawl=self.crawl,
            prepared=[PreparedCapture(found) for found in parsed],
            unfinished={
                key
                for key, found in zip(map(_key, captures), parsed, strict=True)
                if not self._completes_page(key, found)
            },
            patience=self.limits.patience,
            shard=self.limits.shard,
            unconfirmed=unconfirmed,
        )
        self._waiting.clear()
        pairs = list(zip(captures, recorded, strict=True))
        self._frontier.complete([completed_fetch(capture, done) for capture, done in pairs], at=self.now)
        for capture, done in pairs:
            self._note(capture, done)
        self._report_layout_changes()
        return recorded

    def _completes_page(self, key: PageKey, found: ParsedCapture) -> bool:
        """Return whether a capture completes its page; otherwise another source is asked for the page soon.

        If storing the capture then fails, the run ends, so state changed here is discarded with it.
        """
        fetch = self._fetching[key]
        further = self._further_of(fetch, found)
        if further:
            self._further.append(further)
        # A page that could not be healed has not failed.
        return not further and (not fetch.wanted.heals or found.outcome not in NO_PAGE)

    def _further_of(self, fetch: Fetch, found: ParsedCapture) -> WantedPage | None:
        """Return what to try next for a page. A source that did not find it is asked again last."""
        missing_at = self._unconfirmed.get(fetch.key)
        # The server has answered, so it is not down.
        outcome = Outcome.UNREADABLE if missing_at == fetch.source.name else found.outcome
        if further := self.policy.answered(fetch, outcome, found.problem, now=self.now):
            return further
        missing_at = self._unconfirmed.pop(fetch.key, None)
        had = fetch.wanted.heals or found.outcome not in NO_PAGE
        return WantedPage(fetch.key, unconfirmed=True) if missing_at and not had else None

    def _note(self, capture: Capture, done: Recorded) -> None:
        fetch = self._fetching.pop(_key(capture))
        if done.ended or not fetch.wanted.heals:  # a failed attempt to heal is not counted
            self.counts["pages"] += 1
            self.counts[done.outcome] += 1
        self._missed += done.ended and done.outcome.is_problem
        lost = (fetch.source.truncates and done.truncation_count) or fetch.source.transliterates
        is_lossy = lost and done.outcome is Outcome.OK
        if is_lossy and self.archive.frontier.needs_refetch(fetch.key, self._asking):
            self._further.append(replace(fetch.wanted, heals=True))
        if self._watch:
            self._watch(capture, done)

    def _report_layout_changes(self) -> None:
        """Warn once about each source whose layout has obviously changed."""
        for source, change in self.archive.runs.obvious_layout_changes(self.crawl).items():
            if self._alarm and source not in self._alarmed:
                self._alarm(f"{source}: so far {change}; the run continues and stores all pages")
            self._alarmed.add(source)

    def _report_standings(self) -> None:
        """Report sources that went down or came back, if there are several."""
        news, self.policy.news = self.policy.news, []
        if self._alarm and len(self.policy.sources) > 1:
            for line in news:
                self._alarm(line)

    def finish(self, *, reason: str, stats: dict[str, object]) -> None:
        """Record the remaining captures and close the run in the history, or store what made it fail."""
        if self.problem:
            problem = clean(str(self.problem) or type(self.problem).__name__)
            self.archive.runs.fail(self.crawl, at=self.now, problem=problem)
            return
        self.flush()
        self._report_standings()
        self.backoff.save_reachability(over=self._ended == REASON_UNREACHABLE)
        self.stopped = reason == "shutdown"
        if self.unreachable and not self.stopped:
            reason = REASON_UNREACHABLE  # even if a limit was reached
        elif reason == "finished":
            reason = self._ended or reason
        self.layout_changes = self.archive.runs.finish(self.crawl, at=self.now, reason=reason, stats=stats)
        advice = ADVICE.format(reparse=command("reparse", self.archive.path))
        for source, change in self.layout_changes.items():
            if self._alarm:
                self._alarm(f"{source}: {change}: {advice}")
        self.finished = True


def _key(capture: Capture) -> PageKey:
    assert capture.key  # every request of a run is for a page
    return capture.key
