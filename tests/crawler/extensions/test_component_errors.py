"""Errors of a Scrapy user's components: each is one line, ends the crawl, and loses no page."""

from pathlib import Path

import pytest

from archive.pagekey import selector
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support.running import faulty_components
from tests.support.running.crawls import Done, is_whole, paper_served, quiet, root_of, run_script, scrapy
from tests.support.running.faulty_components import added, feed
from tests.support.servers.gopher_faults import PAGE, FaultyServer, Page, Peer
from tests.support.tables import rows

pytestmark = pytest.mark.slow

PAPER = Newspaper(seed=2, articles=8, daily=0)
KEYS = PAPER.keys(PAPER.start)
BAD = PAPER.articles_there(PAPER.start)[3]
PLACE = faulty_components.__name__
REASONS = "SELECT reason FROM crawls ORDER BY id"

PIPELINES, DOWNLOADERS, SPIDERS, EXTENSIONS = faulty_components.SETTINGS
AT_A_PAGE = {
    # words; function that raises
    "pipeline before ours": (added(PIPELINES, "Pipeline", 50), "Pipeline.process_item"),
    "pipeline after ours": (added(PIPELINES, "Pipeline", 900), "Pipeline.process_item"),
    "async pipeline": (added(PIPELINES, "AsyncPipeline", 900), "AsyncPipeline.process_item"),
    "request": (added(DOWNLOADERS, "RequestMiddleware", 50), "RequestMiddleware.process_request"),
    "request later": (
        added(DOWNLOADERS, "AsyncRequestMiddleware", 900),
        "AsyncRequestMiddleware.process_request",
    ),
    "response": (added(DOWNLOADERS, "ResponseMiddleware", 50), "ResponseMiddleware.process_response"),
    "near the server": (added(DOWNLOADERS, "ResponseMiddleware", 950), "ResponseMiddleware.process_response"),
    "inherited": (added(DOWNLOADERS, "InheritingMiddleware", 500), "ResponseMiddleware.process_response"),
    "spider input": (added(SPIDERS, "InputMiddleware", 10), "InputMiddleware.process_spider_input"),
    "spider output": (added(SPIDERS, "OutputMiddleware", 950), "OutputMiddleware.process_spider_output"),
    "item_scraped": (added(EXTENSIONS, "OnItemScraped", 500), "_Extension.handle"),
    "item_scraped later": (added(EXTENSIONS, "OnItemScrapedLater", 10), "_AsyncExtension.handle"),
    "response_received": (added(EXTENSIONS, "OnResponseReceived", 500), "_Extension.handle"),
    "spider": (("-s", f"SPIDER_MODULES={PLACE}"), "FaultySpider.parse"),
}


@pytest.fixture(autouse=True)
def bad_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAULTY_PAGE", selector(BAD))


def scrapy_crawl(archive: Path, server: FaultyServer, *words: str, spider: str = "taz") -> Done:
    arguments = ("-a", f"archive={archive}", "-a", f"seed={root_of(server)}", "-s", "DOWNLOAD_DELAY=0")
    return scrapy("crawl", spider, *arguments, *words)


def is_one_line(done: Done, what: str) -> None:
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.endswith(what)
    assert done.returncode == 1


def the_next_run_completes(archive: Path, server: FaultyServer) -> None:
    quiet(scrapy_crawl(archive, server))
    is_whole(archive)
    fetched = "SELECT count(DISTINCT page_id) FROM captures WHERE outcome = 'ok'"
    assert rows(archive, fetched) == [(len(KEYS),)]
    assert rows(archive, "SELECT count(*) FROM pages WHERE failure_count > 0") == [(0,)]


@pytest.mark.parametrize("place", AT_A_PAGE)
def test_an_error_at_a_page_names_page_and_component_and_the_page_stays_due(
    place: str, tmp_path: Path
) -> None:
    (words, function), archive = AT_A_PAGE[place], tmp_path / "taz.db"
    with paper_served(PAPER) as server:
        done = scrapy_crawl(archive, server, *words, spider="faulty" if place == "spider" else "taz")
        what = f"{root_of(server)}1{selector(BAD)}: {PLACE}.{function}: KeyError: 'price'"
        is_one_line(done, f"[crawler.extensions.errors] CRITICAL: {what}; the page stays due")
        assert rows(archive, REASONS) == [(f"failed: {what}",)]
        the_next_run_completes(archive, server)


def test_a_middleware_that_forgets_the_response_is_an_error_of_code(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER) as server:
        done = scrapy_crawl(archive, server, *added(DOWNLOADERS, "SilentMiddleware", 900))
        is_one_line(done, "must return Response or Request, got <class 'NoneType'>; the page stays due")
        the_next_run_completes(archive, server)


def test_an_error_about_a_failed_fetch_is_not_taken_for_the_failure(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER, {BAD: Peer.reset}) as server:
        done = scrapy_crawl(archive, server, *added(DOWNLOADERS, "ExceptionMiddleware", 900))
        is_one_line(done, "ExceptionMiddleware.process_exception: KeyError: 'price'; the page stays due")
    assert rows(archive, "SELECT count(*) FROM captures WHERE outcome <> 'ok'") == [(0,)]


def test_an_error_of_another_database_is_not_taken_for_one_of_the_archive(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER) as server:
        done = scrapy_crawl(archive, server, *added(PIPELINES, "DatabasePipeline", 500))
        is_one_line(done, "process_item: OperationalError: no such table: prices; the page stays due")
        the_next_run_completes(archive, server)


FAILED_PAGES: dict[str, tuple[str, int, Page, str]] = {
    # component; its order; what the server does; problem of the page
    "reset": ("PassingMiddleware", 500, Peer.reset, "the connection broke"),
    "silence": ("PassingMiddleware", 950, b"", "the connection was closed without a response"),
    "error of another request": ("LoginMiddleware", 900, PAGE, "no connection to 127.0.0.1"),
    "ignored": ("IgnoringMiddleware", 500, PAGE, "the price is missing"),
}


@pytest.mark.parametrize("case", FAILED_PAGES)
def test_an_error_of_a_server_that_passes_through_a_middleware_is_the_problem_of_a_page(
    case: str, tmp_path: Path
) -> None:
    (component, order, page, problem), archive = FAILED_PAGES[case], tmp_path / "taz.db"
    with paper_served(PAPER, {BAD: page}) as server:
        done = scrapy_crawl(archive, server, *added(DOWNLOADERS, component, order))
    [line] = done.stderr.splitlines()
    assert f"{root_of(server)}1{selector(BAD)}: {problem}" in line
    assert done.returncode == 0
    assert rows(archive, REASONS) == [("finished",)]
    failed = "SELECT count(*) FROM captures WHERE outcome = 'failed'"
    assert rows(archive, failed) == [(1,)]
    is_whole(archive)


DURING_A_CRAWL = {
    # words; where it fails; reason of the crawl's end; whether pages were fetched
    "spider_opened": (added(EXTENSIONS, "OnSpiderOpened", 500), "_Extension.handle", None),
    "spider_opened later": (added(EXTENSIONS, "OnSpiderOpenedLater", 10), "_AsyncExtension.handle", None),
    "engine_started": (added(EXTENSIONS, "OnEngineStarted", 500), "_Extension.handle", None),
    "engine_started later": (added(EXTENSIONS, "OnEngineStartedLater", 10), "_AsyncExtension.handle", None),
    "start": (added(SPIDERS, "StartMiddleware", 500), "StartMiddleware.process_start", None),
    "pages_recorded": (added(EXTENSIONS, "OnPagesRecorded", 500), "_Extension.handle", None),
    "spider_idle": (added(EXTENSIONS, "OnSpiderIdle", 500), "_Extension.handle", None),
    "end of a pipeline": (added(PIPELINES, "ClosingPipeline", 50), "ClosingPipeline.close_spider", None),
    "spider_closed": (added(EXTENSIONS, "OnSpiderClosed", 500), "_Extension.handle", "finished"),
    "spider_closed later": (
        added(EXTENSIONS, "OnSpiderClosedLater", 500),
        "_AsyncExtension.handle",
        "finished",
    ),
    "engine_stopped": (added(EXTENSIONS, "OnEngineStopped", 500), "_Extension.handle", "finished"),
    "feed": (feed("Storage"), "Storage.store", "finished"),
}


@pytest.mark.parametrize("place", DURING_A_CRAWL)
def test_an_error_at_no_page_ends_the_crawl_with_one_line(place: str, tmp_path: Path) -> None:
    (words, function, reason), archive = DURING_A_CRAWL[place], tmp_path / "taz.db"
    what = f"{PLACE}.{function}: KeyError: 'price'"
    with paper_served(PAPER) as server:
        is_one_line(scrapy_crawl(archive, server, *words), f": {what}")
        assert rows(archive, REASONS) == [(reason or f"failed: {what}",)]
        the_next_run_completes(archive, server)


def test_a_feed_that_cannot_be_opened_ends_the_crawl_with_one_line(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER) as server:
        done = scrapy_crawl(archive, server, *feed("UnopenedStorage"))
        is_one_line(done, f"{PLACE}.UnopenedStorage.open: KeyError: 'price'; the page stays due")
        the_next_run_completes(archive, server)


HANDLERS = f'DOWNLOAD_HANDLERS={{"gopher": "{PLACE}.Missing"}}'
NO_SUCH_OBJECT = f"NameError: Module '{PLACE}' doesn't define any object named 'Missing'"
UNBUILT = f"{PLACE}.Unbuilt.__init__: KeyError: 'price'"
BEFORE_A_CRAWL = {
    "missing pipeline": (added(PIPELINES, "Missing", 50), NO_SUCH_OBJECT),
    "missing middleware": (added(DOWNLOADERS, "Missing", 50), NO_SUCH_OBJECT),
    "missing extension": (added(EXTENSIONS, "Missing", 500), NO_SUCH_OBJECT),
    "pipeline": (added(PIPELINES, "Unbuilt", 900), UNBUILT),
    "downloader middleware": (added(DOWNLOADERS, "Unbuilt", 900), UNBUILT),
    "spider middleware": (added(SPIDERS, "Unbuilt", 900), UNBUILT),
    "extension": (added(EXTENSIONS, "Unbuilt", 500), UNBUILT),
    "filter of duplicates": (("-s", f"DUPEFILTER_CLASS={PLACE}.Missing"), NO_SUCH_OBJECT),
    "opening pipeline": (
        added(PIPELINES, "OpeningPipeline", 50),
        "OpeningPipeline.open_spider: KeyError: 'price'",
    ),
}


@pytest.mark.parametrize("place", BEFORE_A_CRAWL)
def test_a_component_that_cannot_be_built_keeps_the_crawl_from_starting(place: str, tmp_path: Path) -> None:
    (words, what), archive = BEFORE_A_CRAWL[place], tmp_path / "taz.db"
    with paper_served(PAPER) as server:
        is_one_line(scrapy_crawl(archive, server, *words), what)
        assert rows(archive, REASONS) == []
        assert server.connections == 0


def test_a_missing_download_handler_is_an_error_of_code(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER) as server:
        is_one_line(scrapy_crawl(archive, server, "-s", HANDLERS), NO_SUCH_OBJECT)
        the_next_run_completes(archive, server)


UNSTARTED = f"""
import asyncio, gc, logging, sys
from pathlib import Path
from scrapy.crawler import AsyncCrawlerProcess
from archive.store import open_writer
from crawler.commands.run_scrapy import settings_for
from crawler.spiders.taz import TazSpider
settings = {{"ARCHIVE_PATH": sys.argv[1], "ITEM_PIPELINES": {{"{PLACE}.Unbuilt": 50}}}}
process = AsyncCrawlerProcess(settings_for(settings))
crawl = process.crawl(TazSpider)
process.start()
assert isinstance(crawl.exception(), KeyError)
del crawl, process
gc.collect()
with open_writer(Path(sys.argv[1])):
    print("released")
"""


def test_a_crawl_that_could_not_start_releases_the_archive(tmp_path: Path) -> None:
    done = run_script(UNSTARTED, str(tmp_path / "taz.db"))
    assert done.stdout == "released\n", done.stderr


def test_tracebacks_are_shown_for_debugging(tmp_path: Path) -> None:
    with paper_served(PAPER) as server:
        words = (*added(PIPELINES, "Pipeline", 50), "-L", "DEBUG")
        assert "Traceback" in scrapy_crawl(tmp_path / "taz.db", server, *words).stderr


SHOP = f"""
from crawler.settings import *
ITEM_PIPELINES = {{**ITEM_PIPELINES, "{PLACE}.AsyncPipeline": 300}}
"""
IN_PROJECT = "import sys; sys.path.insert(0, {!r}); from scrapy.cmdline import execute; execute()"


def test_a_project_that_imports_the_settings_reports_errors_in_the_same_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "taz.db"
    (tmp_path / "shop_settings.py").write_text(SHOP, encoding="utf-8")
    with paper_served(PAPER) as server, monkeypatch.context() as patched:
        patched.setenv("SCRAPY_SETTINGS_MODULE", "shop_settings")
        arguments = ("-a", f"archive={archive}", "-a", f"seed={root_of(server)}", "-s", "DOWNLOAD_DELAY=0")
        done = run_script(IN_PROJECT.format(str(tmp_path)), "crawl", "taz", *arguments)
        is_one_line(done, f"{PLACE}.AsyncPipeline.process_item: KeyError: 'price'; the page stays due")
        patched.undo()
        the_next_run_completes(archive, server)
