"""Items that any spider yields: what is odd about them is stored or reported, and the archive stays whole."""

from pathlib import Path

import pytest

from archive.pagekey import selector
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support.running.crawls import Done, is_whole, paper_served, quiet, root_of, scrapy
from tests.support.tables import rows

pytestmark = pytest.mark.slow

PAPER = Newspaper(seed=2, articles=4, daily=0)
ARTICLES = PAPER.articles_there(PAPER.start)[:3]
SPIDER = """
from dataclasses import replace
from scrapy import Spider
from crawler.items import page_item
class OtherSpider(Spider):
    name = "other"
    custom_settings = {{"ROBOTSTXT_OBEY": False, "DOWNLOAD_DELAY": 0}}
    start_urls = {urls!r}
    def parse(self, response):
        item = page_item(response, source="mine")
        {yields}
"""
WITHOUT_KEY = "item.capture = replace(item.capture, key=None); yield item"
WITHOUT_BODY = "item.capture = replace(item.capture, body=None); yield item"
TWICE = "item.more_follow = True; yield item; yield replace(item, more_follow=False)"
NONE_FOLLOWS = "item.more_follow = True; yield item"
OUTCOMES = "SELECT outcome, count(*) FROM captures GROUP BY 1"


def crawl(folder: Path, yields: str, *words: str) -> Done:
    with paper_served(PAPER) as server:
        urls = [f"{root_of(server)}1{selector(key)}" for key in ARTICLES]
        (folder / "other.py").write_text(SPIDER.format(urls=urls, yields=yields), encoding="utf-8")
        return scrapy("runspider", str(folder / "other.py"), *words)


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
    assert line.endswith("ERROR: no archive is named: use -a archive=taz.db")
