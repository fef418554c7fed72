"""Scrapy's commands that look at one page take gopher and gemini URLs, and record nothing by accident."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.model import Kind
from archive.servers.gemini import gemini_endpoint
from archive.servers.server import serve_in_thread
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.newspaper import Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock
from crawler.page_reader import WORKER_AFTER_PAGES
from tests.support.running.crawls import LOOPBACK, Done, paper_served, quiet, root_of, run_script
from tests.support.tables import rows

pytestmark = pytest.mark.slow

PAPER = Newspaper(seed=2, articles=4, daily=0)
ARTICLE = next(key for key in PAPER.keys(PAPER.start) if key.kind is Kind.ARTICLE)
NO_DELAY = ("-s", "DOWNLOAD_DELAY=0")
# What a project of one's own would have in its settings, whose archive is in the current folder.
OWN_SETTINGS = """
import os, sys
from crawler import settings
settings.ARCHIVE_PATH = sys.argv.pop(1)
from scrapy.cmdline import execute
execute()
"""


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with paper_served(PAPER) as server:
        yield root_of(server)


def scrapy(*words: str) -> Done:
    return run_script("from scrapy.cmdline import execute; execute()", *words, *NO_DELAY)


def test_fetch_prints_a_gopher_page(root: str) -> None:
    done = scrapy("fetch", root)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("i# taz.de\t")


def test_fetch_uses_the_spider_that_is_named(root: str) -> None:
    done = scrapy("fetch", "--spider=taz", "--headers", root)
    assert (done.returncode, done.stderr) == (0, "")
    assert "> User-Agent: taz-archive/" in done.stdout


def test_fetch_prints_a_gemini_page() -> None:
    with serve_in_thread([gemini_endpoint(Edition(PAPER, PaperClock(PAPER.start)))]) as [address]:
        done = scrapy("fetch", f"gemini://{LOOPBACK}:{address.port}/")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("# taz.de\n")


@pytest.mark.parametrize("command", ["fetch", "parse"])
def test_what_is_not_a_url_is_refused_with_the_usage(command: str) -> None:
    done = scrapy(command, "taz.de")
    assert done.returncode == 2
    assert f"scrapy {command} [options] <url>" in done.stdout + done.stderr


def test_parse_prints_the_fields_of_an_article(root: str) -> None:
    done = scrapy("parse", "--spider=taz", "--nocolour", f"{root}1/!{ARTICLE.number}")
    assert (done.returncode, done.stderr) == (0, "")
    for field in ("'kind': 'article'", f"'id': {ARTICLE.number}", "'title': '", "'text': '"):
        assert field in done.stdout
    assert "b'" not in done.stdout


def test_parse_exports_what_it_prints(root: str, tmp_path: Path) -> None:
    done = scrapy("parse", "--spider=taz", "-O", f"{tmp_path}/front.jsonl", root)
    assert (done.returncode, done.stderr) == (0, "")
    [item] = map(json.loads, (tmp_path / "front.jsonl").read_text().splitlines())
    assert (item["kind"], item["id"], item["url"]) == ("root", 0, root)


def test_parse_says_why_a_page_has_no_item(root: str) -> None:
    done = scrapy("parse", "--spider=taz", "--nocolour", f"{root}1/!6999999")
    assert '!6999999: the server says "Nicht gefunden"' in done.stderr
    assert done.stderr.count("\n") == 1
    assert "\n[]\n" in done.stdout


def test_parse_with_an_archive_prints_the_fields_and_records_nothing(root: str, tmp_path: Path) -> None:
    given = ("-a", f"archive={tmp_path}/taz.db", "-a", f"seed={root}")
    done = scrapy("parse", "--spider=taz", "--nocolour", *given, f"{root}1/!{ARTICLE.number}")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"'id': {ARTICLE.number}" in done.stdout
    assert rows(tmp_path / "taz.db", "SELECT url FROM captures") == []


def test_parse_through_pipelines_records_its_page_and_crawls_no_other(root: str, tmp_path: Path) -> None:
    given = ("--pipelines", "-a", f"archive={tmp_path}/taz.db", "-a", f"seed={root}")
    done = scrapy("parse", "--spider=taz", "--nocolour", *given, f"{root}1/!{ARTICLE.number}")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"'id': {ARTICLE.number}" in done.stdout
    assert rows(tmp_path / "taz.db", "SELECT url FROM captures") == [(f"{root}1/!{ARTICLE.number}",)]


def test_parse_through_pipelines_prints_no_item_of_a_missing_page(root: str, tmp_path: Path) -> None:
    given = ("--pipelines", "-a", f"archive={tmp_path}/taz.db", "-a", f"seed={root}")
    done = scrapy("parse", "--spider=taz", "--nocolour", *given, f"{root}1/!6999999")
    assert (done.returncode, done.stdout.count("\n[]\n")) == (0, 2)  # no items, no requests
    assert rows(tmp_path / "taz.db", "SELECT outcome FROM captures") == [("absent",)]


@pytest.mark.parametrize(
    "command",
    [("fetch",), ("parse", "--spider=taz"), ("shell", "-c", "response.url"), ("check",)],
    ids=" ".join,
)
def test_a_look_at_a_page_leaves_the_archive_of_the_project_closed(
    command: tuple[str, ...], root: str, tmp_path: Path
) -> None:
    url = () if command == ("check",) else (root,)
    done = run_script(OWN_SETTINGS, f"{tmp_path}/taz.db", *command, *url, *NO_DELAY)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_arguments_of_scrapyd_are_not_options_of_the_crawl(root: str, tmp_path: Path) -> None:
    arguments = (f"archive={tmp_path}/taz.db", f"seed={root}", "_job=8a497e8aecde11f1")
    quiet(scrapy("crawl", "taz", *(word for each in arguments for word in ("-a", each))))
    assert rows(tmp_path / "taz.db", "SELECT reason FROM crawls") == [("finished",)]


def test_a_crawl_with_a_worker_ends_in_the_loop_of_uvloop(tmp_path: Path) -> None:
    with paper_served(Newspaper(seed=2, articles=300, daily=0)) as server:
        arguments = ("-a", f"archive={tmp_path}/taz.db", "-a", f"seed={root_of(server)}")
        done = scrapy("crawl", "taz", *arguments, "-s", "ASYNCIO_EVENT_LOOP=uvloop.Loop")
    assert done.returncode == 0
    assert rows(tmp_path / "taz.db", "SELECT reason FROM crawls") == [("finished",)]
    [(captures,)] = rows(tmp_path / "taz.db", "SELECT count(*) FROM captures")
    assert captures > WORKER_AFTER_PAGES
