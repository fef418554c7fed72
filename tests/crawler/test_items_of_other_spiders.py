"""Items that any spider yields: what is odd about them is stored or reported, and the archive stays whole."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive.pagekey import selector
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support.running.crawls import Done, is_whole, paper_served, quiet, root_of, run_script, scrapy
from tests.support.tables import rows

pytestmark = pytest.mark.slow

PAPER = Newspaper(seed=2, articles=4, daily=0)
ARTICLES = PAPER.articles_there(PAPER.start)[:3]
SPIDER = """
from dataclasses import replace
from scrapy import Spider
from scrapy.exceptions import DropItem
from crawler.items import page_item
class OtherSpider(Spider):
    name = "other"
    custom_settings = {{"ROBOTSTXT_OBEY": False, "DOWNLOAD_DELAY": 0}}
    start_urls = {urls!r}
    def parse(self, response):
        item = page_item(response, source="mine")
        {yields}
class Dropper:
    def process_item(self, item):
        raise DropItem("not wanted")
"""
# A project that has our pipeline and not our settings.
OTHER_PROJECT = """
import runpy, sys
from scrapy.crawler import AsyncCrawlerProcess
spider, archive, feed = sys.argv[1:]
process = AsyncCrawlerProcess({
    "ARCHIVE_PATH": archive,
    "DOWNLOAD_HANDLERS": {"gopher": "crawler.handlers.gopher.GopherDownloadHandler"},
    "FEEDS": {feed: {"format": "jsonlines"}},
    "ITEM_PIPELINES": {"crawler.pipelines.ArchivePipeline": 100},
    "LOG_LEVEL": "WARNING",
})
process.crawl(runpy.run_path(spider)["OtherSpider"])
process.start()
"""
WITHOUT_KEY = "item.capture = replace(item.capture, key=None); yield item"
WITHOUT_BODY = "item.capture = replace(item.capture, body=None); yield item"
TWICE = "item.more_follow = True; yield item; yield replace(item, more_follow=False)"
NONE_FOLLOWS = "item.more_follow = True; yield item"
OUTCOMES = "SELECT outcome, count(*) FROM captures GROUP BY 1"


@contextmanager
def spider_file(folder: Path, yields: str) -> Iterator[str]:
    """Serve the paper, and write a spider for it."""
    with paper_served(PAPER) as server:
        urls = [f"{root_of(server)}1{selector(key)}" for key in ARTICLES]
        (folder / "other.py").write_text(SPIDER.format(urls=urls, yields=yields), encoding="utf-8")
        yield str(folder / "other.py")


def crawl(folder: Path, yields: str, *words: str) -> Done:
    with spider_file(folder, yields) as spider:
        return scrapy("runspider", spider, *words)


@pytest.mark.parametrize("yields", [WITHOUT_KEY, TWICE, NONE_FOLLOWS])
def test_an_odd_item_is_recorded(yields: str, tmp_path: Path) -> None:
    quiet(crawl(tmp_path, yields, "-s", f"ARCHIVE_PATH={tmp_path / 'taz.db'}"))
    assert rows(tmp_path / "taz.db", OUTCOMES) == [("ok", len(ARTICLES))]
    assert rows(tmp_path / "taz.db", "SELECT count(*) FROM versions") == [(len(ARTICLES),)]
    is_whole(tmp_path / "taz.db")


def test_an_item_without_a_body_is_a_failed_page(tmp_path: Path) -> None:
    done = crawl(tmp_path, WITHOUT_BODY, "-s", f"ARCHIVE_PATH={tmp_path / 'taz.db'}")
    assert [line.endswith("expected a page, found nothing") for line in done.stderr.splitlines()] == [
        True
    ] * 3
    assert rows(tmp_path / "taz.db", OUTCOMES) == [("failed", len(ARTICLES))]
    is_whole(tmp_path / "taz.db")


def test_pages_without_an_archive_are_reported_once(tmp_path: Path) -> None:
    [line] = crawl(tmp_path, "yield item").stderr.splitlines()
    assert line.endswith("ERROR: no archive is named: set ARCHIVE_PATH, as with -s ARCHIVE_PATH=taz.db")


def test_pages_of_a_cache_are_not_recorded(tmp_path: Path) -> None:
    given = ("-s", f"ARCHIVE_PATH={tmp_path / 'taz.db'}", "-s", "HTTPCACHE_ENABLED=1")
    [line] = crawl(
        tmp_path, "yield item", *given, "-s", f"HTTPCACHE_DIR={tmp_path}/cache"
    ).stderr.splitlines()
    assert line.endswith("pages of a cache would be recorded as fetched now; turn it off")
    assert not (tmp_path / "taz.db").exists()


def test_a_dropped_page_is_logged_with_its_url(tmp_path: Path) -> None:
    pipelines = '{"crawler.pipelines.ArchivePipeline": 100, "other.Dropper": 300}'
    given = ("-s", f"ARCHIVE_PATH={tmp_path / 'taz.db'}", "-s", f"ITEM_PIPELINES={pipelines}")
    lines = crawl(tmp_path, "yield item", *given).stderr.splitlines()
    assert [line.endswith("WARNING: Dropped: not wanted") for line in lines[::2]] == [True] * 3
    assert [line.rpartition("/!")[2] for line in sorted(lines[1::2])] == sorted(
        str(key.number) for key in ARTICLES
    )


def test_the_pipeline_gives_items_to_a_project_with_settings_of_its_own(tmp_path: Path) -> None:
    with spider_file(tmp_path, "yield item") as spider:
        quiet(run_script(OTHER_PROJECT, spider, str(tmp_path / "taz.db"), str(tmp_path / "items.jsonl")))
    items = map(json.loads, (tmp_path / "items.jsonl").read_text(encoding="utf-8").splitlines())
    assert {(item["id"], item["change"]) for item in items} == {(key.number, "new") for key in ARTICLES}
