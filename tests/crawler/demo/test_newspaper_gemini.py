"""The newspaper's gemini server: what it answers to which request, and who it says it is."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from archive.model import Article, Line, Page
from archive.pagekey import selector
from archive.renditions.decode import read_page
from archive.renditions.forms.gemtext import decode
from archive.servers.gemini import GeminiResponder, gemini_endpoint
from archive.servers.gemtext import write_gemtext
from archive.servers.server import Address, ConnectionLimits, serve_in_thread
from archive.servers.site import ServedSite
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock
from tests.support.running.crawls import wait_for
from tests.support.running.time_limit import LONGEST

pytestmark = pytest.mark.slow

NEWSPAPER = Newspaper(seed=2)
KEY = NEWSPAPER.articles_there(START)[-1]
ROBOTS = "User-agent: archiver\nDisallow: /!a\n"
EDITION = Edition(NEWSPAPER, PaperClock(START))


@pytest.fixture(scope="module")
def address() -> Iterator[Address]:
    with serve_in_thread([gemini_endpoint(EDITION, robots=ROBOTS)]) as [address]:
        yield address


def talk(address: Address, *pieces: bytes) -> bytes:
    """Send the pieces one by one over TLS, trusting anybody; read to the end."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(address, timeout=LONGEST) as plain,
        context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False) as connection,
    ):
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.02 * (len(pieces) > 1))
        return b"".join(iter(lambda: connection.recv(65536), b""))


def fetch(address: Address, path: str) -> bytes:
    return talk(address, f"gemini://{address.host}:{address.port}{path}\r\n".encode())


def test_every_page_is_read_as_the_newspaper_wrote_it(address: Address) -> None:
    for key in NEWSPAPER.keys(START)[::4]:
        header, _, body = fetch(address, selector(key) or "/").partition(b"\r\n")
        assert header == b"20 text/gemini; charset=utf-8; lang=de"
        home = f"{address.host}:{address.port}"
        assert read_page(body, key=key, rendition="gemini", home=home) == NEWSPAPER.page(key, START)


def test_headings_are_spelled_in_several_ways_and_names_are_links() -> None:
    hole = GeminiResponder(EDITION, Address("127.0.0.1", 7070), "")
    paths = [selector(key) for key in NEWSPAPER.articles_there(START)]
    rows = [
        row for path in paths for row in hole.answer(f"gemini://localhost:7070{path}".encode()).splitlines()
    ]
    assert {b"AUTOREN", b"# AUTOREN", b"## AUTOREN", b"### AUTOREN"} <= set(rows)
    assert any(row.startswith(b"=> /!a223") for row in rows)
    assert any(row.startswith(b"=> /!t5008") for row in rows)
    assert any(row.startswith(b"=> https://www.example.org/") for row in rows)
    assert any(row.startswith(b"[1] https://www.example.org/") for row in rows)
    assert max(map(len, rows)) > 300, "nothing is wrapped"


@pytest.mark.parametrize(
    "path",
    ["/!{n}", "/%21{n}", "/Some-Slug/!{n}", "/Stra%C3%9Fe/!{n}?x", "/!{n}/", "/Warum?/!{n}", "/x?!{n}"],
)
def test_an_article_answers_to_all_spellings_of_its_path(address: Address, path: str) -> None:
    assert fetch(address, path.format(n=KEY.number)) == fetch(address, selector(KEY))


@pytest.mark.parametrize("path", ["", "/"])
def test_the_root_answers_to_nothing(address: Address, path: str) -> None:
    body = fetch(address, path).partition(b"\r\n")[2]
    assert decode(body, "")[0] == Line("# taz.de")


@pytest.mark.parametrize("path", ["/!9999999", "/nowhere", "/!p1", "/!t5", "/suche?Wort", "/!" + "9" * 500])
def test_an_unknown_page_is_51(address: Address, path: str) -> None:
    assert fetch(address, path) == b"51 No such page.\r\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"gemini://example.org/\r\n", b"53"),
        (b"gemini://127.0.0.1/\r\n", b"53"),
        (b"gemini://127.0.0.1:1/\r\n", b"53"),
        (b"\r\n", b"59"),
        (b"/!5\r\n", b"59"),
        (b"//127.0.0.1/!5\r\n", b"59"),
        (b"gopher://127.0.0.1/\r\n", b"59"),
        (b"https://127.0.0.1/\r\n", b"59"),
        (b"gemini://me@127.0.0.1/\r\n", b"59"),
        (b"gemini://127.0.0.1/#x\r\n", b"59"),
        (b"gemini://127.0.0.1/a b\r\n", b"59"),
        (b"gemini://127.0.0.1/a\nb\r\n", b"59"),
        (b"gemini://[::1\r\n", b"59"),
        (b"gemini://127.0.0.1:x/\r\n", b"59"),
        (b"gemini://\r\n", b"59"),
        (b"gemini://127.0.0.1/\xff\r\n", b"53"),
        (b"gemini://127.0.0.1/" + b"x" * 1006 + b"\r\n", b"59"),
        (b"x" * 2000, b"59"),
    ],
)
def test_a_request_that_cannot_be_answered_gets_a_status(
    address: Address, request_: bytes, status: bytes
) -> None:
    answer = talk(address, request_)
    assert answer.startswith(status + b" ")
    assert answer.endswith(b".\r\n")


def test_a_request_may_come_in_pieces(address: Address) -> None:
    url = f"gemini://{address.host}:{address.port}{selector(KEY)}\r\n".encode()
    assert talk(address, url[:9], url[9:-1], url[-1:]) == fetch(address, selector(KEY))


def test_robots_txt_is_text(address: Address) -> None:
    assert fetch(address, "/robots.txt") == b"20 text/plain; charset=utf-8\r\n" + ROBOTS.encode()


def test_the_server_follows_its_clock() -> None:
    clock = PaperClock(START)
    event = NEWSPAPER.events(START + timedelta(days=1), since=START)[0]
    with serve_in_thread([gemini_endpoint(Edition(NEWSPAPER, clock))]) as [address]:
        before = fetch(address, selector(event.key))
        clock.set(event.moment)
        assert fetch(address, selector(event.key)) != before


def test_a_connection_without_a_handshake_is_closed() -> None:
    endpoint = gemini_endpoint(EDITION)
    endpoints = [
        replace(endpoint, limits=ConnectionLimits(request_seconds=limit)) for limit in (0.3, LONGEST)
    ]
    with (
        serve_in_thread(endpoints) as [address, patient],
        socket.create_connection(patient) as other,
        socket.create_connection(address, timeout=LONGEST) as connection,
    ):
        assert connection.recv(1) == b""
        other.settimeout(0)
        with pytest.raises(BlockingIOError):
            other.recv(1)


def test_a_client_without_a_handshake_takes_a_connection_slot() -> None:
    endpoint = replace(
        gemini_endpoint(EDITION), limits=ConnectionLimits(connections=2, request_seconds=2 * LONGEST)
    )
    with serve_in_thread([endpoint]) as [address]:
        first = [socket.create_connection(address, timeout=LONGEST) for _ in range(2)]
        with socket.create_connection(address, timeout=LONGEST) as third:
            wait_for_the_end(third)
        for connection in first:
            connection.close()
        wait_for(lambda: is_answered(address), "the places to be free again")


def wait_for_the_end(connection: socket.socket) -> None:
    """Return once the server has hung up, one way or another."""
    with suppress(ConnectionError):
        while connection.recv(65536):
            pass


def is_answered(address: Address) -> bool:
    try:
        return fetch(address, selector(KEY)).startswith(b"20 ")
    except OSError:
        return False


@pytest.mark.parametrize("said", [b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x00\x05hello"])
def test_a_client_without_tls_is_disconnected(said: bytes) -> None:
    endpoint = replace(
        gemini_endpoint(EDITION), limits=ConnectionLimits(connections=1, request_seconds=2 * LONGEST)
    )
    with serve_in_thread([endpoint]) as [address]:
        with socket.create_connection(address, timeout=LONGEST) as connection:
            connection.sendall(said)
            wait_for_the_end(connection)
        wait_for(lambda: is_answered(address), "its place to be free again")


def test_a_request_that_comes_with_the_end_of_the_handshake_is_answered_over_tls(address: Address) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    secure = context.wrap_bio(coming, going, server_hostname="localhost")
    with socket.create_connection(address, timeout=LONGEST) as connection:
        with suppress(ssl.SSLWantReadError):
            secure.do_handshake()
        while going.pending:
            connection.sendall(going.read())
            coming.write(connection.recv(65536))
            with suppress(ssl.SSLWantReadError):
                secure.do_handshake()
                secure.write(b"gemini://localhost:%d/\r\n" % address.port)
                connection.sendall(going.read())
        answer = b""
        while len(answer) < 3:
            coming.write(connection.recv(65536))
            with suppress(ssl.SSLWantReadError):  # a ticket of TLS 1.3 may come first
                answer += secure.read(3)
    assert answer == b"20 "


def test_closing_a_server_disconnects_clients_without_a_handshake() -> None:
    endpoint = replace(gemini_endpoint(EDITION), limits=ConnectionLimits(request_seconds=2 * LONGEST))
    with serve_in_thread([endpoint]) as [address]:
        waiting = socket.create_connection(address, timeout=LONGEST)
        wait_for(lambda: is_answered(address), "the first to be let in")
    with waiting:
        wait_for_the_end(waiting)


def test_a_page_is_written_once_as_long_as_it_says_the_same() -> None:
    class Archive(ServedSite[Page]):
        def find(self, place: str, words: str) -> Page | None:
            asked.append(place)
            return said if place == "/!5" else None

        def asks(self, place: str) -> None: ...

        def gemtext(self, page: Page) -> str:
            return write_gemtext(page)

        def lines(self, page: Page) -> list[Line]:
            raise AssertionError(f"gemtext is not made of the lines of a menu: {page}")

    asked: list[str] = []
    said = Article(title="Alt")
    capsule = GeminiResponder(Archive(), Address("example.org", 7070), "")
    one, other = (capsule.answer(b"gemini://example.org:7070/!5") for _ in range(2))
    assert one is other
    assert one.endswith(b"# taz.de -- Alt\n\n")
    assert len(asked) == 2
