"""How a crawl ends: at a limit of Scrapy's, or at signals while it works on many pages at once."""

import signal
import time
from pathlib import Path

import pytest

from archive.pagekey import selector
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support.running.crawls import (
    crawl,
    crawling,
    ended,
    is_whole,
    paper_served,
    quiet,
    root_of,
    scrapy,
    wait_for,
)
from tests.support.servers.gopher_faults import FaultyServer, never
from tests.support.tables import rows

pytestmark = pytest.mark.slow

PAPER = Newspaper(seed=2, articles=12, daily=0)
SLOW = PAPER.articles_there(PAPER.start)[3]
CAPTURES = "SELECT count(*) FROM captures"
REASONS = "SELECT reason FROM crawls ORDER BY id"


def pages_asked(server: FaultyServer) -> int:
    return len([line for line in server.selectors if b"robots" not in line])


@pytest.mark.parametrize("delay", ["0", "0.01"])
@pytest.mark.parametrize("limit", ["ITEMCOUNT", "PAGECOUNT", "TIMEOUT"])
def test_a_limit_of_scrapy_ends_the_crawl_in_order(limit: str, delay: str, tmp_path: Path) -> None:
    archive, number = tmp_path / "taz.db", "0.001" if limit == "TIMEOUT" else "3"
    with paper_served(PAPER) as server:
        arguments = ("-a", f"archive={archive}", "-a", f"seed={root_of(server)}")
        limits = ("-s", f"DOWNLOAD_DELAY={delay}", "-s", f"CLOSESPIDER_{limit}={number}")
        quiet(scrapy("crawl", "taz", *arguments, *limits))
        assert rows(archive, CAPTURES) == [(pages_asked(server),)], "what was fetched is recorded"
        quiet(crawl(archive, "--seed", root_of(server)))
    assert rows(archive, REASONS) == [(f"closespider_{limit.lower()}",), ("finished",)]
    is_whole(archive)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_records_an_incomplete_batch(number: signal.Signals, tmp_path: Path) -> None:
    archive, slow = tmp_path / "taz.db", selector(SLOW).encode()
    with paper_served(PAPER, {SLOW: never}) as server:
        with crawling(archive, "--seed", root_of(server), "--timeout", "1h") as process:
            wait_for(lambda: slow in server.selectors, "the page that never answers")
            while process.poll() is None:  # the second is one of those that come after the first was handled
                process.send_signal(number)
                time.sleep(0.05)
            quiet(ended(process))
        recorded = pages_asked(server) - 1
    assert rows(archive, CAPTURES) == [(recorded,)]
    assert rows(archive, REASONS) == [("shutdown",)]
    is_whole(archive)
