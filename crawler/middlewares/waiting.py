"""Waits in middlewares, which end early when the crawl is closing."""

import asyncio

from scrapy.crawler import Crawler

from crawler import clock
from crawler.gate.errors import CrawlClosingError

# Scrapy sends no signal when it begins to close a crawl, so that a wait looks this often.
CLOSING_INTERVAL_SECONDS = 0.5
# A crawl that is closing finishes its current page, unless that has to wait for longer.
CLOSING_PATIENCE_SECONDS = 5.0


async def wait(crawler: Crawler, seconds: float) -> None:
    """Wait, also through the sleep of the machine. Raise :exc:`CrawlClosingError` if the crawl is closing."""
    until = clock.elapsed_seconds() + seconds
    while (rest := until - clock.elapsed_seconds()) > 0:
        if rest > CLOSING_PATIENCE_SECONDS and is_closing(crawler):
            raise CrawlClosingError
        await asyncio.sleep(min(rest, CLOSING_INTERVAL_SECONDS))


def is_closing(crawler: Crawler) -> bool:
    """Return whether Scrapy waits for the last requests of a crawl."""
    slot = crawler.engine._slot if crawler.engine else None  # noqa: SLF001 - Scrapy has no public name for it
    return slot is not None and slot.closing is not None
