"""The newspaper's gopher server: the wire as the paper serves it, and bounds for everything."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.errors import AbsentError
from archive.model import Article, Line, Menu, Page
from archive.pagekey import page_key, selector
from archive.renditions.decode import read_page
from archive.renditions.forms.gopher import decode
from archive.servers.gopher import GopherResponder, error_row, gopher_endpoint, text_file
from archive.servers.server import Address, ConnectionLimits, Endpoint, serve_in_thread
from archive.servers.site import ServedSite
from crawler.demo.newspaper.newsroom.edits import EditKind
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.layout import SEARCH_LINE
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock
from crawler.demo.newspaper.serving.server import NewspaperServer, serving, serving_apart
from tests.support.running.crawls import wait_for
from tests.support.running.time_limit import LONGEST

pytestmark = pytest.mark.slow

NEWSPAPER = Newspaper(seed=2)
DAY = timedelta(days=1)
KEY = NEWSPAPER.articles_there(START)[-1]


@pytest.fixture
def clock() -> PaperClock:
    return PaperClock(START)


@pytest.fixture
def server(clock: PaperClock) -> Iterator[NewspaperServer[PaperClock]]:
    with serving(NEWSPAPER, clock) as server:
        yield server


def say(address: tuple[str, int], request: bytes) -> bytes:
    """Send the bytes, read to the end."""
    with socket.create_connection(address, timeout=LONGEST) as connection:
        connection.sendall(request)
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


def all_that_comes(connection: socket.socket) -> bytes:
    """Up to the end, or a reset: hanging up is the one or the other."""
    heard = b""
    with suppress(ConnectionError):
        while more := connection.recv(65536):
            heard += more
    return heard


def fetch(server: NewspaperServer[Any], text: str) -> bytes:
    return say(server.address, f"{text}\r\n".encode())


def lines_of(server: NewspaperServer[PaperClock], text: str) -> list[Line]:
    return decode(fetch(server, text), f"{server.host}:{server.port}")


# The wire


def test_every_page_is_read_as_the_newspaper_wrote_it(server: NewspaperServer[PaperClock]) -> None:
    home = f"{server.host}:{server.port}"
    for key in NEWSPAPER.keys(START):
        page = read_page(fetch(server, selector(key)), key=key, rendition="gopher", home=home)
        expected = NEWSPAPER.page(key, START)
        if isinstance(page, Menu):  # whether the search item is an entry is the reader's to decide
            page = replace(
                page, entries=tuple(entry for entry in page.entries if entry.target != SEARCH_LINE.target)
            )
        assert page == expected


def test_rows_are_of_the_types_the_paper_uses_and_end_in_a_dot(server: NewspaperServer[PaperClock]) -> None:
    bodies = [fetch(server, selector(key)) for key in NEWSPAPER.keys(START)]
    rows = [row for body in bodies for row in body.decode().split("\r\n")[:-2]]
    assert all(body.endswith(b"\r\n.\r\n") for body in bodies)
    assert {row[0] for row in rows} == set("iI17")
    assert all(row.endswith(f"\t{server.host}\t{server.port}") and row.count("\t") == 3 for row in rows)
    assert any("\tURL:https://www.example.org/" in row and row[0] == "1" for row in rows)
    assert any("\t/!a223" in row for row in rows)
    assert any("\t/!t5008" in row for row in rows)


@pytest.mark.parametrize(
    "form", ["/!{n}", "!{n}", "/Some-Slug/!{n}", "/Some-Slug/!{n}&s=junk", "/!{n}/", "/!{n}\t$"]
)
def test_an_article_answers_to_all_spellings_of_its_selector(
    server: NewspaperServer[PaperClock], form: str
) -> None:
    assert fetch(server, form.format(n=KEY.number)) == fetch(server, selector(KEY))


@pytest.mark.parametrize("spelling", [b"\r\n", b"/\r\n", b"\n", b"/1\r\n"])
def test_the_root_answers_to_nothing(server: NewspaperServer[PaperClock], spelling: bytes) -> None:
    assert decode(say(server.address, spelling), "")[0] == Line("# taz.de")


def test_a_request_may_end_with_the_connections_half(server: NewspaperServer[PaperClock]) -> None:
    with socket.create_connection(server.address, timeout=LONGEST) as connection:
        connection.sendall(selector(KEY).encode())
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection) == fetch(server, selector(KEY))


@pytest.mark.parametrize(
    "text", ["/!9999999", "/nowhere", "/!p1", "/!t5", "/suche\tWort", "\xff", "/!" + "9" * 500]
)
def test_an_unknown_selector_is_an_error_row(server: NewspaperServer[PaperClock], text: str) -> None:
    body = fetch(server, text)
    assert body.startswith(b"3")
    with pytest.raises(AbsentError):
        decode(body, "")


def test_robots_and_caps_are_text(clock: PaperClock) -> None:
    with serving(NEWSPAPER, clock, robots="User-agent: *\nDisallow: /!a\n.hidden\n") as server:
        robots = b"User-agent: *\r\nDisallow: /!a\r\n..hidden\r\n.\r\n"
        assert fetch(server, "robots.txt") == fetch(server, "/robots.txt") == robots
        assert fetch(server, "caps.txt").startswith(b"CAPS\r\n\r\nCapsVersion=1\r\n")


# Time


def test_the_server_follows_its_clock(server: NewspaperServer[PaperClock], clock: PaperClock) -> None:
    event = next(
        event for event in NEWSPAPER.events(START + DAY, since=START)
        if event.edit in (EditKind.TYPO, EditKind.LEAD, EditKind.PARAGRAPH, EditKind.HEADLINE)
    )  # fmt: skip
    clock.set(event.moment - timedelta(seconds=1))
    before = fetch(server, selector(event.key))
    clock.set(event.moment)
    assert fetch(server, selector(event.key)) != before
    clock.set(event.moment - timedelta(seconds=1))
    assert fetch(server, selector(event.key)) == before


def test_a_server_in_another_process_is_set_by_its_clock() -> None:
    new = next(
        event for event in NEWSPAPER.events(START + DAY, since=START) if event.edit is EditKind.PUBLISHED
    )
    with serving_apart(NEWSPAPER) as server:
        assert fetch(server, selector(new.key)).startswith(b"3")
        server.clock.set(new.moment)
        page = read_page(fetch(server, selector(new.key)), key=new.key, home=f"{server.host}:{server.port}")
        assert page == NEWSPAPER.page(new.key, new.moment)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_its_url_and_stops_on_a_signal(number: signal.Signals) -> None:
    command = [sys.executable, "-W", "error", "-m", "crawler.demo.newspaper", "--at", "2025-04-02"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        port = int(url.removeprefix("gopher://127.0.0.1:").removesuffix("/"))
        assert say(("127.0.0.1", port), b"\r\n").startswith(b"i# taz.de\t")
        process.send_signal(number)
        _, errors = process.communicate(timeout=LONGEST)
    assert (process.returncode, errors) == (0, "")


def test_an_error_of_the_command_is_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "crawler.demo.newspaper", "--clock", str(tmp_path / "none")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode == 1
    assert done.stderr.startswith("newspaper: ")
    assert done.stderr.count("\n") == 1


# Bounds


def echo_endpoint(limits: ConnectionLimits, body: bytes = b"") -> Endpoint:
    return Endpoint(
        scheme="echo",
        make_handler=lambda _: lambda said: said + body,
        too_long_reply=b"too long",
        limits=limits,
    )


def test_a_selector_that_is_too_long_is_refused(server: NewspaperServer[PaperClock]) -> None:
    body = say(server.address, b"/" + b"x" * 1024 + b"\r\n")
    assert body == error_row("The selector is too long.")
    assert b"No such page" in say(server.address, b"/" + b"x" * 1000 + b"\r\n")


def test_a_selector_without_an_end_is_refused() -> None:
    with serve_in_thread([echo_endpoint(ConnectionLimits(request_bytes=10))]) as [address]:
        assert say(address, b"x" * 11) == b"too long"


def test_a_client_that_sends_too_slowly_is_disconnected() -> None:
    endpoints = [
        echo_endpoint(ConnectionLimits(request_seconds=0.2)),
        echo_endpoint(ConnectionLimits(request_seconds=LONGEST)),
    ]
    with serve_in_thread(endpoints) as [address, patient], socket.create_connection(patient) as other:
        assert say(address, b"never ending") == b""
        other.settimeout(0)
        with pytest.raises(BlockingIOError):
            other.recv(1)


def test_a_client_that_reads_too_slowly_is_disconnected() -> None:
    big = b"x" * 50_000_000
    with (
        serve_in_thread([echo_endpoint(ConnectionLimits(reply_seconds=0.2), big)]) as [address],
        socket.create_connection(address) as slow,
    ):
        slow.sendall(b"\n")
        slow.settimeout(LONGEST)
        assert read_slowly(slow) < len(big)


def read_slowly(connection: socket.socket) -> int:
    """Return how many bytes came before the end, read at a pace at which 50 MB take 10 s."""
    total = 0
    with suppress(ConnectionResetError):
        while piece := connection.recv(1_000_000):
            total += len(piece)
            time.sleep(len(piece) / 5_000_000)
    return total


def test_a_client_beyond_the_limit_is_refused_until_another_leaves() -> None:
    with serve_in_thread([echo_endpoint(ConnectionLimits(connections=2))]) as [address]:
        first = [socket.create_connection(address, timeout=LONGEST) for _ in range(2)]
        with socket.create_connection(address, timeout=LONGEST) as third:
            assert all_that_comes(third) == b""
        for connection in first:
            connection.close()
        wait_for(lambda: say(address, b"b\n") == b"b", "the places to be free again")


def test_closing_a_server_disconnects_all_clients_and_frees_the_port(clock: PaperClock) -> None:
    with serving(NEWSPAPER, clock) as server:
        waiting = socket.create_connection(server.address, timeout=LONGEST)
    with waiting:
        assert all_that_comes(waiting) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(server.address, timeout=LONGEST)
    assert all(thread.name != "newspaper" for thread in threading.enumerate())


def test_a_port_in_use_raises_to_the_caller(server: NewspaperServer[PaperClock], clock: PaperClock) -> None:
    with pytest.raises(OSError, match="in use"), serving(NEWSPAPER, clock, port=server.port):
        pass


def test_many_readers_at_once_all_get_whole_pages(server: NewspaperServer[PaperClock]) -> None:
    keys = NEWSPAPER.keys(START) * 5
    with ThreadPoolExecutor(16) as readers:
        bodies = list(readers.map(lambda key: fetch(server, selector(key)), keys))
    assert all(body.endswith(b"\r\n.\r\n") and body.startswith(b"i# taz.de") for body in bodies)


# Room for more


def test_two_doors_open_onto_the_same_pages(clock: PaperClock) -> None:
    edition = Edition(NEWSPAPER, clock)
    with serve_in_thread([gopher_endpoint(edition), gopher_endpoint(edition)]) as [one, other]:
        assert one.port != other.port
        assert (
            say(one, b"/robots.txt\n")
            == say(other, b"/robots.txt\n")
            == text_file("User-agent: *\nDisallow:\n")
        )


def test_a_hole_serves_pages_from_anywhere() -> None:
    class Archive(ServedSite[Article]):
        def find(self, place: str, words: str) -> Article | None:
            return Article(title="Alt") if place == "/!5" else None

        def asks(self, place: str) -> None: ...

        def lines(self, page: Article) -> list[Line]:
            return [Line(f"# taz.de -- {page.title}"), Line("Mehr", "/Mehr/!6", "1")]

        def gemtext(self, page: Article) -> str:
            raise AssertionError(f"a menu is not made of gemtext: {page}")

    hole = GopherResponder(Archive(), Address("example.org", 7070), "")
    assert hole.answer(b"/!5").decode().split("\r\n")[1] == "1Mehr\t/Mehr/!6\texample.org\t7070"
    assert hole.answer(b"/!6").startswith(b"3")


def test_a_page_is_set_once_as_long_as_it_says_the_same(clock: PaperClock) -> None:
    class Counted(Edition):
        def lines(self, page: Page) -> list[Line]:
            count.append(page)
            return super().lines(page)

    count: list[object] = []
    hole = GopherResponder(Counted(NEWSPAPER, clock), Address("127.0.0.1", 70), "")
    for seconds in range(5):
        clock.set(START + timedelta(seconds=seconds))
        hole.answer(selector(KEY).encode())
    assert len(count) == 1


def test_page_keys_of_rows_lead_back_to_pages(server: NewspaperServer[PaperClock]) -> None:
    targets = [line.target for line in lines_of(server, "") if line.target and line.item == "1"]
    keys = {page_key(target) for target in targets}
    assert None not in keys
    assert keys <= set(NEWSPAPER.keys(START))
