"""Replace Scrapy's scheduler, so that pages that are due in the frontier are leased and requested."""

from collections import deque

from scrapy import Request, Spider
from scrapy.core.scheduler import Scheduler
from twisted.internet.defer import Deferred

from crawler.spiders.taz import TazSpider


class FrontierScheduler(Scheduler):
    """Scrapy's scheduler, which leases due pages when no request is left and all answers are recorded.

    What is due next depends on the answers so far: which sources answer, and which pages they link to. With a
    spider other than :class:`TazSpider` it does only what Scrapy's scheduler does.
    """

    _taz: TazSpider | None = None
    _due: deque[Request]

    def open(self, spider: Spider) -> Deferred[None] | None:
        self._taz = spider if isinstance(spider, TazSpider) else None
        self._due = deque()
        return super().open(spider)

    def next_request(self) -> Request | None:
        """Return the next request, retries first; lease pages if no request is left."""
        if request := super().next_request():
            return request
        if self._taz and not self._due and self._is_idle():
            self._due.extend(self._taz.due_requests())
        return self._due.popleft() if self._due else None

    def has_pending_requests(self) -> bool:
        """Return whether any request is left, or pages are due whose sources are backed off for a short time.

        Scrapy then calls :meth:`next_request` again every few seconds.
        """
        if super().has_pending_requests() or self._due:
            return True
        return self._taz is not None and self._taz.is_waiting()

    def _is_idle(self) -> bool:
        """Return whether all requests are answered and all answers recorded."""
        engine = self.crawler.engine if self.crawler else None
        return (
            engine is not None
            and not engine.downloader.active
            and engine.scraper.slot is not None
            and engine.scraper.slot.is_idle()
        )
