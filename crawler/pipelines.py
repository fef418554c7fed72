"""Item pipeline: record pages in the archive, and pass their articles and menus on."""

import asyncio
from collections.abc import Sequence
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from archive.model import Menu
from archive.store import PreparedCapture, Recorded, preparing_work
from crawler.extensions.run_history import RunHistory
from crawler.frontier_crawl import frontier_crawl_of
from crawler.items import ArticleItem, MenuItem, PageItem, article_item, menu_item
from crawler.opened_archive import archive_of
from crawler.options import CrawlOptions
from crawler.page_reader import PageReader, read_here
from crawler.signals import pages_recorded

# Pages per transaction, and how long an incomplete batch may wait. Larger batches are not faster.
BATCH_PAGES, BATCH_SECONDS = 50, 0.25

Batch = list[tuple[PageItem, "asyncio.Future[Recorded]"]]


class ArchivePipeline:
    """Records each :class:`PageItem` in the archive at ``ARCHIVE_PATH``; other items pass.

    A page is parsed, and a version stored if its article was edited. The result is an :class:`ArticleItem` or
    a :class:`MenuItem` for later pipelines and feeds; a page with neither, as of a failed fetch, is recorded
    and dropped. If ``ARCHIVE_ITEMS`` is off, pages are passed on as they are. Works with any spider.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._gives_items = crawler.settings.getbool("ARCHIVE_ITEMS", default=True)
        self._waiting: Batch = []
        self._open: list[Batch] = []  # being read
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._error: Exception | None = None
        self._reader: PageReader | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        pipeline = cls(crawler)
        # Scrapy does not call close_spider if that of another pipeline raises an error.
        crawler.signals.connect(pipeline.spider_closed, signals.spider_closed)
        return pipeline

    async def process_item(self, item: object) -> object:
        """Record a page, with others if more follow. Raise the error that a page cannot be recorded for."""
        if not isinstance(item, PageItem):
            return item
        loop = asyncio.get_running_loop()
        recorded: asyncio.Future[Recorded] = loop.create_future()
        self._waiting.append((item, recorded))
        if not item.more_follow or len(self._waiting) >= BATCH_PAGES:
            await self._process_batch()
        elif self._timer is None:
            self._timer = loop.call_later(BATCH_SECONDS, self._begin_batch)
        return self._result(item, await recorded)

    def _begin_batch(self) -> None:
        self._task = asyncio.ensure_future(self._process_batch())

    async def _process_batch(self) -> None:
        """Read and record the pages that wait."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        batch, self._waiting = self._waiting, []
        self._open.append(batch)
        try:
            self._reader = self._reader or PageReader(preparing_work(archive_of(self._crawler).path))
            prepared = await self._reader.read([item.capture for item, _ in batch])
            self._record(batch, prepared)
        except Exception as error:  # noqa: BLE001 - raised by process_item
            self._error = self._error or error
            for _, future in batch:
                future.set_exception(error)
        self._open.remove(batch)

    def _record(self, batch: Batch, prepared: Sequence[PreparedCapture]) -> None:
        """Record pages in one transaction, and tell the crawl what came of it."""
        if self._error:  # the crawl ends, and pages stay due
            raise self._error
        items = [item for item, _ in batch]
        judged = [self._judged(item, each) for item, each in zip(items, prepared, strict=True)]
        archive, options = archive_of(self._crawler), self._options()
        recorded = archive.record(
            [item.capture for item in items],
            crawl=RunHistory.crawl_of(self._crawler),
            prepared=judged,
            unfinished={item.capture.key for item in items if not item.is_final},
            patience=options.patience,
            shard=options.own_shard,
            unconfirmed={item.capture.key for item in items if item.is_unconfirmed},
        )
        pages = list(zip(items, recorded, strict=True))
        self._crawler.signals.send_catch_log(pages_recorded, pages=pages)
        for (_, future), done in zip(batch, recorded, strict=True):
            future.set_result(done)

    def _judged(self, item: PageItem, prepared: PreparedCapture) -> PreparedCapture:
        """Return what a page is recorded as; a crawl by the frontier may ask another source for it."""
        crawl = frontier_crawl_of(self._crawler)
        item.parsed = crawl.failover.judge(item, prepared.found) if crawl else prepared.found
        return prepared._replace(found=item.parsed)

    def spider_closed(self) -> None:
        """End the process that read pages."""
        if self._reader:
            self._reader.close()

    def record_now(self) -> None:
        """Record what was fetched, when no event loop will run any more."""
        for batch in [*self._open, self._waiting]:
            self._record(batch, read_here([item.capture for item, _ in batch]))

    def _options(self) -> CrawlOptions:
        """Return the options of the crawl, within the budget."""
        crawl = frontier_crawl_of(self._crawler)
        return crawl.options if crawl else CrawlOptions.from_settings(self._crawler.settings)

    def _result(self, page: PageItem, recorded: Recorded) -> PageItem | ArticleItem | MenuItem:
        """Return what later pipelines and feeds get."""
        if not self._gives_items:
            return page
        if recorded.article is not None and recorded.change:
            memento = archive_of(self._crawler).articles.memento(recorded.article)
            return article_item(memento, recorded.change, page.capture)
        if page.parsed and isinstance(page.parsed.page, Menu):
            return menu_item(page.parsed.page, page.capture)
        raise DropItem(f"{page.capture.url}: no article and no menu", log_level="DEBUG")
