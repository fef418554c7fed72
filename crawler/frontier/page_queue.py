"""The pages that a crawl fetches next, each with the source to ask. Independent of Scrapy.

A polite crawl leases one page at a time, and records it before it leases another. Without a delay, pages are
leased and recorded in batches. ``kill -9`` may then lose the captures of an incomplete batch; their pages are
still due and are fetched again.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain

from archive.model import Article, ArticleChange, Outcome, PageKey
from archive.policy.health import REASON_UNREACHABLE
from archive.reading.wording_digest import complete_wording_digest
from archive.store import Recorded, RefetchSources, Writer
from crawler import clock
from crawler.failover.policy import FailoverPolicy
from crawler.fetch import Fetch, Lease, WantedPage
from crawler.frontier.embedded import LEASE
from crawler.frontier.interface import Frontier, Visit
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
        frontier: Frontier,
    ) -> None:
        self.frontier = frontier
        self.ended: str | None = None
        self._unanswered = self._unrecorded = 0  # fetches without an answer, and those not recorded yet
        self._is_in_doubt = False  # whether the source of other pages depends on what is not recorded yet
        self._leases_more = True  # there may be more to lease before what was fetched is recorded
        self._archive = archive
        self._policy = policy
        self._options = options
        self._batch = 1 if options.delay else LEASED_PAGES
        self._wanted = deque[WantedPage]()  # leased pages
        self._further = deque[WantedPage]()  # pages to fetch from another source
        self._truncated: Sequence[PageKey] = ()  # asked for
        self._healed = 0  # highest article number checked for truncations of earlier runs
        self._started = self._leased_at = clock.utc_now()
        self._leases = Leases(self.frontier, options, started=self._started)

    def next(self, *, is_idle: bool = True) -> Fetch | None:
        """Return the next page to fetch; None when the crawl is over or has to wait.

        Pages to fetch from another source come first, then due pages, then articles truncated in earlier
        runs. What is due next depends on the answers so far. If these are not all recorded yet, the crawl is
        not ``is_idle``, and without a delay leased pages may be fetched meanwhile. After a failure none is,
        since their source, or all sources, may be down.
        """
        if is_idle:
            self._unanswered = self._unrecorded = 0
            self._is_in_doubt = False
        self.ended = self._end()
        if self.ended in (REASON_UNREACHABLE, QUIET_HOURS):
            self._wanted.clear()  # they stay due
        if self.ended in (REASON_UNREACHABLE, QUIET_HOURS) or self._is_in_doubt or self.is_waiting:
            return None
        return self._first(self._pages_when_idle() if is_idle else self._pages_ahead())

    def _pages_when_idle(self) -> Iterator[Iterable[WantedPage]]:
        """Yield pages to fetch when all others are recorded."""
        further, self._further = self._further, deque()
        self._wanted.extendleft(reversed(further))
        yield ()
        if not self.ended:
            yield self._lease()
            yield self._lease_truncated()

    def _pages_ahead(self) -> Iterator[Iterable[WantedPage]]:
        """Yield pages to fetch while others are read and recorded."""
        yield ()
        if not self.ended and self._may_lease_ahead():
            pages = self._lease()
            self._leases_more = bool(pages) or self.frontier.is_pending
            yield pages

    def _may_lease_ahead(self) -> bool:
        """Return whether to lease pages while others are not recorded, whose leases must not expire."""
        is_fast = clock.utc_now() - self._leased_at < LEASE / 2
        few = self._unrecorded <= self._batch
        return not self._options.delay and self._leases_more and few and is_fast and not self._further

    def _first(self, supply: Iterator[Iterable[WantedPage]]) -> Fetch | None:
        """Return the first page for which a source may be asked now. A page without one stays due."""
        now = clock.utc_now()
        for pages in supply:
            self._wanted.extend(pages)
            while self._wanted:
                wanted = self._wanted.popleft()
                if not self.holds(wanted):
                    self._give_up(wanted)
                elif fetch := self._policy.choose(wanted, now=now):
                    self._note_fetch(fetch, now)
                    return fetch
        return None

    def holds(self, wanted: WantedPage) -> bool:
        """Return whether a page is still leased to this run."""
        return wanted.lease is None or self.frontier.holds(wanted.lease)

    def _give_up(self, wanted: WantedPage) -> None:
        """Leave a page to the run that leases it next, perhaps this one."""
        if wanted.lease:
            self.frontier.give_up(wanted.lease)

    def _note_fetch(self, fetch: Fetch, now: datetime) -> None:
        self._policy.asked(fetch, now=now)
        self._unanswered += 1
        self._unrecorded += 1
        self._is_in_doubt = self._is_in_doubt or bool(fetch.wanted.failed)

    def note_answer(self, *, has_failed: bool) -> bool:
        """Note that a fetch has ended. Return whether others follow before it has to be recorded."""
        self._unanswered -= 1
        self._is_in_doubt = self._is_in_doubt or has_failed
        return not self._is_in_doubt and bool(self._unanswered > 0 or self._wanted)

    def note_unsent(self, fetch: Fetch) -> None:
        """Note that no request was sent. The page is still wanted, from a source that may be asked now."""
        self._unanswered -= 1
        self._unrecorded -= 1
        self._further.append(fetch.wanted)

    @property
    def has_leased(self) -> bool:
        """Whether any page is leased, or about to be, that was not requested yet."""
        return bool(self._wanted) or (not self.ended and self.frontier.is_pending)

    def _end(self) -> str | None:
        """Return why the crawl leases no more pages, in Scrapy's words; None if it goes on."""
        now = clock.utc_now()
        if self._policy.is_over(now=now):
            return REASON_UNREACHABLE
        if self._options.quiet_hours and self._options.quiet_hours.has(now):
            return QUIET_HOURS
        return MAX_PAGES if self._leases.room <= 0 and not self._wanted else None

    @property
    def is_waiting(self) -> bool:
        """Whether pages are to be fetched, but all sources are backed off for a short time."""
        now = clock.utc_now()
        if self.ended or not self._policy.rest(now=now):
            return False
        is_any = bool(self._further or self._wanted) or self._options.ignore_schedule
        return is_any or self.frontier.any_due()

    def _lease(self) -> list[WantedPage]:
        self._leased_at = clock.utc_now()
        return [WantedPage(one.key, lease=one) for one in self._leases.due(self._batch, now=self._leased_at)]

    def _lease_truncated(self) -> list[WantedPage]:
        """Return articles truncated in earlier runs that an available source can complete."""
        if not self._policy.can_heal(now=clock.utc_now()):
            return []
        while keys := self._truncated or self._next_truncated():
            leases = self._leases.partial(keys)
            self._truncated = keys if self.frontier.is_pending else ()
            if leases or self._truncated:
                return [WantedPage(one.key, heals=True, lease=one) for one in leases]
        return []

    def _next_truncated(self) -> Sequence[PageKey]:
        """Return the next articles truncated in earlier runs, by number."""
        keys = self._archive.frontier.truncated_articles(
            self._leases.count(self._batch), self._asking, first=self._healed + 1
        )
        self._healed = keys[-1].number if keys else self._healed
        return keys

    @property
    def _asking(self) -> RefetchSources:
        return RefetchSources(self._policy.healer_names, since=self._started)

    def note_recorded(self, pages: Sequence[tuple[PageItem, Recorded]]) -> None:
        """Note that pages were recorded: another source may be wanted for some of them."""
        self._unrecorded -= len(pages)
        self._leases_more = True
        further = [self._further_of(item, done) for item, done in pages]
        self._further.extend(chain.from_iterable(further))
        self.frontier.settle(
            _visit(item, lease, done, is_last=not more)
            for (item, done), more in zip(pages, further, strict=True)
            if (lease := _lease_of(item))
        )

    def _further_of(self, item: PageItem, done: Recorded) -> list[WantedPage]:
        """Return what is still wanted of a recorded page, from another source."""
        if item.further:
            return [item.further]
        is_healable = item.fetch is not None and self._is_healable(item.fetch, done)
        return [replace(item.fetch.wanted, heals=True)] if item.fetch and is_healable else []

    def _is_healable(self, fetch: Fetch, recorded: Recorded) -> bool:
        """Return whether another source may have more of a page than the one that was asked."""
        return self._is_lossy(fetch, recorded) and self._archive.frontier.needs_refetch(
            fetch.key, self._asking
        )

    def _is_lossy(self, fetch: Fetch, recorded: Recorded) -> bool:
        """Return whether a page was read, but not as its source spells it, or not to its end."""
        is_lossy = (fetch.source.truncates and recorded.truncation_count) or fetch.source.transliterates
        return bool(is_lossy) and recorded.outcome is Outcome.OK


def _lease_of(item: PageItem) -> Lease | None:
    return item.fetch.wanted.lease if item.fetch else None


def _visit(item: PageItem, lease: Lease, done: Recorded, *, is_last: bool) -> Visit:
    """Return what a frontier needs of a recorded page."""
    page = item.parsed.page if item.parsed else None
    article = page if isinstance(page, Article) else None
    digest = complete_wording_digest(article) if article else None
    return Visit(
        lease=lease,
        outcome=done.outcome,
        links=done.found,
        is_done=item.is_final,
        is_last=is_last,
        digest=digest,
        published=article.published if article else None,
        is_partial=article is not None and digest is None,
        is_edit=done.change is ArticleChange.EDITED,
    )
