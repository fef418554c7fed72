"""Scrapy, started for one run of the spider within this process."""

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from crawler import settings
from crawler.run import Run
from crawler.spiders.taz import TazSpider


def run_spider(run: Run, *, delay: float) -> None:
    """Crawl until nothing is due or a limit is reached.

    SIGINT and SIGTERM end the crawl in good order; a second one, at once.

    What went wrong with the run itself, not with a page, is in ``run.problem`` after.
    """
    changed = Settings()
    changed.setmodule(settings, priority="project")
    changed.set("DOWNLOAD_DELAY", delay, priority="cmdline")
    # What goes wrong is printed by us, a line a page; Scrapy's own log would say it again.
    changed.set("LOG_LEVEL", "ERROR", priority="cmdline")
    process = AsyncCrawlerProcess(changed)
    process.crawl(TazSpider, run=run)
    process.start()
