"""One crawl, timed from the first lease to the last commit, without starting Python and Scrapy.

Prints pages, wall seconds and CPU seconds as JSON.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time

from archive.store import open_writer
from crawler.clock import utc_now
from crawler.commands.run_scrapy import run_spider
from crawler.limits import Limits
from crawler.run.run import ActiveCrawl
from crawler.sources.registry import source_of


def main() -> None:
    path, seed, *again = sys.argv[1:]
    source, keys = source_of([seed])
    with open_writer(Path(path)) as archive:
        archive.frontier.seed(keys, at=utc_now())
        run = ActiveCrawl(archive, [source], limits=Limits(again=bool(again), delay=timedelta(0)))
        wall, cpu = perf_counter(), process_time()
        run_spider(run)
        seconds, busy = perf_counter() - wall, process_time() - cpu
    if run.problem:
        raise run.problem
    print(json.dumps({"pages": run.counts["pages"], "seconds": seconds, "cpu": busy}))


if __name__ == "__main__":
    main()
