"""The newspaper's gateways over HTTP: real requests on loopback, and bounds for everything."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from archive.errors import GatewayError
from archive.model import Article, Kind, Line, Page, PageKey
from archive.renditions.decode import read_page
from crawler.demo.newspaper.gateways.meulie import cut
from crawler.demo.newspaper.gateways.mills import MILLS
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock
from crawler.demo.newspaper.serving.ports import DOORS
from crawler.demo.newspaper.serving.server import NewspaperServer, serving, serving_apart
from crawler.demo.newspaper.serving.web import GatewaySite
from crawler.sources.registry import source_kinds
from tests.support.running.time_limit import LONGEST
from tests.support.samples.gateway_pages import GATEWAYS, rendition_of

pytestmark = pytest.mark.slow

NEWSPAPER = Newspaper(seed=2)
KEY = NEWSPAPER.articles_there(START)[-1]
MISSING = PageKey(Kind.ARTICLE, 9_999_999)


@pytest.fixture(scope="module")
def server() -> Iterator[NewspaperServer[PaperClock]]:
    with serving(NEWSPAPER, PaperClock(START), via=list(DOORS)) as server:
        yield server


def endpoint_url(server: NewspaperServer[PaperClock], name: str, key: PageKey) -> str:
    source, _ = source_kinds()[name].read_seed(server.urls[name])
    return source.url(key)


def ask(url: str, method: str = "GET") -> tuple[int, str, bytes]:
    """Status, content type and body."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 0, timeout=LONGEST)
    connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""))
    answer = connection.getresponse()
    try:
        return answer.status, answer.headers["Content-Type"], answer.read()
    finally:
        connection.close()


def say(server: NewspaperServer[PaperClock], request: bytes) -> bytes:
    """What comes for some bytes, up to the end or a reset."""
    parts = urlsplit(server.urls["mills"])
    heard = b""
    with (
        socket.create_connection((parts.hostname, parts.port), timeout=LONGEST) as connection,
        suppress(ConnectionError),
    ):
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        while more := connection.recv(65536):
            heard += more
    return heard


@pytest.mark.parametrize("name", GATEWAYS)
def test_a_page_is_html_that_reads_as_the_article(server: NewspaperServer[PaperClock], name: str) -> None:
    status, kind, body = ask(endpoint_url(server, name, KEY))
    assert (status, kind) == (200, "text/html; charset=utf-8")
    page, true = read_page(body, key=KEY, rendition=rendition_of(name)), NEWSPAPER.page(KEY, START)
    assert isinstance(page, Article)
    assert isinstance(true, Article)
    assert page.published == true.published
    assert [author.name for author in page.authors] == [author.name for author in true.authors]


@pytest.mark.parametrize("name", GATEWAYS)
def test_every_page_there_is_has_a_url_at_every_gateway(
    server: NewspaperServer[PaperClock], name: str
) -> None:
    for key in NEWSPAPER.keys(START):
        status, _, body = ask(endpoint_url(server, name, key))
        assert status == 200
        assert read_page(body, key=key, rendition=rendition_of(name))


@pytest.mark.parametrize("name", GATEWAYS)
def test_a_page_that_is_not_there_is_the_gateways_own_error(
    server: NewspaperServer[PaperClock], name: str
) -> None:
    status, _, body = ask(endpoint_url(server, name, MISSING))
    assert status == 200
    with pytest.raises(GatewayError, match="No such page"):
        read_page(body, key=MISSING, rendition=rendition_of(name))


@pytest.mark.parametrize("name", GATEWAYS)
def test_robots_txt_is_served_and_other_paths_are_not_found(
    server: NewspaperServer[PaperClock], name: str
) -> None:
    base = server.urls[name].rstrip("/")
    assert ask(f"{base}/robots.txt") == (200, "text/plain; charset=utf-8", b"User-agent: *\nDisallow:\n")
    assert ask(f"{base}/impressum")[0] == ask(f"{base}/")[0] == 404


def test_robots_are_as_given() -> None:
    robots = "User-agent: *\nDisallow: /x\n"
    with serving(NEWSPAPER, PaperClock(START), via=["miga"], robots=robots) as server:
        assert ask(f"{server.url}robots.txt")[2] == robots.encode()


def test_head_is_get_without_the_page(server: NewspaperServer[PaperClock]) -> None:
    url = endpoint_url(server, "mills", KEY)
    assert ask(url, "HEAD") == (*ask(url)[:2], b"")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"", b"400"),
        (b"\r\n\r\n", b"400"),
        (b"hello\r\n\r\n", b"400"),
        (b"GET\r\n\r\n", b"400"),
        (b"GET example.org HTTP/1.0\r\n\r\n", b"400"),
        (b"GET http://evil.example/ HTTP/1.1\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\n\r\n", b"501"),
        (b"GET //[ HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /%00 HTTP/1.1\r\n\r\n", b"404"),
        (b"GET / " + b"x" * 9000, b"431"),
        (b"GET /taz.de/1/%21p1" + b"1" * 100 + b" HTTP/1.0\r\n\r\n", b"200"),
    ],
)
def test_every_request_is_answered(
    server: NewspaperServer[PaperClock], request_: bytes, status: bytes
) -> None:
    assert say(server, request_).startswith(b"HTTP/1.0 " + status)


def test_what_a_request_names_is_escaped(server: NewspaperServer[PaperClock]) -> None:
    for name in GATEWAYS:
        source, _ = source_kinds()[name].read_seed(server.urls[name])
        url = source.url(MISSING).replace("9999999", "%3Cscript%3E%22")
        assert b'<script>"' not in ask(url)[2]


def test_a_page_is_set_once_as_long_as_it_says_the_same() -> None:
    class Counted:
        def page(self, key: PageKey) -> Page | None:
            return page if key.number == 5 else None

        def lines(self, page: Page) -> list[Line]:
            count.append(page)
            return [Line("# taz.de -- Alt")]

        def gemtext(self, page: Page) -> str:
            return ""

    page, count = Article(title="Alt"), list[Page]()
    site = GatewaySite(MILLS, Counted(), "")
    answers = {site.answer(b"GET /taz.de/1/%215 HTTP/1.1") for _ in range(5)}
    assert (len(answers), len(count)) == (1, 1)


# -- Byte-exact quirks ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
        ("ö" * 40, "ö" * 40),
        ("ö" * 41, "ö" * 39 + "\ufffd…"),
        ("x" * 78 + "–x", "x" * 78 + "\ufffd…"),
        ("x" * 77 + "–x", "x" * 77 + "\ufffd…"),
        ("x" * 78 + " xx", "x" * 78 + " …"),
    ],
)
def test_a_row_of_more_than_80_bytes_is_its_first_79(text: str, shown: str) -> None:
    assert cut(text) == shown


# -- Several endpoints ----------------------------------------------------------------------------------


def test_a_server_has_a_url_for_each_way_in(server: NewspaperServer[PaperClock]) -> None:
    assert list(server.urls) == list(DOORS)
    assert server.url == server.urls["gopher"] == f"gopher://127.0.0.1:{server.port}/"
    assert len(set(server.urls.values())) == len(DOORS)


def test_a_separate_server_opens_the_requested_endpoints() -> None:
    with serving_apart(NEWSPAPER, via=["gopher", "phoxy"]) as server:
        assert server.url.startswith("gopher://")
        source, _ = source_kinds()["phoxy"].read_seed(server.urls["phoxy"])
        new = next(one.key for one in NEWSPAPER.events(START + timedelta(days=1), since=START))
        server.clock.set(START + timedelta(days=1))
        assert b"P H O X Y" in ask(source.url(new))[2]


def test_the_command_prints_a_url_for_each_door() -> None:
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "crawler.demo.newspaper",
        "--serve",
        "miga",
        "--serve",
        "gopher",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        urls = [process.stdout.readline().strip() for _ in range(2)]
        assert [url.partition(":")[0] for url in urls] == ["http", "gopher"]
        assert ask(f"{urls[0]}robots.txt")[0] == 200
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=LONGEST)
    assert (process.returncode, errors) == (0, "")


def test_an_unknown_endpoint_is_an_error() -> None:
    command = [sys.executable, "-m", "crawler.demo.newspaper", "--serve", "telnet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode == 2
    assert "invalid choice: 'telnet'" in done.stderr
