"""Item pipeline: record pages in the archive, and pass their articles and menus on."""

import asyncio
from itertools import zip_longest
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from archive.model import Menu
from archive.renditions.read_capture import read_capture
from archive.store import PreparedCapture, Recorded
from crawler.extensions.run_history import RunHistory
from crawler.items import ArticleItem, MenuItem, PageItem, article_item, menu_item
from crawler.opened_archive import archive_of
from crawler.options import CrawlOptions
from crawler.signals import pages_recorded

# Pages per transaction, and how long an incomplete batch may wait. Larger batches are not faster.
BATCH_PAGES, BATCH_SECONDS = 100, 0.25

Waiting = tuple[PageItem, "asyncio.Future[Recorded]"]


class ArchivePipeline:
    """Records each :class:`PageItem` in the archive at ``ARCHIVE_PATH``; other items pass.

    A page is parsed, and a version stored if its article was edited. The result is an :class:`ArticleItem` or
    a :class:`MenuItem` for later pipelines and feeds; a page with neither, as of a failed fetch, is recorded
    and dropped. If ``ARCHIVE_ITEMS`` is off, pages are passed on as they are. Works with any spider.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._gives_items = crawler.settings.getbool("ARCHIVE_ITEMS")
        self._waiting: list[Waiting] = []
        self._timer: asyncio.TimerHandle | None = None
        self._error: Exception | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: object) -> object:
        """Record a page, with others if more follow. Raise the error that a page cannot be recorded for."""
        if not isinstance(item, PageItem):
            return item
        item.parsed = item.parsed or read_capture(item.capture)
        recorded = await self._recorded(item)
        return self._result(item, recorded)

    def _recorded(self, item: PageItem) -> "asyncio.Future[Recorded]":
        """Return the result of recording a page, once its batch is recorded."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Recorded] = loop.create_future()
        self._waiting.append((item, future))
        if not item.more_follow or len(self._waiting) >= BATCH_PAGES:
            self.flush()
        elif self._timer is None:
            self._timer = loop.call_later(BATCH_SECONDS, self.flush)
        return future

    def flush(self) -> None:
        """Record all pages that wait for their batch."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        batch, self._waiting = self._waiting, []
        recorded: list[Recorded] = []
        if not self._error:  # after an error the crawl ends, and pages stay due
            try:
                recorded = self._record([item for item, _ in batch])
            except Exception as error:  # noqa: BLE001 - raised by process_item
                self._error = error
        for (_, future), done in zip_longest(batch, recorded):
            if self._error:
                future.set_exception(self._error)
            else:
                future.set_result(done)

    def _record(self, items: list[PageItem]) -> list[Recorded]:
        """Record pages in one transaction, and tell the crawl what came of it."""
        archive, options = archive_of(self._crawler), self._options()
        recorded = archive.record(
            [item.capture for item in items],
            crawl=RunHistory.crawl_of(self._crawler),
            prepared=[item.parsed and PreparedCapture(item.parsed) for item in items],
            unfinished={item.capture.key for item in items if not item.is_final},
            patience=options.patience,
            shard=options.shard,
            unconfirmed={item.capture.key for item in items if item.is_unconfirmed},
        )
        pages = list(zip(items, recorded, strict=True))
        self._crawler.signals.send_catch_log(pages_recorded, pages=pages)
        return recorded

    def _options(self) -> CrawlOptions:
        """Return the options of the crawl: the spider may have changed them to keep to a budget."""
        options = getattr(self._crawler.spider, "options", None)
        return (
            options
            if isinstance(options, CrawlOptions)
            else CrawlOptions.from_settings(self._crawler.settings)
        )

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
