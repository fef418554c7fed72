"""robots.txt in gopherspace: what is asked, in which order, and whether it is obeyed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from typing import Any

import pytest

from benchmarks.threads import in_thread
from crawler.middlewares.robots import gopher_target, parse_rules, rule_url
from tests.support.servers.free_ports import free_port
from tests.support.servers.gopher_faults import (
    GATED,
    LOOPBACK,
    PAGE,
    FaultyServer,
    Page,
    Peer,
    crawl,
    never,
    reset_midway,
    serving,
)

pytestmark = pytest.mark.slow

OBEY = GATED | {"ROBOTSTXT_OBEY": True, "RETRY_ENABLED": True}
OBEY_AT_ONCE = OBEY | {"CONCURRENT_REQUESTS_PER_DOMAIN": 16}
ROBOTS = b"""\
# Bitte leise.\r
User-agent: *\r
Disallow: /entwurf*.txt$\r
Disallow: /intern/\r
Allow: /intern/aushang\r
Crawl-delay: 0.3\r
\r
User-agent: archive.example\r
Disallow: /\r
"""
RULES = b"User-agent: *\nDisallow: /intern/\n"
MENU = b"iWillkommen\t\terror.host\t1\r\n1User-agent: otherbot\t/x\thost.example\t70\r\n.\r\n"


def ask(server: FaultyServer, *paths: str, **settings: Any) -> tuple[list[str | None], dict[str, Any]]:
    """Fetch ``paths`` obeying robots.txt; the errors in their order (None: answered), and the stats."""
    results, stats = crawl([f"gopher://{LOOPBACK}:{server.port}/1{path}" for path in paths], OBEY | settings)
    return [result["error"] for result in results], stats


# -- What is asked --------------------------------------------------------------------------------


BOTH = [b"robots.txt", b"/robots.txt"]
SERVERS: dict[str, tuple[dict[bytes, Page], list[bytes]]] = {
    "has the first": ({b"robots.txt": RULES}, [b"robots.txt"]),
    "has the second": ({b"/robots.txt": RULES}, BOTH),
    "gives a menu first": ({b"robots.txt": MENU, b"/robots.txt": RULES}, BOTH),
    "gives type 3 rows": ({}, BOTH),
    "gives nothing": ({b"robots.txt": b"", b"/robots.txt": b""}, BOTH),
    "gives plain text": ({b"robots.txt": b"Nicht gefunden.\r\n"}, BOTH),
}


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, FaultyServer]]:
    """Serve two pages and a robots.txt of each sort, all crawled at once."""
    with ExitStack() as stack:
        started = {
            name: stack.enter_context(serving({b"/a": PAGE, b"/b": PAGE} | pages))
            for name, (pages, _) in SERVERS.items()
        }
        homes = [f"gopher://{LOOPBACK}:{server.port}/1" for server in started.values()]
        results, _ = crawl([home + path for home in homes for path in ("/a", "/b")], OBEY_AT_ONCE)
        assert not [result for result in results if result["error"]]
        yield started


@pytest.mark.parametrize("name", SERVERS)
def test_both_names_are_asked_in_order_once_per_server(servers: dict[str, FaultyServer], name: str) -> None:
    expected = SERVERS[name][1]
    asked = [selector for selector, _ in groupby(servers[name].selectors)]  # an empty answer is asked again
    assert asked[: len(expected)] == expected
    assert sorted(asked[len(expected) :]) == [b"/a", b"/b"]


def test_two_ports_are_two_servers() -> None:
    with serving({b"robots.txt": ROBOTS}) as strict, serving({b"/intern/x": PAGE}) as lax:
        urls = [f"gopher://{LOOPBACK}:{server.port}/1/intern/x" for server in (strict, lax)]
        results, _ = crawl(urls, OBEY)
    assert [result["error"] for result in results] == ["Forbidden", None]


# -- What is obeyed -------------------------------------------------------------------------------


def test_a_forbidden_page_is_counted_and_not_fetched() -> None:
    with serving({b"robots.txt": ROBOTS}) as server:
        errors, stats = ask(server, "/intern/x", "/intern/aushang", "/entwurf-7.txt", "/entwurf-7.txt.alt")
    assert errors == ["Forbidden", None, "Forbidden", None]
    assert server.selectors == [b"robots.txt", b"/intern/aushang", b"/entwurf-7.txt.alt"]
    assert stats["robotstxt/forbidden"] == 2


def test_a_forbidden_page_has_a_message_of_one_line() -> None:
    with serving({b"robots.txt": ROBOTS}) as server:
        ((result), *_), _ = crawl([f"gopher://{LOOPBACK}:{server.port}/1/intern/x"], OBEY)
    assert result["reason"] == f"forbidden by the robots.txt of {LOOPBACK}:{server.port}"


def test_crawl_delay_is_kept_between_pages() -> None:
    with serving({b"robots.txt": ROBOTS}) as server:
        _, stats = ask(server, "/a", "/b", "/c", "/d", CONCURRENT_REQUESTS_PER_DOMAIN=8)
    assert stats["elapsed_time_seconds"] >= 3 * 0.3  # without it they come within milliseconds


def test_crawl_delay_is_capped() -> None:
    with serving({b"robots.txt": ROBOTS.replace(b"0.3", b"86400")}) as server:
        errors, stats = ask(server, "/a", "/b", ROBOTS_MAX_CRAWL_DELAY=0.2)
    assert errors == [None, None]
    assert stats["elapsed_time_seconds"] >= 0.2


def test_a_longer_delay_of_our_own_applies() -> None:
    with serving({b"robots.txt": ROBOTS.replace(b"0.3", b"0.01")}) as server:
        _, stats = ask(server, "/a", "/b", "/c", DOWNLOAD_DELAY=0.4)
    assert stats["elapsed_time_seconds"] >= 2 * 0.4


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("gopher://h/1/intern/x", False),
        ("gopher://h/1intern/x", False),  # rules are written with a slash, selectors often without
        ("gopher://h/0/intern/x", False),  # the item type is no part of a rule
        ("gopher://h/1//intern/x", True),
        ("gopher://h/1/%69ntern/x", False),
        ("gopher://h/1/entwurf?a.txt", False),
        ("gopher://h/1/entwurf.txt/neu", True),
        ("gopher://h", True),
        ("gopher://h/1/%21608", True),
    ],
)
def test_rules_are_matched_to_selectors(url: str, *, allowed: bool) -> None:
    rules = parse_rules(ROBOTS.decode())
    assert rules.can_fetch(rule_url(gopher_target(url)), "taz-archive") is allowed


# -- When robots.txt cannot be had ----------------------------------------------------------------


def test_if_the_server_is_down_no_page_is_requested() -> None:
    port = free_port()
    results, stats = crawl([f"gopher://{LOOPBACK}:{port}/1/{page}" for page in "ab"], OBEY)
    assert [result["error"] for result in results] == ["RobotsUnavailableError"] * 2
    said = f"robots.txt could not be fetched: no connection to {LOOPBACK}:{port}: "
    assert all(result["reason"].startswith(said) for result in results)
    assert stats["robotstxt/request_count"] == 1  # the second name is not tried, nor the first for each page
    assert "robotstxt/forbidden" not in stats


BROKEN: dict[str, Page] = {
    "never comes": never,
    "is reset at once": Peer.reset,
    "is reset midway": reset_midway,
}


@pytest.mark.parametrize("name", BROKEN)
def test_without_robots_txt_no_page_is_fetched(name: str) -> None:
    with serving({b"robots.txt": BROKEN[name], b"/a": PAGE, b"/b": PAGE}) as server:
        errors, _ = ask(server, "/a", "/b", DOWNLOAD_TIMEOUT=1)
    assert errors == ["RobotsUnavailableError"] * 2
    assert server.selectors == [b"robots.txt"] * 3


@pytest.mark.parametrize("broken", [never, Peer.reset, reset_midway, lambda _: None])
def test_a_robots_txt_fetched_at_the_second_try_is_obeyed(broken: Callable[[Peer], object]) -> None:
    answers = iter([broken])

    def at_second_try(peer: Peer) -> None:
        next(answers, lambda peer: peer.send(RULES))(peer)

    with serving({b"robots.txt": at_second_try, b"/a": PAGE, b"/intern/x": PAGE}) as server:
        errors, _ = ask(server, "/a", "/intern/x", DOWNLOAD_TIMEOUT=3)
    assert errors == [None, "Forbidden"]
    assert server.selectors == [b"robots.txt"] * 2 + [b"/a"]


# -- http(s) is left to Scrapy --------------------------------------------------------------------


@contextmanager
def web(pages: dict[str, bytes]) -> Iterator[tuple[int, list[str]]]:
    asked: list[str] = []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = pages.get(self.path, b"")
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    with in_thread(ThreadingHTTPServer((LOOPBACK, 0), Page)) as server:
        yield server.server_address[1], asked


def test_web_gateways_are_obeyed_too() -> None:
    with web({"/robots.txt": ROBOTS, "/a": b"ja", "/intern/x": b"nein"}) as (port, asked):
        home = f"http://{LOOPBACK}:{port}"
        results, _ = crawl([f"{home}/a", f"{home}/intern/x"], OBEY)
    assert [result["error"] for result in results] == [None, "Forbidden"]
    assert asked == ["/robots.txt", "/a"]


def test_the_crawl_delay_of_a_web_gateway_is_kept() -> None:
    with web({"/robots.txt": ROBOTS, "/a": b"ja", "/b": b"ja", "/c": b"ja"}) as (port, asked):
        _, stats = crawl([f"http://{LOOPBACK}:{port}/{page}" for page in "abc"], OBEY)
    assert len(asked) == 4
    assert stats["elapsed_time_seconds"] >= 2 * 0.3  # without it they come within milliseconds
