"""Crawls of several sources: which is asked, what is stored, and what is reported.

The sources are real servers: a dead port, one that answers rubbish, one that dies and comes back.
"""

import random
import signal
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from archive.model import Kind, PageKey
from archive.pagekey import selector
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support.running.crawls import (
    PYTHON,
    Done,
    captures_in,
    count_in,
    end,
    has_begun,
    paper_served,
    quiet,
    root_of,
    run,
    run_fresh_script,
    run_script,
    wait_for,
)
from tests.support.running.crawls_of_sources import (
    ABSENT,
    PROGRAM,
    crawl,
    crawling,
    is_the_same,
    outcomes,
    seeded,
    via,
)
from tests.support.servers.free_ports import free_port
from tests.support.servers.gopher_faults import LOOPBACK, Page, Peer, never
from tests.support.servers.other_sources import Answer, cut_rows, plain, shown, web
from tests.support.tables import rows

pytestmark = pytest.mark.slow

PAPER = Newspaper(seed=2, articles=12, daily=0)
KEYS = PAPER.keys(PAPER.start)
ARTICLES = PAPER.articles_there(PAPER.start)
LARGE = Newspaper(seed=3, articles=60, daily=0)
# Without a delay, pages are leased ahead: one more may have been requested by the time a failure is noted.
DELAYS = {"0.001": 0, "0": 1}
RUBBISH = b"Wartung bis 8 Uhr, danke!\r\n"


def dead(name: str = "mirror") -> tuple[str, str]:
    return "--via", f"{name}=gopher://{LOOPBACK}:{free_port()}/"


def warnings_of(done: Done) -> list[str]:
    return [line.removeprefix("taz-archive: ") for line in done.stderr.splitlines()]


@pytest.fixture(scope="module")
def gopher_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of a crawl of the gopher server only."""
    archive = tmp_path_factory.mktemp("gopher_only") / "taz.db"
    with paper_served(PAPER) as server:
        quiet(crawl(archive, *via(server)))
    return archive


# -- One that fails ---------------------------------------------------------------------------------


def test_only_the_first_of_two_available_sources_is_used(tmp_path: Path, gopher_only: Path) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER) as first, paper_served(PAPER) as second:
        quiet(crawl(archive, *via(first, "mirror"), *via(second)))
        assert second.connections == 0
    is_the_same(archive, gopher_only)
    assert rows(archive, "SELECT sources, reason, problem_count FROM crawls") == [
        ("mirror, gopher", "finished", 0)
    ]


@pytest.mark.parametrize("delay", DELAYS)
def test_an_unreachable_source_is_skipped_after_three_pages(
    tmp_path: Path, delay: str, gopher_only: Path
) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER) as server:
        done = crawl(archive, *dead(), *via(server), "--delay", delay)
    [line] = warnings_of(done)
    assert line.startswith("mirror is down: robots.txt could not be fetched: no connection to ")
    assert line.endswith("; continuing with gopher")
    assert (done.returncode, done.stdout) == (0, "")
    count = outcomes(archive)
    assert 0 <= count["mirror", "failed"] - 3 <= DELAYS[delay]
    assert count["gopher", "ok"] == len(KEYS)
    is_the_same(archive, gopher_only)


def test_a_source_that_sends_rubbish_is_skipped_too_and_all_of_it_is_stored(
    tmp_path: Path, gopher_only: Path
) -> None:
    archive = tmp_path / "taz.db"
    rubbish: dict[PageKey, Page | PageKey] = dict.fromkeys(KEYS, RUBBISH)
    with paper_served(PAPER, rubbish) as first, paper_served(PAPER) as second:
        done = crawl(archive, *via(first, "mirror"), *via(second), "--delay", "0.001")
    assert done.returncode == 0
    [line] = warnings_of(done)
    assert line.startswith("mirror is down: line 1: expected a menu row")
    assert outcomes(archive) == {("mirror", "unreadable"): 3, ("gopher", "ok"): len(KEYS)}
    kept = rows(archive, "SELECT count(payload_id) FROM captures WHERE source = 'mirror'")
    assert kept == [(3,)]
    is_the_same(archive, gopher_only)


class Failing(dict[bytes, Page]):
    """Pages of a server that resets every connection from one page asked for to another."""

    def __init__(self, pages: Mapping[bytes, Page], begin: int, end: int) -> None:
        super().__init__(pages)
        self.window = range(begin, end)
        self.asked = 0

    def get(self, selector: bytes, default: Page = ABSENT) -> Page:  # type: ignore[override]  # as it is asked
        if selector.endswith(b"robots.txt"):
            return super().get(selector, default)
        self.asked += 1
        return Peer.reset if self.asked in self.window else super().get(selector, default)


@pytest.mark.parametrize("delay", DELAYS)
def test_a_source_that_dies_midway_is_replaced_by_the_next(
    tmp_path: Path, delay: str, gopher_only: Path
) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER) as first, paper_served(PAPER) as second:
        first.pages = Failing(first.pages, 10, 10_000)
        done = crawl(archive, *via(first, "mirror"), *via(second), "--delay", delay)
    assert done.returncode == 0
    assert [line.partition(":")[0] for line in warnings_of(done)] == ["mirror is down"]
    count = outcomes(archive)
    assert 0 <= count["mirror", "failed"] - 3 <= DELAYS[delay]
    assert (count["mirror", "ok"], count["gopher", "ok"]) == (9, len(KEYS) - 9)
    is_the_same(archive, gopher_only)


def test_a_source_that_recovers_is_used_again_after_a_probe(tmp_path: Path) -> None:
    """Three pages of three tries each fail; fifty pages on, one try more does, and fifty on, one is well."""
    archive = tmp_path / "taz.db"
    with paper_served(LARGE) as first, paper_served(LARGE) as second:
        first.pages = Failing(first.pages, 5, 5 + 3 * 3 + 1)
        done = crawl(archive, *via(first, "mirror"), *via(second), "--delay", "0.001")
    assert done.returncode == 0
    assert [line.partition(":")[0] for line in warnings_of(done)] == ["mirror is down", "mirror is back"]
    count = outcomes(archive)
    assert count["mirror", "failed"] == 4
    assert 95 <= count["gopher", "ok"] <= 105
    assert count["mirror", "ok"] + count["gopher", "ok"] == len(LARGE.keys(LARGE.start))
    asked = rows(archive, "SELECT source FROM captures ORDER BY id")
    assert asked[-1] == ("mirror",)


@pytest.mark.parametrize("delay", DELAYS)
def test_a_run_ends_when_all_sources_are_down_and_all_pages_stay_due(tmp_path: Path, delay: str) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER) as server:
        quiet(crawl(archive, *via(server)))
    done = crawl(archive, *dead(), *dead("gopher"), "--ignore-schedule", "--delay", delay)
    assert done.returncode == 4
    assert outcomes(archive) | {("gopher", "ok"): 0} == {
        ("mirror", "failed"): 10,
        ("gopher", "failed"): 10,
        ("gopher", "ok"): 0,
    }
    assert rows(archive, "SELECT reason FROM crawls WHERE id = 2") == [("unreachable",)]
    assert rows(archive, "SELECT count(*) FROM pages WHERE failure_count > 0") == [(10,)]
    assert rows(archive, "SELECT count(*) FROM pages WHERE leased_until IS NOT NULL") == [(0,)]


@pytest.mark.parametrize("delay", DELAYS)
def test_a_run_ends_when_its_only_source_fails_midway(tmp_path: Path, delay: str) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(LARGE) as server:
        server.pages = Failing(server.pages, 20, 10_000)
        done = crawl(archive, *via(server), "--delay", delay)
    assert done.returncode == 3
    count = outcomes(archive)
    assert count["gopher", "ok"] == 19
    assert 0 <= count["gopher", "failed"] - 30 <= DELAYS[delay]
    assert rows(archive, "SELECT reason FROM crawls") == [("unreachable",)]


# -- One page that fails ----------------------------------------------------------------------------


def test_a_page_fetched_from_the_next_source_is_not_a_problem_but_its_failure_is_stored(
    tmp_path: Path, gopher_only: Path
) -> None:
    archive, page = tmp_path / "taz.db", ARTICLES[4]
    with paper_served(PAPER, {page: Peer.reset}) as first, paper_served(PAPER) as second:
        quiet(crawl(archive, *via(first, "mirror"), *via(second)))
        assert [line for line in second.selectors if b"robots" not in line] == [selector(page).encode()]
    is_the_same(archive, gopher_only)
    failed = "SELECT source, outcome FROM captures WHERE article_id = ? ORDER BY id"
    assert rows(archive, failed, page.number) == [("mirror", "failed"), ("gopher", "ok")]
    assert rows(archive, "SELECT problem_count FROM crawls") == [(1,)]


def test_a_page_that_no_source_delivers_is_reported_with_the_last_source(tmp_path: Path) -> None:
    archive, page = tmp_path / "taz.db", ARTICLES[4]
    bad: dict[PageKey, Page | PageKey] = {page: RUBBISH}
    with paper_served(PAPER, bad) as first, paper_served(PAPER, bad) as second:
        done = crawl(archive, *via(first, "mirror"), *via(second))
        url = f"{root_of(second)}1{selector(page)}"
    assert done.returncode == 3
    [line] = warnings_of(done)
    assert line.startswith(f"gopher: {url}: line 1: expected a menu row")
    failures = "SELECT failure_count FROM pages WHERE kind = 'article' AND number = ?"
    assert rows(archive, failures, page.number) == [(1,)]
    assert rows(archive, "SELECT count(*) FROM captures WHERE outcome = 'unreadable'") == [(2,)]


def test_an_absent_page_is_not_requested_from_other_sources(tmp_path: Path) -> None:
    archive, page = tmp_path / "taz.db", ARTICLES[4]
    with paper_served(PAPER, {page: ABSENT}) as first, paper_served(PAPER) as second:
        quiet(crawl(archive, *via(first, "mirror"), *via(second)))
        assert second.connections == 0


def test_a_page_that_one_host_forbids_is_fetched_from_the_next(tmp_path: Path, gopher_only: Path) -> None:
    archive = tmp_path / "taz.db"
    with (
        paper_served(PAPER, robots="User-agent: *\nDisallow: /!6\n") as first,
        paper_served(PAPER) as second,
    ):
        quiet(crawl(archive, *via(first, "mirror"), *via(second)))
        assert not [line for line in first.selectors if line.startswith(b"/!6")]
    assert outcomes(archive) == {
        ("mirror", "ok"): len(KEYS) - len(ARTICLES),
        ("mirror", "forbidden"): len(ARTICLES),
        ("gopher", "ok"): len(ARTICLES),
    }
    is_the_same(archive, gopher_only)


def test_a_page_begun_is_finished_though_the_limit_of_pages_is_reached(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER) as server:
        quiet(crawl(archive, *dead(), *via(server), "--max-pages", "1"))
    assert outcomes(archive) == {("mirror", "failed"): 1, ("gopher", "ok"): 1}
    assert rows(archive, "SELECT reason FROM crawls") == [("closespider_pagecount",)]


def test_a_run_killed_between_one_source_and_the_next_leaves_the_page_due(
    tmp_path: Path, gopher_only: Path
) -> None:
    archive, page = tmp_path / "taz.db", ARTICLES[4]
    with paper_served(PAPER, {page: Peer.reset}) as first, paper_served(PAPER, {page: never}) as second:
        words = (*via(first, "mirror"), *via(second), "--delay", "0.001")
        with crawling(archive, *words) as process:
            wait_for(lambda: selector(page).encode() in second.selectors, "the second source to be asked")
            before = captures_in(archive)
            assert end(process, signal.SIGKILL).returncode == -signal.SIGKILL
        state = (
            "SELECT checked_at, failure_count, due_at <= discovered_at FROM pages WHERE kind ="
            " 'article' AND number = ?"
        )
        assert rows(archive, state, page.number) == [(None, 0, 1)]
        assert rows(archive, "SELECT outcome FROM captures ORDER BY id DESC LIMIT 1") == [("failed",)]
        assert captures_in(archive) == before
        with paper_served(PAPER) as third:
            quiet(crawl(archive, *via(first, "mirror"), *via(third)))
    is_the_same(archive, gopher_only)
    assert rows(archive, "SELECT reason FROM crawls ORDER BY id") == [("died",), ("finished",)]


def test_runs_killed_at_any_instant_while_one_source_is_unwell_lose_nothing(
    tmp_path: Path, gopher_only: Path
) -> None:
    """Six times, then one run to the end."""
    archive, dice, killed = tmp_path / "taz.db", random.Random(4), 0
    with (
        paper_served(PAPER, dict.fromkeys(ARTICLES[::2], Peer.reset)) as first,
        paper_served(PAPER) as second,
    ):
        words = (*via(first, "mirror"), *via(second))
        for n in range(6):
            before = captures_in(archive)
            begun = count_in(archive, "crawls")
            with crawling(archive, *words, "--delay", "0" if n % 2 else "0.05") as process:
                wait_for(partial(has_begun, archive, begun, process), "a crawl")
                time.sleep(dice.random())
                killed += end(process, signal.SIGKILL).returncode == -signal.SIGKILL
            assert captures_in(archive) >= before
        assert crawl(archive, *words).returncode == 0
    assert killed
    is_the_same(archive, gopher_only)
    assert rows(archive, "SELECT count(*) FROM pages WHERE leased_until IS NOT NULL") == [(0,)]


# -- Gateways ---------------------------------------------------------------------------------------

LOGIN = b"<html><title>Anmelden</title></html>"


@pytest.mark.parametrize(
    ("status", "problem", "tries"),
    [
        (404, "HTTP 404 Not Found", 1),
        (403, "HTTP 403 Forbidden", 1),
        (410, "HTTP 410 Gone", 1),
        (429, "HTTP 429 Too Many Requests", 3),
        (500, "HTTP 500 Internal Server Error", 3),
        (503, "HTTP 503 Service Unavailable", 3),
        (302, "HTTP 302 Found", 1),
        (204, "HTTP 204 No Content", 1),
        (299, "HTTP 299", 1),
    ],
)
def test_an_http_error_is_a_failed_fetch_with_its_bytes_and_the_next_source_is_used(
    tmp_path: Path, status: int, problem: str, tries: int
) -> None:
    """Its bytes may even look like the page."""
    archive, page = tmp_path / "taz.db", ARTICLES[4]
    [(path, whole)] = shown(PAPER, plain, [page]).items()
    body = b"" if status == 204 else whole.body
    answer = Answer(body, status, {"Location": "/login"})
    with web({path: answer, "/login": Answer(LOGIN)}) as server, paper_served(PAPER) as second:
        words = ("--via", f"plain={server.url}", *via(second), *seeded(second, page), "--max-pages", "1")
        quiet(crawl(archive, *words))
        assert server.pages == [path] * tries
    kept = "SELECT source, outcome, problem, size FROM captures c LEFT JOIN payloads p ON p.id = payload_id"
    assert rows(archive, kept)[0] == ("plain", "failed", problem, len(body) or None)
    assert outcomes(archive) == {("plain", "failed"): 1, ("gopher", "ok"): 1}
    assert rows(archive, "SELECT state, version_count FROM articles") == [("present", 1)]


def test_a_page_that_only_fails_never_makes_an_article_gone(tmp_path: Path) -> None:
    archive, page = tmp_path / "taz.db", ARTICLES[4]
    pages = shown(PAPER, plain, [page])
    with web(pages) as server:
        words = ("--via", f"plain={server.url}", "--seed", f"{server.url}{selector(page)[1:]}")
        quiet(crawl(archive, *words, "--max-pages", "1"))
        server.answers = {"/robots.txt": Answer(b"", 404)}
        assert crawl(archive, *words, "--max-pages", "1").returncode == 4
    assert rows(archive, "SELECT state FROM articles") == [("present",)]
    assert outcomes(archive) == {("plain", "ok"): 1, ("plain", "failed"): 1}


def test_a_gateway_gets_our_user_agent(tmp_path: Path) -> None:
    with web(shown(PAPER, plain, KEYS[:1])) as server:
        code = "import os; os.environ['TAZ_ARCHIVE_CONTACT'] = 'mail@example.org'; " + PROGRAM
        words = ("--delay", "0", "--via", f"plain={server.url}", "--max-pages", "1")
        run_fresh_script(code, "crawl", str(tmp_path / "t.db"), *words)
        assert len(server.agents) == 1
        assert server.agents.pop().endswith("(+mail@example.org)")


def test_a_gateway_is_asked_for_uncompressed_bytes(tmp_path: Path) -> None:
    """A packed answer would be unpacked before it is kept, and one that cannot be would be lost."""
    archive = tmp_path / "taz.db"
    with web(otherwise=Answer(b"\x1f\x8b broken", 200, {"Content-Encoding": "gzip"})) as server:
        assert crawl(archive, "--via", f"plain={server.url}").returncode == 3
    assert rows(archive, "SELECT outcome, size FROM captures, payloads") == [("unreadable", 9)]


@pytest.mark.parametrize("delay", DELAYS)
def test_a_gateway_that_is_down_is_reported_in_one_line(
    tmp_path: Path, delay: str, gopher_only: Path
) -> None:
    archive, gateway = tmp_path / "taz.db", f"plain=http://{LOOPBACK}:{free_port()}/"
    with paper_served(PAPER) as server:
        done = crawl(archive, "--via", gateway, *via(server), "--delay", delay)
    assert done.returncode == 0
    assert [line.partition(":")[0] for line in warnings_of(done)] == ["plain is down"]
    is_the_same(archive, gopher_only)


@pytest.mark.parametrize("delay", DELAYS)
def test_a_source_that_demands_a_pause_gets_it(tmp_path: Path, delay: str, gopher_only: Path) -> None:
    archive = tmp_path / "taz.db"
    busy = Answer(b"Zu viel los.", 503, {"Retry-After": "120"})
    with web({}, busy) as server, paper_served(PAPER) as second:
        done = crawl(archive, "--via", f"plain={server.url}", *via(second), "--delay", delay)
        assert len(server.pages) == 1
    assert done.returncode == 0
    said = "plain asks for no requests for 120 s: HTTP 503 Service Unavailable; continuing with gopher"
    assert warnings_of(done) == [said]
    is_the_same(archive, gopher_only)


@pytest.mark.parametrize("delay", DELAYS)
def test_the_run_waits_for_the_only_source_if_that_demands_a_short_pause(tmp_path: Path, delay: str) -> None:
    archive, pages = tmp_path / "taz.db", shown(PAPER, plain)
    busy = Answer(b"Zu viel los.", 429, {"Retry-After": "1"})
    with web(pages | {selector(ARTICLES[0]): busy}) as server:
        seeds = [word for key in ARTICLES[:3] for word in ("--seed", f"{server.url}{selector(key)[1:]}")]
        done = crawl(archive, "--via", f"plain={server.url}", *seeds, "--max-pages", "3", "--delay", delay)
    assert done.returncode == 3
    assert outcomes(archive) == {("plain", "failed"): 1, ("plain", "ok"): 2}
    [(wait,)] = rows(
        archive,
        "SELECT (julianday(b.captured_at) - julianday(a.captured_at)) * 86400 FROM captures a, captures b"
        " WHERE a.id = 1 AND b.id = 2",
    )
    assert 1 <= wait < 15


@pytest.mark.parametrize("delay", DELAYS)
def test_the_run_ends_if_the_only_source_demands_a_long_pause(tmp_path: Path, delay: str) -> None:
    archive = tmp_path / "taz.db"
    with web({}, Answer(b"Zu viel los.", 503, {"Retry-After": "Fri, 31 Dec 2099 23:59:59 GMT"})) as server:
        done = crawl(archive, "--via", f"plain={server.url}", "--delay", delay)
    assert done.returncode == 4
    assert rows(archive, "SELECT reason, page_count FROM crawls") == [("unreachable", 1)]


# -- Cut articles -----------------------------------------------------------------------------------

CUT = "SELECT count(*) FROM versions WHERE truncation_count > 0"
ASKED = "SELECT source, count(*) FROM captures WHERE article_id IS NOT NULL GROUP BY 1"


def words_in(archive: Path) -> list[tuple[object, ...]]:
    """Of every version; a table has no blank lines, so paragraphs may be separated otherwise."""
    return [
        (title, text.split()) for title, text in rows(archive, "SELECT title, text FROM versions ORDER BY id")
    ]


def everything(server_url: str) -> list[str]:
    """Seeds: what a saved table shows has no links to follow."""
    return [word for key in KEYS for word in ("--seed", f"{server_url.rstrip('/')}{selector(key) or '/'}")]


def test_a_truncated_article_is_fetched_in_the_same_run_from_another_source(
    tmp_path: Path, gopher_only: Path
) -> None:
    archive = tmp_path / "taz.db"
    with web(shown(PAPER, cut_rows)) as server, paper_served(PAPER) as second:
        quiet(crawl(archive, "--via", f"cutter={server.url}", *via(second), *everything(server.url)))
        asked = [line for line in second.selectors if b"robots" not in line]
    assert 0 < len(asked) < len(ARTICLES), "only what was cut"
    assert len(set(asked)) == len(asked)
    assert rows(archive, CUT) == [(0,)]
    assert words_in(archive) == words_in(gopher_only)


def test_an_article_truncated_in_one_run_is_healed_once_by_a_later_one(
    tmp_path: Path, gopher_only: Path
) -> None:
    archive = tmp_path / "taz.db"
    with web(shown(PAPER, cut_rows)) as server, paper_served(PAPER) as second:
        quiet(crawl(archive, "--via", f"cutter={server.url}", *everything(server.url)))
        [(cut,)] = rows(archive, CUT)
        assert cut > 3
        quiet(crawl(archive, *via(second)))
        asked = [line for line in second.selectors if b"robots" not in line]
        assert len(asked) == cut
        quiet(crawl(archive, *via(second)))
        assert len([line for line in second.selectors if b"robots" not in line]) == cut
    assert rows(archive, CUT) == [(0,)]
    assert words_in(archive) == words_in(gopher_only)


def test_truncated_articles_wait_while_the_other_source_is_down(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with web(shown(PAPER, cut_rows)) as server, paper_served(PAPER) as second:
        words = ("--via", f"cutter={server.url}", *everything(server.url), "--delay", "0.001")
        done = crawl(archive, *dead("gopher"), *words)
        assert done.returncode == 0, "every page was had"
        assert [line.partition(":")[0] for line in warnings_of(done)] == ["gopher is down"]
        [(cut,)] = rows(archive, CUT)
        assert cut > 3
        failures = rows(archive, "SELECT count(*) FROM pages WHERE failure_count > 0")
        assert failures == [(0,)]
        quiet(crawl(archive, "--via", f"cutter={server.url}", *via(second)))
    assert rows(archive, CUT) == [(0,)]


def test_fetching_a_truncated_article_again_is_given_up(tmp_path: Path) -> None:
    """A few runs: neither a failure nor that it is not found there makes an article gone that others have."""
    archive = tmp_path / "taz.db"
    with web(shown(PAPER, cut_rows)) as server:
        quiet(crawl(archive, "--via", f"cutter={server.url}", *everything(server.url)))
    first, second = [
        PageKey(Kind.ARTICLE, number)
        for (number,) in rows(archive, "SELECT article_id FROM versions WHERE truncation_count > 0 LIMIT 2")
    ]
    faults: dict[PageKey, Page | PageKey] = {first: ABSENT, second: Peer.reset}
    with paper_served(PAPER, faults) as whole:
        for _ in range(7):
            quiet(crawl(archive, *via(whole)))
        asked = whole.selectors
    assert asked.count(selector(first).encode()) == 5
    assert rows(archive, "SELECT state FROM articles WHERE id = ?", first.number) == [("present",)]
    assert asked.count(selector(second).encode()) == 5 * 3
    assert rows(archive, CUT) == [(2,)]


# -- What is said and refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--via", "gofer"), 'unknown source "gofer": use one of gopher'),
        (("--via", "gofer=gopher://127.0.0.1/"), 'unknown source "gofer"'),
        (("--via", ""), 'unknown source ""'),
        (
            ("--via", "gopher="),
            '"gopher=" has no URL: use gopher, or gopher=gopher://taz.de/',
        ),
        (("--via", "gopher=http://127.0.0.1/"), "expected a gopher URL"),
        (("--via", "gopher", "--via", "gopher=gopher://127.0.0.1/"), "gopher is given twice"),
        (("--via", "mirror=gopher://127.0.0.1/", "--via", "gopher"), "not for taz.de"),
        (("--via", "mirror=gopher://a.example/", "--via", "gopher"), "not for a.example, taz.de"),
        (
            ("--via", "mirror=gopher://[::1]/", "--via", "gopher", "--seed", "gopher://127.0.0.1/"),
            (
                "gopher://127.0.0.1/: expected a URL of one of the sources: mirror (gopher://[::1]/1),"
                " gopher (gopher://taz.de/1)"
            ),
        ),
        (("--via", "gopher=gopher://127.0.0.1/", "--seed", "gopher://127.0.0.1:7070/"), "expected a URL of"),
        (("--via", "gopher=gopher://127.0.0.1/", "--seed", "nonsense"), "expected a gopher URL"),
    ],
)
def test_wrong_usage_is_reported_in_one_line_and_makes_no_archive(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = crawl(tmp_path / "taz.db", *words)
    *_, line = done.stderr.splitlines()
    assert done.returncode == 2
    assert line.startswith("Error: ")
    assert said in line
    assert list(tmp_path.iterdir()) == []


def test_a_seed_names_a_page_of_any_of_the_sources(tmp_path: Path) -> None:
    archive, page = tmp_path / "taz.db", ARTICLES[4]
    with paper_served(PAPER) as first, paper_served(PAPER) as second:
        words = (*via(first, "mirror"), *via(second), *seeded(second, page), "--max-pages", "1")
        quiet(crawl(archive, *words))
    assert rows(archive, "SELECT source, article_id FROM captures") == [("mirror", page.number)]


def test_help_teaches_it() -> None:
    done = run([*PYTHON, "-m", "archive", "crawl", "--help"])
    assert "--via NAME[=URL]" in done.stdout
    assert "--via gopher=gopher://127.0.0.1:7070/" in done.stdout


def test_scrapy_crawl_takes_several_sources_too(tmp_path: Path, gopher_only: Path) -> None:
    archive = tmp_path / "taz.db"
    code = (
        "from tests.support.servers import other_sources; other_sources.register();"
        " from scrapy.cmdline import execute; execute()"
    )
    with paper_served(PAPER) as server:
        sources = f"via=mirror=gopher://{LOOPBACK}:{free_port()}/ gopher={root_of(server)}"
        done = run_script(
            code, "crawl", "taz", "-a", f"archive={archive}", "-a", sources, "-s", "DOWNLOAD_DELAY=0.001"
        )
    assert done.returncode == 0
    assert "mirror is down: " in done.stderr
    assert "Traceback" not in done.stderr
    is_the_same(archive, gopher_only)
