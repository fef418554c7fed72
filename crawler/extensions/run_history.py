"""Keep the run history: one row per crawl in the table ``crawls``."""

import logging
from collections import Counter
from typing import Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from archive.model import Outcome
from archive.policy.health import REASON_UNREACHABLE
from archive.store import Recorded, Writer
from crawler import clock
from crawler.extensions.errors import ErrorReport
from crawler.failover.policy import source_names
from crawler.frontier_crawl import frontier_crawl_of
from crawler.items import PageItem
from crawler.opened_archive import archive_of, has_archive
from crawler.signals import pages_recorded

logger = logging.getLogger(__name__)


class RunHistory:
    """Records the beginning, the pages and the end of a crawl, and what Scrapy's statistics were.

    ``crawl`` is the id of its row. ``has_ended``: the end is recorded, with all pages. ``layout_changes`` has
    a line for each source whose pages no longer look as before, once the crawl has ended.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawl: int | None = None
        self.has_ended = False
        self.was_stopped = False
        self._may_ask_none = False  # no source may be asked, as another crawler may have found out
        self.layout_changes: dict[str, str] = {}
        self._crawler = crawler
        self._counts: Counter[str] = Counter()
        self._missed = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        history = cls(crawler)
        for handler, signal in (
            (history.spider_opened, signals.spider_opened),
            (history.pages_recorded, pages_recorded),
            (history.spider_closed, signals.spider_closed),
        ):
            crawler.signals.connect(handler, signal)
        return history

    @classmethod
    def crawl_of(cls, crawler: Crawler) -> int | None:
        """Return the id of a crawl in the run history; None if it is not kept there."""
        history = crawler.get_extension(cls)
        return history.crawl if history else None

    @property
    def is_unreachable(self) -> bool:
        """Whether pages were requested and none could be fetched, or none could be requested."""
        asked = self._counts["pages"] - self._counts[Outcome.FORBIDDEN]
        return asked == self._counts[Outcome.FAILED] and (asked > 0 or self._may_ask_none)

    @property
    def has_problems(self) -> bool:
        """Whether any page failed at all sources."""
        return self._missed > 0

    def spider_opened(self, spider: Spider) -> None:
        """Begin a row, if the crawl has an archive."""
        if has_archive(self._crawler):
            crawl = frontier_crawl_of(self._crawler)
            names = source_names(crawl.policy.sources) if crawl else spider.name
            self.crawl = archive_of(self._crawler).runs.begin(source=names, at=clock.utc_now())
            fields = {"crawl": self.crawl, "source": names}
            logger.info("crawl %d begins", self.crawl, extra={"fields": fields})

    def pages_recorded(self, pages: list[tuple[PageItem, Recorded]]) -> None:
        """Count pages and their outcomes."""
        for item, done in pages:
            is_healing = item.fetch is not None and item.fetch.wanted.heals
            if done.ended or not is_healing:  # a failed attempt to heal is not counted
                self._counts["pages"] += 1
                self._counts[done.outcome] += 1
            self._missed += done.ended and done.outcome.is_problem

    def spider_closed(self, reason: str) -> None:
        """End the row, with the error that ended the crawl, if there is one."""
        if self.crawl is None or self.has_ended:
            return
        archive, errors = archive_of(self._crawler), ErrorReport.of(self._crawler)
        if errors.has_error:
            archive.runs.fail(self.crawl, at=clock.utc_now(), problem=errors.reason)
        else:
            self._end(archive, reason)

    def _end(self, archive: Writer, reason: str) -> None:
        assert self.crawl is not None
        self.was_stopped = reason == "shutdown"
        if crawl := frontier_crawl_of(self._crawler):
            ended = crawl.pages.ended
            self._may_ask_none = ended == REASON_UNREACHABLE
            crawl.backoff.save_reachability(over=self._may_ask_none)
            if reason == "finished":
                reason = ended or reason
        if self.is_unreachable and not self.was_stopped:
            reason = REASON_UNREACHABLE  # even if a limit was reached
        stats = self._crawler.stats.get_stats()
        changes = archive.runs.finish(self.crawl, at=clock.utc_now(), reason=reason, stats=stats)
        self.layout_changes = dict(changes)
        self.has_ended = True
