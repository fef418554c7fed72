"""Compress pages better after a crawl than while it lasts."""

from datetime import timedelta
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from crawler import clock
from crawler.extensions.run_history import RunHistory
from crawler.opened_archive import archive_of


class Recompression:
    """Compresses the pages of a crawl again, unless a person or a shutdown ended it.

    It takes at most ``RECOMPRESSION_SECONDS``; 0 turns it off.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._time = timedelta(seconds=crawler.settings.getfloat("RECOMPRESSION_SECONDS"))
        if not self._time:
            raise NotConfigured

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        return extension

    def spider_closed(self) -> None:
        """Compress again what the crawl compressed at its fast level."""
        history = self._crawler.get_extension(RunHistory)
        if history and history.has_ended and not history.was_stopped:
            archive_of(self._crawler).runs.recompress(at=clock.utc_now(), time=self._time)
