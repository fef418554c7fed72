"""Crawl URLs through a gate that other crawlers share: arguments ``DATABASE DELAY URL…``.

It writes to stdout, as JSON, what came of each URL.
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from crawler import settings
from crawler.gate.calls import GateCalls
from crawler.opened_gate import give_gate
from crawler.postgres.connection import SharedDatabase
from crawler.postgres.gate import PostgresGate
from tests.support.servers.gopher_faults import GATED, QUICK, Probe


def main(database: str, delay: str, *urls: str) -> None:
    changed = Settings()
    changed.setmodule(settings)
    changed.setdict(QUICK | GATED | {"DOWNLOAD_DELAY": delay, "ROBOTSTXT_OBEY": True}, priority="cmdline")
    process = AsyncCrawlerProcess(changed)
    crawler = process.create_crawler(Probe)
    came: dict[str, Any] = {}
    with ThreadPoolExecutor(1) as executor:
        shared = SharedDatabase(database)
        give_gate(crawler, GateCalls(PostgresGate(shared, str(os.getpid())), executor))
        process.crawl(crawler, [{"url": url} for url in urls], came)
        process.start()
        executor.submit(shared.close)
    json.dump(came, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
