"""Log the problem of each page that no source gave."""

import logging
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from archive.store import Recorded
from crawler.items import PageItem
from crawler.signals import pages_recorded

logger = logging.getLogger(__name__)


class ProblemLog:
    """Warns about each page that could not be fetched or read, unless :class:`Progress` prints it."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if crawler.settings.getbool("PROGRESS_ENABLED"):
            raise NotConfigured
        extension = cls()
        crawler.signals.connect(extension.pages_recorded, pages_recorded)
        return extension

    def pages_recorded(self, pages: list[tuple[PageItem, Recorded]]) -> None:
        """Log the problems of pages that are not asked for again."""
        for item, done in pages:
            if done.problem and done.ended:
                logger.warning("%s: %s: %s", item.capture.source, item.capture.url, done.problem)
