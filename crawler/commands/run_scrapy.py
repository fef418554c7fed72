"""Run Scrapy in this process, for one crawl."""

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from crawler import settings
from crawler.limits import Limits
from crawler.run.run import ActiveCrawl
from crawler.spiders.taz import TazSpider


def run_spider(run: ActiveCrawl, *, debug: bool = False) -> None:
    """Crawl until nothing is due or a limit is reached.

    SIGINT, SIGTERM and the end of the run's time finish the current page; a second signal aborts it. All
    fetched pages are recorded. An error of the run itself, not of a page, is stored in ``run.problem``.
    """
    process = AsyncCrawlerProcess(settings_for(run.limits, debug=debug))
    crawling = process.crawl(TazSpider, run=run)
    process.start()
    if crawling.done():  # Scrapy could not start, or the spider failed
        run.problem = run.problem or crawling.exception()
    if run.problem or not run.finished:
        run.finish(reason="shutdown", stats={})


def settings_for(limits: Limits, *, debug: bool = False) -> Settings:
    """Return the project's settings, changed by the limits of a run."""
    changed = Settings()
    changed.setmodule(settings, priority="project")
    changes = {
        "DOWNLOAD_DELAY": limits.delay.total_seconds(),
        "DOWNLOAD_TIMEOUT": limits.timeout.total_seconds(),
        # 0 means no limit.
        "CLOSESPIDER_TIMEOUT": 0 if limits.time is None else max(limits.time.total_seconds(), 0.001),
        # A source is only used for pages that the preferred one failed to deliver, so that waiting for
        # another host is rare. With Scrapy's default of 16, all of them would delay the end of a run.
        "CONCURRENT_REQUESTS": 1,
        # Captures are recorded in batches; items for feed exports are not needed.
        "ITEM_PIPELINES": {"crawler.pipelines.ArchivePipeline": 100},
        # Problems are printed as one line a page; Scrapy's log would repeat them.
        "LOG_LEVEL": "DEBUG" if debug else "ERROR",
    }
    changed.setdict(changes, priority="cmdline")
    return changed
