"""Baseline: a Scrapy spider with our settings and gopher handler that only counts pages."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

from archive.store.db.connection import open_to_read
from crawler.commands.run_scrapy import settings_for
from crawler.options import CrawlOptions


class GopherSpider(Spider):
    name = "counting"
    pages = 0

    async def start(self) -> AsyncIterator[Request]:
        for url in sys.argv[2:]:
            yield Request(url)

    def parse(self, response: Response, **_: Any) -> None:
        GopherSpider.pages += bool(response.body)


def main() -> None:
    with closing(open_to_read(Path(sys.argv[1]))) as db:
        rows = db.execute("SELECT DISTINCT url FROM captures ORDER BY url").fetchall()
    sys.argv += [url for (url,) in rows]
    settings = settings_for(CrawlOptions(delay=timedelta(0)).as_settings())
    settings.set("ITEM_PIPELINES", {}, priority="cmdline")
    wall, cpu = perf_counter(), process_time()
    process = AsyncCrawlerProcess(settings)
    process.crawl(GopherSpider)
    process.start()
    seconds, busy = perf_counter() - wall, process_time() - cpu
    print(json.dumps({"pages": GopherSpider.pages, "seconds": seconds, "cpu": busy}))


main()
