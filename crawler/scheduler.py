"""Scheduler: lease pages that are due in the frontier, and choose the source to ask for each."""

from scrapy import Request, Spider
from scrapy.core.scheduler import Scheduler
from scrapy.utils.defer import deferred_from_coro, maybe_deferred_to_future
from twisted.internet.defer import Deferred

from archive.store import Recorded
from crawler.extensions.errors import ErrorReport
from crawler.frontier.page_queue import PageQueue
from crawler.items import PageItem
from crawler.sharing.shared_frontier import SharedFrontier
from crawler.signals import pages_recorded
from crawler.spiders.taz import TazSpider


class FrontierScheduler(Scheduler):
    """Scrapy's scheduler, which leases due pages when no request is left.

    Unless a :class:`TazSpider` was started, it does only what Scrapy's scheduler does.
    """

    _taz: TazSpider | None = None
    _shared: SharedFrontier | None = None

    def open(self, spider: Spider) -> Deferred[None] | None:
        if isinstance(spider, TazSpider) and spider.pages:
            self._taz = spider
            self._errors = ErrorReport.of(spider.crawler)
            spider.crawler.signals.connect(self.pages_recorded, pages_recorded)
            self._shared = spider.shared
        if self._shared:
            self._shared.on_news = self._wake
        return super().open(spider)

    def close(self, reason: str) -> Deferred[None] | None:
        """Release the pages that other machines may fetch."""
        return deferred_from_coro(self._close(reason)) if self._shared else super().close(reason)

    async def _close(self, reason: str) -> None:
        assert self._shared
        if not self._errors.has_error:
            await self._shared.close()
        if closing := super().close(reason):
            await maybe_deferred_to_future(closing)

    def _wake(self) -> None:
        """Let Scrapy ask for the pages that have arrived, or notice that none will."""
        slot = self.crawler.engine._slot if self.crawler and self.crawler.engine else None  # noqa: SLF001 - Scrapy has no public name for it
        if slot:
            slot.nextcall.schedule()

    def next_request(self) -> Request | None:
        """Return the next request, retries first; lease pages if no request is left."""
        return super().next_request() or self._next_page()

    def _next_page(self) -> Request | None:
        """Return the request for a page that is due now."""
        if not self._taz or not (pages := self._pages):
            return None
        try:
            fetch = pages.next(is_idle=self._is_idle())
        except Exception as error:  # noqa: BLE001 - reported
            self._errors.report(error)
            return None
        return self._taz.request(fetch) if fetch else None

    @property
    def _pages(self) -> PageQueue | None:
        """The pages that are due; None before the spider starts and after an error."""
        if not self._taz or not self._taz.has_started or self._errors.has_error:
            return None
        return self._taz.pages

    def has_pending_requests(self) -> bool:
        """Return whether any request is left, or pages are due whose sources are backed off for a short time.

        Scrapy then calls :meth:`next_request` again every few seconds.
        """
        return super().has_pending_requests() or self._is_waiting()

    def _is_waiting(self) -> bool:
        pages = self._pages
        try:
            return pages is not None and (pages.has_leased or pages.is_waiting)
        except Exception as error:  # noqa: BLE001 - reported
            self._errors.report(error)
            return False

    def pages_recorded(self, pages: list[tuple[PageItem, Recorded]]) -> None:
        """Note which pages are wanted from another source."""
        assert self._taz
        assert self._taz.pages
        self._taz.pages.note_recorded(pages)

    def _is_idle(self) -> bool:
        """Return whether all requests are answered and all answers recorded."""
        engine = self.crawler.engine if self.crawler else None
        return (
            engine is not None
            and not engine.downloader.active
            and engine.scraper.slot is not None
            and engine.scraper.slot.is_idle()
        )
