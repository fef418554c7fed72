"""The pages that a crawl fetches next, each with the source to ask. Independent of Scrapy.

A polite crawl leases one page at a time, and records it before it leases another. Without a delay, pages are
leased and recorded in batches. ``kill -9`` may then lose the captures of an incomplete batch; their pages are
still due and are fetched again.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

from archive.model import Outcome
from archive.policy.health import REASON_UNREACHABLE
from archive.store import Recorded, RefetchSources, Writer
from crawler import clock
from crawler.failover.policy import FailoverPolicy, Fetch, WantedPage
from crawler.frontier.interface import Frontier, completed_fetch
from crawler.frontier.leases import Leases
from crawler.items import PageItem
from crawler.options import CrawlOptions

LEASED_PAGES = 100  # at once, without a delay
QUIET_HOURS = "quiet_hours"  # a reason for the end of a crawl that Scrapy does not have
MAX_PAGES = "closespider_pagecount"  # in Scrapy's words


class PageQueue:
    """Leases due pages and chooses their sources.

    ``ended`` is why no more pages are leased, once that is so.
    """

    def __init__(
        self,
        archive: Writer,
        policy: FailoverPolicy,
        options: CrawlOptions,
        *,
        frontier: Frontier | None = None,
    ) -> None:
        self.frontier = frontier or archive.frontier
        self.ended: str | None = None
        self._unanswered = self._unrecorded = 0  # fetches without an answer, and those not recorded yet
        self._leases_more = True  # there may be more to lease before what was fetched is recorded
        self._archive = archive
        self._policy = policy
        self._options = options
        self._batch = 1 if options.delay else LEASED_PAGES
        self._further = deque[WantedPage]()  # pages to fetch from another source
        self._healed = 0  # highest article number checked for truncations of earlier runs
        self._started = clock.utc_now()
        self._leases = Leases(self.frontier, options, started=self._started)

    def next(self, *, is_idle: bool = True) -> Sequence[Fetch]:
        """Return the next pages to fetch; empty when the crawl is over or has to wait.

        Pages to fetch from another source come first, then due pages, then articles truncated in earlier
        runs. What is due next depends on the answers so far. If these are not all recorded yet, the crawl is
        not ``is_idle``, and without a delay one more batch of due pages may be fetched meanwhile.
        """
        if not is_idle:
            return self._next_ahead()
        self._unanswered = self._unrecorded = 0
        self.ended = self._end()
        if self.ended in (REASON_UNREACHABLE, QUIET_HOURS) or self.is_waiting:
            return []
        further, self._further = self._further, deque()
        fetches = self._choose_sources(further)
        if fetches or self.ended:
            return fetches
        return self._choose_sources(self._lease()) or self._choose_sources(self._truncated())

    def _next_ahead(self) -> Sequence[Fetch]:
        """Return pages to fetch while others are read and recorded."""
        if self._options.delay or not self._leases_more or self._unrecorded > self._batch:
            return []
        self.ended = self._end()
        fetches = [] if self.ended or self.is_waiting else self._choose_sources(self._lease())
        self._leases_more = bool(fetches)
        return fetches

    def note_answer(self) -> bool:
        """Note that a fetch has ended. Return whether answers to others are on their way."""
        self._unanswered -= 1
        return self._unanswered > 0

    def _end(self) -> str | None:
        """Return why the crawl leases no more pages, in Scrapy's words; None if it goes on."""
        now = clock.utc_now()
        if self._policy.is_over(now=now):
            return REASON_UNREACHABLE
        if self._options.quiet_hours and self._options.quiet_hours.has(now):
            return QUIET_HOURS
        return MAX_PAGES if self._leases.room <= 0 else None

    @property
    def is_waiting(self) -> bool:
        """Whether pages are to be fetched, but all sources are backed off for a short time."""
        now = clock.utc_now()
        if self.ended or not self._policy.rest(now=now):
            return False
        return bool(self._further) or self._options.ignore_schedule or self.frontier.any_due(now=now)

    def _choose_sources(self, wanted_pages: Iterable[WantedPage]) -> list[Fetch]:
        """Choose a source for each page. A page without an available source stays due."""
        now = clock.utc_now()
        fetches = []
        for wanted in wanted_pages:
            if fetch := self._policy.choose(wanted, now=now):
                self._policy.asked(fetch, now=now)
                fetches.append(fetch)
        self._unanswered += len(fetches)
        self._unrecorded += len(fetches)
        return fetches

    def _lease(self) -> list[WantedPage]:
        return [WantedPage(key) for key in self._leases.due(self._batch, now=clock.utc_now())]

    def _truncated(self) -> list[WantedPage]:
        """Return articles truncated in earlier runs that an available source can complete."""
        if not self._policy.can_heal(now=clock.utc_now()):
            return []
        keys = self._archive.frontier.truncated_articles(
            self._leases.count(self._batch), self._asking, first=self._healed + 1
        )
        self._healed = keys[-1].number if keys else self._healed
        self._leases.taken += len(keys)
        return [WantedPage(key, heals=True) for key in keys]

    @property
    def _asking(self) -> RefetchSources:
        return RefetchSources(self._policy.healer_names, since=self._started)

    def note_recorded(self, pages: Sequence[tuple[PageItem, Recorded]]) -> None:
        """Note that pages were recorded: another source may be wanted for some of them."""
        self._unrecorded -= len(pages)
        self._leases_more = True
        fetched = [completed_fetch(item.capture, done) for item, done in pages if item.capture.key]
        self.frontier.complete(fetched, at=clock.utc_now())
        for item, done in pages:
            if item.further:
                self._further.append(item.further)
            if item.fetch and self._is_healable(item.fetch, done):
                self._further.append(replace(item.fetch.wanted, heals=True))

    def _is_healable(self, fetch: Fetch, recorded: Recorded) -> bool:
        """Return whether another source may have more of a page than the one that was asked."""
        return self._is_lossy(fetch, recorded) and self._archive.frontier.needs_refetch(
            fetch.key, self._asking
        )

    def _is_lossy(self, fetch: Fetch, recorded: Recorded) -> bool:
        """Return whether a page was read, but not as its source spells it, or not to its end."""
        is_lossy = (fetch.source.truncates and recorded.truncation_count) or fetch.source.transliterates
        return bool(is_lossy) and recorded.outcome is Outcome.OK
