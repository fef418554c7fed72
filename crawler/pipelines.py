"""The item pipeline: each capture into the archive, which parses it and derives its versions."""

from scrapy.crawler import Crawler

from archive.model import Capture
from crawler.spiders.taz import TazSpider


class ArchivePipeline:
    """Hands captures to the spider's run. One that cannot be recorded ends the crawl: see ``TazSpider``."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "ArchivePipeline":
        return cls(crawler)

    def process_item(self, item: Capture) -> Capture:
        spider = self._crawler.spider
        assert isinstance(spider, TazSpider)
        with spider.keeping_problems():
            spider.run.record(item)
        return item
