"""Baseline: a Scrapy spider with default settings that fetches pages and counts them."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

from archive.store.db.connection import open_to_read


class BareSpider(Spider):
    name = "bare"
    pages = 0

    async def start(self) -> AsyncIterator[Request]:
        for url in sys.argv[3:]:
            yield Request(url)

    def parse(self, response: Response, **_: Any) -> None:
        BareSpider.pages += bool(response.body)


def main() -> None:
    base, path = sys.argv[1:3]
    with closing(open_to_read(Path(path))) as db:
        sys.argv += [f"{base}/{row[0]}" for row in db.execute("SELECT id FROM payloads ORDER BY id")]
    wall, cpu = perf_counter(), process_time()
    process = AsyncCrawlerProcess({"LOG_LEVEL": "WARNING"})  # the only setting that is changed
    process.crawl(BareSpider)
    process.start()
    seconds, busy = perf_counter() - wall, process_time() - cpu
    print(json.dumps({"pages": BareSpider.pages, "seconds": seconds, "cpu": busy}))


main()
