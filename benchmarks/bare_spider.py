"""The floor: a Scrapy spider on default settings that fetches pages and counts them."""

import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

from archive.store.archive import Archive


class BareSpider(Spider):
    name = "bare"
    pages = 0
    started = 0.0

    async def start(self) -> AsyncIterator[Request]:
        self.started = perf_counter()
        for url in sys.argv[3:]:
            yield Request(url)

    def parse(self, response: Response, **_: Any) -> None:
        BareSpider.pages += bool(response.body)

    def closed(self, _: str) -> None:
        print(json.dumps({"pages": BareSpider.pages, "seconds": perf_counter() - self.started}))


def main() -> None:
    base, path = sys.argv[1:3]
    with Archive.to_read(Path(path)) as archive:
        sys.argv += [f"{base}/{row[0]}" for row in archive.db.execute("SELECT id FROM payloads ORDER BY id")]
    process = AsyncCrawlerProcess({"LOG_LEVEL": "WARNING"})  # the one thing not at its default: the log
    process.crawl(BareSpider)
    process.start()


main()
