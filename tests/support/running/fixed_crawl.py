"""Crawl with a stopped clock, so that times can be compared: arguments ``ARCHIVE SEED TIME``."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

from archive.store import open_writer
from crawler.commands.run_scrapy import run_spider
from crawler.limits import Limits
from crawler.run.run import ActiveCrawl
from crawler.sources.registry import source_of


def main(archive: str, seed: str, time: str) -> None:
    """Make every known page due."""
    source, keys = source_of([seed])
    at = datetime.fromisoformat(time)
    with open_writer(Path(archive)) as opened:
        opened.frontier.seed(keys, at=at)
        run = ActiveCrawl(opened, [source], limits=Limits(again=True, delay=timedelta(0)), clock=lambda: at)
        run_spider(run)
    if run.problem:
        raise run.problem


if __name__ == "__main__":
    main(*sys.argv[1:])
