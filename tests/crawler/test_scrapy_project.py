"""What a Scrapy user expects of a Scrapy project: items that export, text responses, errors of one line."""

import csv
import json
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from itemadapter import ItemAdapter

from archive.model import Kind
from archive.pagekey import selector
from archive.servers.gemini import gemini_endpoint
from archive.servers.server import serve_in_thread
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.newspaper import Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock
from crawler.items import ArticleItem
from tests.support.running.crawls import (
    LOOPBACK,
    PYTHON,
    Done,
    paper_served,
    quiet,
    root_of,
    run,
    run_script,
    scrapy,
)
from tests.support.servers.gopher_faults import NOT_FOUND
from tests.support.tables import rows

pytestmark = pytest.mark.slow

PAPER = Newspaper(seed=2, articles=12, daily=0)
KEYS = PAPER.keys(PAPER.start)
ARTICLES = [key for key in KEYS if key.kind is Kind.ARTICLE]


def scrapy_crawl(archive: Path, seed: str, out: Path) -> Done:
    arguments = ("-a", f"archive={archive}", "-a", f"seed={seed}")
    return scrapy("crawl", "taz", *arguments, "-s", "DOWNLOAD_DELAY=0", "-O", str(out))


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive, and the items of its first crawl in three formats."""
    folder = tmp_path_factory.mktemp("items")
    with paper_served(PAPER) as server:
        out = ("-O", f"{folder}/items.jsonl", "-O", f"{folder}/items.csv", "-O", f"{folder}/items.xml")
        arguments = ("-a", f"archive={folder}/taz.db", "-a", f"seed={root_of(server)}")
        quiet(scrapy("crawl", "taz", *arguments, "-s", "DOWNLOAD_DELAY=0", *out))
    return folder


def read_items(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_scrapy_exports_every_article_with_its_parsed_fields(crawled: Path) -> None:
    items = [item for item in read_items(crawled / "items.jsonl") if item["kind"] == "article"]
    archived = rows(
        crawled / "taz.db",
        "SELECT a.id, a.url, v.title, v.lead, v.text, v.published, c.source, c.captured_at FROM articles a"
        " JOIN versions v ON v.id = a.latest_version_id JOIN captures c ON c.version_id = v.id ORDER BY a.id",
    )
    names = ("id", "url", "title", "lead", "text", "published", "source", "captured_at")
    exported = sorted(tuple(item.get(name) for name in names) for item in items)
    assert exported == archived
    assert len(archived) == len(ARTICLES)
    assert {(item["version"], item["change"]) for item in items} == {(1, "new")}
    assert all(isinstance(item["authors"], list) and isinstance(item["tags"], list) for item in items)
    assert any(item["authors"] for item in items)


def test_scrapy_exports_menus_with_their_entries(crawled: Path) -> None:
    menus = [item for item in read_items(crawled / "items.jsonl") if item["kind"] != "article"]
    assert Counter(menu["kind"] for menu in menus) == Counter(
        key.kind.value for key in KEYS if key.kind is not Kind.ARTICLE
    )
    [root] = [menu for menu in menus if menu["kind"] == "root"]
    assert isinstance(root["entries"], list)
    assert {"title", "target"} <= root["entries"][0].keys()


def test_csv_has_the_columns_of_articles_though_a_menu_comes_first(crawled: Path) -> None:
    with (crawled / "items.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert found[0]["kind"] == "root"
    texts = {int(row["id"]): row["text"] for row in found if row["kind"] == "article"}
    assert texts == dict(rows(crawled / "taz.db", "SELECT article_id, text FROM versions"))


def test_xml_leaves_out_what_a_page_does_not_have(crawled: Path) -> None:
    found = ET.parse(crawled / "items.xml").findall("item")
    assert len(found) == len(KEYS)
    assert not [field for item in found for field in item.iter() if field.text == "None"]


def test_json_is_readable_utf_8(crawled: Path) -> None:
    assert "\\u00" not in (crawled / "items.jsonl").read_text()


def test_scrapy_exports_the_change_of_an_article(crawled: Path, tmp_path: Path) -> None:
    stays, goes, *_ = ARTICLES
    with paper_served(PAPER, {goes: NOT_FOUND}) as server:
        seeds = " ".join(f"{root_of(server)}1{selector(key)}" for key in (stays, goes))
        done = scrapy_crawl(crawled / "taz.db", seeds, tmp_path / "again.jsonl")
    assert "Traceback" not in done.stderr
    changes = {item["id"]: item["change"] for item in read_items(tmp_path / "again.jsonl")}
    assert (changes[stays.number], changes[goes.number]) == ("unchanged", "gone")


def test_itemadapter_reads_an_item() -> None:
    adapter = ItemAdapter(ArticleItem(id=6081430, title="Werk: Ein Test"))
    assert (adapter["id"], adapter.get("lead")) == (6081430, None)


def test_scrapy_shell_shows_the_text_of_a_gopher_page() -> None:
    with paper_served(PAPER) as server:
        done = run([*PYTHON, "-m", "scrapy", "shell", root_of(server), "-c", "response.text"])
    assert done.stdout.startswith("i# taz.de\t")


def test_scrapy_shell_shows_the_text_of_a_gemini_page() -> None:
    edition = Edition(PAPER, PaperClock(PAPER.start))
    with serve_in_thread([gemini_endpoint(edition)]) as [address]:
        done = scrapy("shell", f"gemini://{LOOPBACK}:{address.port}/", "-c", "response.text")
    assert done.stdout.startswith("# taz.de")


MISTAKES = {
    "no archive": ((), "no archive is named: use -a archive=taz.db"),
    "unknown argument": (
        ("archive={}/taz.db", "sed=gopher://taz.de/"),
        "unknown argument -a sed=…: use archive, via, seed, max_pages",
    ),
    "unknown source": (("archive={}/taz.db", "via=foo"), 'unknown source "foo": use one of gopher, '),
    "seed of another kind": (("archive={}/taz.db", "seed=http://x/"), "http://x/: expected a gopher URL"),
    "shard": (("archive={}/taz.db", "shard=9/2"), 'invalid shard "9/2"'),
    "backfill": (("archive={}/taz.db", "backfill=0"), 'invalid number of pages "0": use 1 or more'),
    "folder": (("archive={}",), "not an archive (not a regular file)"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_arguments_ends_scrapy_crawl_with_one_line(mistake: str, tmp_path: Path) -> None:
    arguments, expected = MISTAKES[mistake]
    done = scrapy("crawl", "taz", *(word for each in arguments for word in ("-a", each.format(tmp_path))))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("scrapy crawl taz: ")
    assert expected in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "taz.db").exists()


SEVERAL_CRAWLS = """
import sys
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.utils.project import get_project_settings
archive, seed = sys.argv[1:]
settings = get_project_settings()
settings.set("DOWNLOAD_DELAY", 0)
process = AsyncCrawlerProcess(settings)
good = process.crawl("taz", archive=archive, seed=seed)
bad = [process.crawl("taz", archive=archive, seed=seed), process.crawl("taz", archive=archive, sed=seed)]
process.start()
print(good.exception(), *(type(each.exception()).__name__ for each in bad), process.bootstrap_failed)
"""


def test_a_mistake_in_one_crawl_of_a_script_does_not_end_another(tmp_path: Path) -> None:
    with paper_served(PAPER) as server:
        done = run_script(SEVERAL_CRAWLS, str(tmp_path / "taz.db"), root_of(server))
    assert (done.returncode, done.stdout) == (0, "None ArchiveBusy SourceError True\n"), done.stderr
    assert rows(tmp_path / "taz.db", "SELECT reason FROM crawls") == [("finished",)]


OTHER_SPIDER = """
from scrapy import Request, Spider
class OtherSpider(Spider):
    name = "other"
    def parse(self, response):
        print(response.url, flush=True)
        if response.url in self.start_urls:
            yield from (Request(response.urljoin(f"/1/!{number}")) for number in (NUMBERS))
"""


def test_requests_of_another_spider_pass_through_the_scheduler_once_each(tmp_path: Path) -> None:
    numbers = [key.number for key in ARTICLES[:3]]
    spider = tmp_path / "other.py"
    with paper_served(PAPER) as server:
        root = root_of(server)
        code = OTHER_SPIDER.replace("(NUMBERS)", repr([*numbers, *numbers]))
        spider.write_text(f"{code}    start_urls = [{root!r}]\n", encoding="utf-8")
        done = scrapy("runspider", str(spider), "-s", "DOWNLOAD_DELAY=0", "-s", "ROBOTSTXT_OBEY=False")
    assert sorted(done.stdout.split()) == sorted([root, *(f"{root}1/!{number}" for number in numbers)])


def test_another_spider_stores_certificates_and_robots_txt_in_its_archive(tmp_path: Path) -> None:
    spider, archive = tmp_path / "other.py", tmp_path / "taz.db"
    edition = Edition(PAPER, PaperClock(PAPER.start))
    with serve_in_thread([gemini_endpoint(edition)]) as [address]:
        server = f"{LOOPBACK}:{address.port}"
        code = OTHER_SPIDER.replace("NUMBERS", "")
        spider.write_text(f"{code}    start_urls = ['gemini://{server}/']\n", encoding="utf-8")
        done = scrapy("runspider", str(spider), "-s", f"ARCHIVE_PATH={archive}")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"gemini://{server}/\n", "")
    assert rows(archive, "SELECT host FROM certificates") == [(server,)]
    assert rows(archive, "SELECT host FROM hosts WHERE robots IS NOT NULL") == [(f"gemini://{server}",)]
