"""The sample newspaper as other people's servers serve it, and as other people's clients read it."""

import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from archive.errors import PageError
from archive.model import Article, Kind, Line, PageKey
from archive.pagekey import ROOT, page_key, selector
from archive.renditions.forms.gopher import decode
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.newspaper import Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock
from crawler.demo.newspaper.serving.gophermap_tree import write_tree
from crawler.demo.newspaper.serving.server import NewspaperServer, serving
from tests.support.running.time_limit import LONGEST
from tests.support.servers.other_servers import gophernicus, installed, pygopherd

pytestmark = pytest.mark.slow

NEWSPAPER = Newspaper(seed=4, articles=60)
EDITION = Edition(NEWSPAPER, PaperClock(NEWSPAPER.start))
KEYS = NEWSPAPER.keys(NEWSPAPER.start)
SERVERS = {"gophernicus": gophernicus, "pygopherd": pygopherd}
SOME = [ROOT, *KEYS[1:80:6], *KEYS[-14:]]

Serve = Callable[[Path], AbstractContextManager[tuple[str, int]]]


def fetch(host: str, port: int, text: str) -> bytes:
    with socket.create_connection((host, port), timeout=LONGEST) as connection:
        connection.sendall(f"{text}\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def lines_at(host: str, port: int, text: str) -> list[Line]:
    return decode(fetch(host, port, text), f"{host}:{port}")


@pytest.fixture(scope="module", params=SERVERS)
def other(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, int]]:
    serve: Serve = SERVERS[request.param]
    root = tmp_path_factory.mktemp(request.param)
    write_tree(EDITION, KEYS, root)
    with serve(root) as address:
        yield address


@pytest.fixture(scope="module")
def ours() -> Iterator[NewspaperServer[PaperClock]]:
    with serving(NEWSPAPER, PaperClock(NEWSPAPER.start)) as server:
        yield server


@pytest.fixture(scope="module")
def an_article() -> PageKey:
    return next(key for key in reversed(KEYS) if "ß" in page_text(key) and "ü" in page_text(key))


def page_text(key: PageKey) -> str:
    page = EDITION.page(key)
    return page.text if isinstance(page, Article) else ""


def test_other_servers_serve_the_same_lines_as_ours(
    other: tuple[str, int], ours: NewspaperServer[PaperClock]
) -> None:
    assert len(SOME) > 20
    for key in SOME:
        assert lines_at(*other, selector(key)) == lines_at(*ours.address, selector(key)), key


def test_links_with_slugs_lead_to_the_same_page_there(other: tuple[str, int]) -> None:
    root = lines_at(*other, "")
    targets = [line.target for line in root if line.target and line.item == "1"][:8]
    for target in targets:
        key = page_key(target)
        assert key
        assert lines_at(*other, target) == lines_at(*other, selector(key))


def test_other_servers_say_that_a_page_is_absent_in_words_we_know(other: tuple[str, int]) -> None:
    with pytest.raises(PageError, match="says"):
        lines_at(*other, "/!9999999")


def test_other_servers_serve_robots_txt(other: tuple[str, int]) -> None:
    assert fetch(*other, "/robots.txt").split() == [b"User-agent:", b"*", b"Disallow:"]


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, check=True, timeout=LONGEST)
    return done.stdout.decode()


def test_curl_reads_our_server(ours: NewspaperServer[PaperClock], an_article: PageKey) -> None:
    body = run(installed("curl"), "--silent", f"{ours.url}1{selector(an_article)}")
    assert decode(body.encode(), f"{ours.host}:{ours.port}") == lines_at(*ours.address, selector(an_article))


def test_lynx_shows_umlauts_and_follows_our_links(
    ours: NewspaperServer[PaperClock], an_article: PageKey
) -> None:
    url = f"{ours.url}1{selector(an_article)}"
    shown = run(
        installed("lynx"), "-dump", "-display_charset=utf-8", "-assume_charset=utf-8", "-width=200", url
    )
    texts = [
        line.text for line in lines_at(*ours.address, selector(an_article)) if set("äöüß") & set(line.text)
    ]
    assert len(texts) > 5
    assert [text for text in texts if text.replace("\N{SOFT HYPHEN}", "") not in shown] == []
    assert f"{ours.url}1/" in shown, "rows name the server they came from"


def test_pages_of_every_kind_were_compared() -> None:
    assert {key.kind for key in SOME} == set(Kind)
