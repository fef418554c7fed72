"""The sample newspaper crawled through every gateway, over HTTP: the same articles as by gopher."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks.threads import in_thread
from crawler.demo.newspaper.gateways.phoxy import TRANSLITERATED_UMLAUTS
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.clock import FileClock
from crawler.demo.newspaper.serving.ports import DOORS
from crawler.demo.newspaper.serving.server import NewspaperServer, serving_apart
from tests.support.running.crawls import crawl, quiet
from tests.support.samples.gateway_pages import GATEWAYS, shown
from tests.support.samples.gateway_pages import NEWSPAPER as OTHER
from tests.support.tables import rows

pytestmark = pytest.mark.slow

NEWSPAPER = Newspaper(seed=1, articles=20, daily=0)
WORDS = "SELECT article_id, title, lead, caption, dateline, text, published FROM versions ORDER BY article_id"
TELLS_ALL = ["mills", "cortex", "fuckup", "kroovy", "nicfab"]


@pytest.fixture(scope="module")
def server() -> Iterator[NewspaperServer[FileClock]]:
    with serving_apart(NEWSPAPER, via=list(DOORS)) as server:
        yield server


@pytest.fixture(scope="module")
def by_gopher(server: NewspaperServer[FileClock], tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = tmp_path_factory.mktemp("gopher") / "taz.db"
    quiet(crawl(archive, "--seed", server.url))
    return archive


@pytest.mark.parametrize("name", GATEWAYS)
def test_a_gateway_gives_the_same_versions_as_gopher(
    server: NewspaperServer[FileClock], by_gopher: Path, tmp_path: Path, name: str
) -> None:
    archive = tmp_path / "taz.db"
    done = crawl(archive, "--via", name, "--seed", server.urls[name])
    absent = rows(by_gopher, "SELECT count(*) FROM captures WHERE outcome = 'absent'")[0][0]
    assert (done.returncode, len(done.stderr.splitlines())) == (3 if absent else 0, absent)
    assert rows(archive, "SELECT DISTINCT source FROM captures") == [(name,)]
    expected, found = rows(by_gopher, WORDS), rows(archive, WORDS)
    assert [row[0] for row in found] == [row[0] for row in expected]
    for one, other in zip(expected, found, strict=True):
        if name in TELLS_ALL:
            assert other == one
        else:
            assert all(map(says_the_same, one, other))
    assert rows(archive, "SELECT count(*) FROM captures WHERE outcome NOT IN ('ok', 'failed')") == [(0,)]
    assert rows(archive, "SELECT kind, number FROM pages ORDER BY 1, 2") == rows(
        by_gopher, "SELECT kind, number FROM pages ORDER BY 1, 2"
    )


def says_the_same(one: object, other: object) -> bool:
    """Whether it is the same but for how umlauts are spelled, paragraphs broken, and what was cut."""
    if not isinstance(one, str) or not isinstance(other, str) or "…" in other:
        return True
    return one.translate(TRANSLITERATED_UMLAUTS).split() == other.translate(TRANSLITERATED_UMLAUTS).split()


@pytest.mark.parametrize("name", ["meulie", "kroovy"])
def test_crawling_again_changes_nothing(
    server: NewspaperServer[FileClock], tmp_path: Path, name: str
) -> None:
    archive = tmp_path / "taz.db"
    for words in ([], ["--ignore-schedule"]):
        crawl(archive, "--via", name, "--seed", server.urls[name], *words)
    assert rows(archive, "SELECT DISTINCT version_count FROM articles") == [(1,)]


def test_a_seed_of_another_gateway_is_a_mistake(tmp_path: Path) -> None:
    done = crawl(tmp_path / "taz.db", "--via", "mills", "--seed", "http://127.0.0.1:1/?q=taz.de/1/!5")
    assert done.returncode == 2
    assert "not a page of the paper" in done.stderr


def test_a_gateway_is_not_hurried(tmp_path: Path) -> None:
    done = crawl(tmp_path / "taz.db", "--via", "mills", "--delay", "0")
    assert done.returncode == 2
    assert "is only allowed for your own servers, not for gopher.mills.io" in done.stderr


class Faulty(BaseHTTPRequestHandler):
    """The root, and for its links whatever the test says."""

    pages: dict[str, tuple[int, dict[str, str], bytes]]

    def do_GET(self) -> None:
        status, headers, body = self.pages.get(self.path, (404, {}, b"404 not found"))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "Content-Type": "text/html", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def faulty() -> Iterator[ThreadingHTTPServer]:
    Faulty.pages = {}
    with in_thread(ThreadingHTTPServer(("127.0.0.1", 0), Faulty)) as server:
        yield server


KEY = OTHER.articles_there(START)[0]
PAGE = shown("mills", KEY)
LOGIN = b"<html><body><form>Login <input name='p' type='password'></form></body></html>"


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {}, LOGIN),
        (200, {}, b""),
        (200, {}, PAGE[:3000]),
        (200, {}, b"<html><body><table></table></body></html>"),
        (200, {"Content-Type": "text/plain"}, b"not found"),
        (302, {"Location": "/login"}, b"<a href='/login'>Login</a>"),
        (301, {"Location": "http://taz.de:1/"}, b""),
        (404, {}, b"not found"),
        (410, {}, PAGE),
        (403, {}, LOGIN),
    ],
)
def test_a_response_that_is_not_a_page_is_a_failed_fetch_and_the_article_stays(
    faulty: ThreadingHTTPServer, tmp_path: Path, status: int, headers: dict[str, str], body: bytes
) -> None:
    archive = tmp_path / "taz.db"
    path = f"/taz.de/1/%21{KEY.number}"
    seed = f"http://127.0.0.1:{faulty.server_port}{path}"
    Faulty.pages |= {path: (200, {}, PAGE), "/login": (200, {}, PAGE)}
    crawl(archive, "--via", "mills", "--seed", seed, "--max-pages", "1")
    Faulty.pages[path] = (status, headers, body)
    crawl(archive, "--via", "mills", "--seed", seed, "--max-pages", "1")
    assert rows(archive, "SELECT outcome FROM captures ORDER BY captured_at") == [("ok",), ("failed",)]
    assert rows(archive, "SELECT id, state, version_count FROM articles") == [(KEY.number, "present", 1)]


def test_robots_of_a_gateway_are_obeyed(faulty: ThreadingHTTPServer, tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    Faulty.pages |= {
        "/robots.txt": (200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /taz.de/\n"),
        f"/taz.de/1/%21{KEY.number}": (200, {}, PAGE),
    }
    seed = f"http://127.0.0.1:{faulty.server_port}/taz.de/1/!{KEY.number}"
    assert crawl(archive, "--via", "mills", "--seed", seed).returncode == 3
    assert rows(archive, "SELECT outcome, payload_id FROM captures") == [("forbidden", None)]
