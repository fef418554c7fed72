"""Crawl with a stopped clock, so that times can be compared: arguments ``ARCHIVE SEED TIME``."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

from crawler import clock
from crawler.commands.run_scrapy import run_spider
from crawler.options import CrawlOptions


def main(archive: str, seed: str, time: str) -> None:
    """Make every known page due."""
    at = datetime.fromisoformat(time)
    clock.utc_now = lambda: at
    options = CrawlOptions(archive=Path(archive), seeds=(seed,), ignore_schedule=True, delay=timedelta(0))
    run_spider(options.as_settings() | {"LOG_LEVEL": "ERROR"})


if __name__ == "__main__":
    main(*sys.argv[1:])
