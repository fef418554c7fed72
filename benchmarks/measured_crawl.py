"""One crawl, timed from Scrapy's start to its end, without starting Python.

Prints pages, wall seconds and CPU seconds as JSON.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time

from archive.store import open_reader
from crawler.commands.run_scrapy import run_spider
from crawler.options import CrawlOptions

# As taz-archive crawl, but for what it prints, and for compressing pages again after the crawl.
SETTINGS = {"ARCHIVE_ITEMS": False, "LOG_LEVEL": "ERROR", "RECOMPRESSION_SECONDS": 0}


def main() -> None:
    path, seed, *again = sys.argv[1:]
    options = CrawlOptions(archive=Path(path), seeds=(seed,), ignore_schedule=bool(again), delay=timedelta(0))
    wall, cpu = perf_counter(), process_time()
    run_spider(options.as_settings() | SETTINGS)
    seconds, busy = perf_counter() - wall, process_time() - cpu
    with open_reader(Path(path)) as archive:
        [(pages,)] = archive.rows("SELECT page_count FROM crawls ORDER BY id DESC LIMIT 1")
    print(json.dumps({"pages": pages, "seconds": seconds, "cpu": busy}))


if __name__ == "__main__":
    main()
