"""Compress pages better after a crawl than while it lasts."""

from datetime import timedelta
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler

from crawler import clock
from crawler.extensions.run_history import RunHistory
from crawler.opened_archive import archive_of

_TIME = timedelta(seconds=10)


class Recompression:
    """Compresses the pages of a crawl again, for a short time, unless a person or a shutdown ended it."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        return extension

    def spider_closed(self) -> None:
        """Compress again what the crawl compressed at its fast level."""
        history = self._crawler.get_extension(RunHistory)
        if history and history.has_ended and not history.was_stopped:
            archive_of(self._crawler).runs.recompress(at=clock.utc_now(), time=_TIME)
