"""A crawl of the pages that are due: what the components of Scrapy share of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from scrapy.crawler import Crawler

from archive.sources import Source
from archive.store import Writer
from crawler.failover.backoff import SourceBackoff
from crawler.failover.failover import Failover
from crawler.failover.policy import FailoverPolicy
from crawler.frontier.interface import Frontier
from crawler.frontier.page_queue import PageQueue
from crawler.options import CrawlOptions


@dataclass(frozen=True, slots=True)
class FrontierCrawl:
    """A crawl whose pages the frontier gives. ``options`` keep to the budget."""

    options: CrawlOptions
    policy: FailoverPolicy
    failover: Failover
    backoff: SourceBackoff
    pages: PageQueue

    @classmethod
    def of_sources(
        cls, sources: Sequence[Source], archive: Writer, options: CrawlOptions, frontier: Frontier
    ) -> Self:
        """Return a crawl of ``sources`` that obeys the back-off of earlier runs."""
        policy = FailoverPolicy(sources)
        backoff = SourceBackoff(archive, policy)
        backoff.load(again=options.ignore_schedule)
        pages = PageQueue(archive, policy, options, frontier=frontier)
        return cls(options, policy, Failover(policy, archive), backoff, pages)


def frontier_crawl_of(crawler: Crawler) -> FrontierCrawl | None:
    """Return the crawl of :class:`crawler.spiders.taz.TazSpider`; None for spiders with URLs of their own."""
    crawl = getattr(crawler.spider, "crawl", None)
    return crawl if isinstance(crawl, FrontierCrawl) else None
