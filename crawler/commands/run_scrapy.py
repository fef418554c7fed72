"""Scrapy, started for one run of the spider, here and now."""

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from crawler import settings
from crawler.run.limits import Limits
from crawler.run.run import Run
from crawler.spiders.taz import TazSpider


def run_spider(run: Run, *, debug: bool = False) -> None:
    """Crawl until nothing is due or a limit is reached.

    SIGINT, SIGTERM and the end of the run's time finish the page in flight, and no other; a second
    signal ends even that. What was fetched is recorded in any case.

    What went wrong with the run itself, not with a page, is in ``run.problem`` after.
    """
    process = AsyncCrawlerProcess(settings_for(run.limits, debug=debug))
    crawling = process.crawl(TazSpider, run=run)
    process.start()
    if crawling.done():  # what kept Scrapy from starting, if anything did
        run.problem = run.problem or crawling.exception()
    if run.problem or not run.finished:
        run.finish(reason="shutdown", stats={})


def settings_for(limits: Limits, *, debug: bool = False) -> Settings:
    """The project's settings, with what the limits of a run say."""
    changed = Settings()
    changed.setmodule(settings, priority="project")
    changes = {
        "DOWNLOAD_DELAY": limits.delay.total_seconds(),
        "DOWNLOAD_TIMEOUT": limits.timeout.total_seconds(),
        # 0 would be no limit.
        "CLOSESPIDER_TIMEOUT": 0 if limits.time is None else max(limits.time.total_seconds(), 0.001),
        # One page at a time, whoever is asked: each source is asked in turn, and only for what the one before
        # did not give, so waiting for another host is rare. Scrapy would have 16 pages wait in line, and each
        # of those must be fetched before a run can end.
        "CONCURRENT_REQUESTS": 1,
        # Nobody can ask for items here: captures are recorded in batches, and nothing is made of them.
        "ITEM_PIPELINES": {"crawler.pipelines.ArchivePipeline": 100},
        # What goes wrong is printed by us, a line a page; Scrapy's own log would say it again.
        "LOG_LEVEL": "DEBUG" if debug else "ERROR",
    }
    changed.setdict(changes, priority="cmdline")
    return changed
