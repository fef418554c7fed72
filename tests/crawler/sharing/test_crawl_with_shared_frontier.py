"""A crawl whose frontier is in PostgreSQL, as its user meets it."""

import socket
from pathlib import Path

import pytest

from archive.cli import exit_codes
from archive.model import PageKey
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support.running.crawls import (
    Done,
    crawl,
    is_whole,
    paper_served,
    quiet,
    root_of,
    run_fresh_script,
    scrapy,
)
from tests.support.tables import rows

pytestmark = pytest.mark.slow

PAPER = Newspaper(seed=6, articles=30, daily=0)
KEYS = PAPER.keys(PAPER.start)


def pages(archive: Path) -> set[tuple[str, int]]:
    return set(rows(archive, "SELECT kind, number FROM captures JOIN pages ON pages.id = page_id"))


def names(keys: list[PageKey]) -> set[tuple[str, int]]:
    return {(key.kind.value, key.number) for key in keys}


def test_a_crawl_fetches_every_page_once_and_then_nothing(frontier_url: str, tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER) as server:
        words = ("--seed", root_of(server), "--frontier", frontier_url)
        quiet(crawl(archive, *words))
        is_whole(archive)
        assert names(list(KEYS)) <= pages(archive)
        again = crawl(archive, *words[2:], "--via", f"gopher={root_of(server)}")
    assert again.returncode == exit_codes.DONE
    fetched = "SELECT max(n) FROM (SELECT count(*) AS n FROM captures GROUP BY page_id)"
    assert rows(archive, fetched) == [(1,)]
    assert rows(archive, "SELECT DISTINCT priority FROM pages") == [(9,)]
    assert rows(archive, "SELECT count(*) FROM pages WHERE leased_until IS NOT NULL") == [(0,)]


def test_the_archive_goes_on_by_itself_where_the_shared_frontier_was(
    frontier_url: str, tmp_path: Path
) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER) as server:
        quiet(crawl(archive, "--seed", root_of(server), "--frontier", frontier_url))
        before = rows(archive, "SELECT kind, number, due_at, check_count FROM pages ORDER BY id")
        by_itself = crawl(archive, "--via", f"gopher={root_of(server)}")
        quiet(crawl(archive, "--via", f"gopher={root_of(server)}"))
    assert f"{len(before)} pages were left to other machines before" in said(by_itself)
    assert rows(archive, "SELECT kind, number, due_at, check_count FROM pages ORDER BY id") == before
    assert rows(archive, "SELECT count(*) FROM pages WHERE priority = 9") == [(0,)]


def test_scrapy_crawls_with_it_too(frontier_url: str, tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER) as server:
        words = ("-a", f"archive={archive}", "-a", f"seed={root_of(server)}", "-s", "DOWNLOAD_DELAY=0")
        done = scrapy("crawl", "taz", *words, "-a", f"frontier={frontier_url}")
    assert (done.returncode, "ERROR" in done.stderr) == (0, False)
    assert names(list(KEYS)) <= pages(archive)


def test_the_pages_of_a_run_do_not_exceed_its_limit(frontier_url: str, tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER) as server:
        words = ("--seed", root_of(server), "--frontier", frontier_url, "--max-pages", "7")
        quiet(crawl(archive, *words))
    assert len(pages(archive)) == 7


def said(done: Done) -> str:
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


def test_a_frontier_that_does_not_answer_ends_the_crawl_with_unreachable(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    done = crawl(archive, "--delay", "1", "--frontier", f"postgresql://taz@127.0.0.1:{port}/taz")
    assert done.returncode == exit_codes.UNREACHABLE
    assert f"127.0.0.1:{port}/taz" in said(done)
    assert rows(archive, "SELECT reason LIKE 'failed: frontier %' FROM crawls") == [(1,)]


def test_cron_hears_once_that_the_frontier_does_not_answer(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    words = (
        "--delay",
        "1",
        "--frontier",
        f"postgresql://taz@127.0.0.1:{port}/taz",
        "--quiet",
        "--notify",
        "-",
    )
    first, second = [crawl(tmp_path / "taz.db", *words) for _ in range(2)]
    assert first.returncode == second.returncode == exit_codes.UNREACHABLE
    assert f"127.0.0.1:{port}/taz" in first.stdout
    assert (first.stderr, second.stdout, second.stderr) == ("", "", "")


WRONG = {
    "mysql://localhost/taz": "use postgresql://",
    "postgresql://taz:geheim@localhost/taz": "~/.pgpass",
}


@pytest.mark.parametrize(("url", "advice"), WRONG.items())
def test_a_wrong_url_is_refused_without_showing_it(url: str, advice: str, tmp_path: Path) -> None:
    done = crawl(tmp_path / "taz.db", "--delay", "1", "--frontier", url)
    assert done.returncode == exit_codes.USAGE
    assert advice in said(done)
    assert "geheim" not in done.stderr + done.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "1e300", "two", ""])
def test_a_lease_lasts_at_least_a_second(seconds: str, frontier_url: str, tmp_path: Path) -> None:
    words = ("-a", f"archive={tmp_path / 'taz.db'}", "-a", f"frontier={frontier_url}")
    done = scrapy("crawl", "taz", *words, "-s", f"FRONTIER_LEASE_SECONDS={seconds}")
    assert done.returncode == exit_codes.FAILED
    assert f'FRONTIER_LEASE_SECONDS: invalid number of seconds "{seconds}"' in said(done)


@pytest.mark.parametrize(("url", "advice"), WRONG.items())
def test_scrapy_refuses_a_wrong_url(url: str, advice: str, tmp_path: Path) -> None:
    done = scrapy("crawl", "taz", "-a", f"archive={tmp_path / 'taz.db'}", "-a", f"frontier={url}")
    assert done.returncode == exit_codes.FAILED
    assert advice in said(done)
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())
    assert "geheim" not in done.stderr + done.stdout


def test_pages_have_no_shard_in_a_shared_frontier(tmp_path: Path) -> None:
    done = crawl(
        tmp_path / "taz.db", "--delay", "1", "--frontier", "postgresql://localhost/taz", "--shard", "1/2"
    )
    assert done.returncode == exit_codes.USAGE
    assert "--shard" in said(done)


def test_an_unknown_gateway_cannot_be_caching(tmp_path: Path) -> None:
    done = crawl(tmp_path / "taz.db", "--delay", "1", "--caching", "news")
    assert done.returncode == exit_codes.USAGE
    assert 'unknown gateway "news"' in said(done)


WITHOUT_PSYCOPG = """
import sys
sys.modules["psycopg"] = None
from archive.__main__ import main
main()
"""


@pytest.mark.parametrize("words", [("crawl", "taz.db", "--frontier"), ("frontier", "status")])
def test_without_psycopg_the_error_says_how_to_install_it(words: tuple[str, ...]) -> None:
    done = run_fresh_script(WITHOUT_PSYCOPG, *words, "postgresql://localhost/taz")
    assert done.returncode != exit_codes.DONE
    assert "pip install 'taz-archive[postgres]'" in said(done)
