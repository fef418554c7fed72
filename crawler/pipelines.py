"""Item pipelines that record captures in the archive."""

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from archive.model import Capture, Menu, Outcome
from archive.renditions.read_capture import read_capture
from archive.store import Recorded
from crawler.items import ArticleItem, MenuItem, article_item, menu_item
from crawler.spiders.taz import TazSpider


class ArchivePipeline:
    """Record captures in the spider's run. A capture that cannot be recorded ends the crawl."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "ArchivePipeline":
        return cls(crawler)

    @property
    def _spider(self) -> TazSpider:
        spider = self._crawler.spider
        assert isinstance(spider, TazSpider)
        return spider

    def process_item(self, item: Capture) -> object:
        with self._spider.keeping_problems():
            self._spider.run.record(item)
        return item


class ItemPipeline(ArchivePipeline):
    """Record each capture at once, and pass its article or menu to feeds and later pipelines.

    A capture without either, of a failed fetch or of an article that is still gone, is recorded and dropped.
    """

    def process_item(self, item: Capture) -> ArticleItem | MenuItem:
        found = None
        with self._spider.keeping_problems():
            for done in self._spider.run.record(item, at_once=True):
                found = self._item(item, done)
        if found is None:
            raise DropItem(f"{item.url}: no article and no menu", log_level="DEBUG")
        return found

    def _item(self, capture: Capture, done: Recorded) -> ArticleItem | MenuItem | None:
        if done.article is not None and done.change:
            return article_item(self._spider.run.archive.articles.memento(done.article), done.change, capture)
        page = read_capture(capture).page if done.outcome is Outcome.OK else None
        return menu_item(page, capture) if isinstance(page, Menu) else None
