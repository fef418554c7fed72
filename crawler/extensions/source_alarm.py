"""Report sources that go down, come back or ask for a pause, if there are several."""

import logging
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler

from crawler.frontier_crawl import frontier_crawl_of
from crawler.signals import pages_recorded

logger = logging.getLogger(__name__)


class SourceAlarm:
    """Warns about each change of a source that the frontier asks."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        alarm = cls(crawler)
        for signal in (signals.spider_opened, pages_recorded, signals.spider_closed):
            crawler.signals.connect(alarm.report, signal)
        return alarm

    def report(self) -> None:
        """Warn about what is new."""
        if not (crawl := frontier_crawl_of(self._crawler)):
            return
        policy = crawl.policy
        news, policy.news = policy.news, []
        for line in news if len(policy.sources) > 1 else []:
            logger.warning("%s", line)
