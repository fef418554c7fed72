"""An archive as a gopher hole and gemini capsule: read by other people's clients, and by our own crawler."""

import json
import re
import resource
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from threading import Event, Semaphore
from urllib.parse import quote, urlsplit

import pytest

from archive.errors import StoreError
from archive.model import Article, Kind, Line, Menu, PageKey, Paragraph, Tag
from archive.pagekey import page_key
from archive.renditions.decode import read_page
from archive.renditions.forms.gopher import decode
from archive.republish.site import ArchiveSite
from archive.servers.gemini import GeminiResponder
from archive.servers.gopher import GopherResponder
from archive.servers.server import Address, ConnectionLimits, Endpoint, serve_in_thread
from archive.servers.site import PageCache, ServedSite
from archive.servers.worker_threads import MAX_WAITING_REQUESTS, SlowPageError, worker_threads
from archive.store import TooLong, open_reader, open_writer
from archive.store.db.connection import open_to_read
from archive.store.menus.republished_lists import time_limit
from archive.timestamps import minute_of, stamp
from tests.support import ROOT
from tests.support.running.crawls import crawl, quiet, wait_for
from tests.support.running.time_limit import LONGEST
from tests.support.samples.exported_archive import HOSTILE, VISITS, make_archive, taz_archive
from tests.support.samples.sample_archive import EDITED, OLD_WORD, visit
from tests.support.tables import rows

pytestmark = pytest.mark.slow

GONE, NOWHERE = 900004, 910000
BEFORE = f"/as-of/{VISITS[0] - timedelta(days=1):%Y-%m-%d}"
PARTS = ("title", "lead", "caption", "dateline", "published", "text", "links", "authors", "related")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_archive(tmp_path_factory.mktemp("republish") / "taz.db")
    with open_writer(path) as opened:  # an article of no known number, and one that no menu would list
        opened.record([visit(PageKey(Kind.ARTICLE, NOWHERE), VISITS[0], short("Nirgends: Verzeichnet"))])
        lost = visit(PageKey(Kind.ARTICLE, 1), VISITS[0], short("Ohne: Nummer"))
        opened.record([replace(lost, key=None, url="seite.txt")])
    return path


def short(title: str) -> Article:
    return Article(title=title, blocks=(Paragraph("Hier steht es."),), published=VISITS[0].date())


@contextmanager
def republished(path: Path, *words: object) -> Iterator[list[str]]:
    """The URLs it is served at while the block runs, by a process that ends well and says nothing."""
    command = [sys.executable, "-W", "error", "-m", "archive", "republish", str(path), *map(str, words)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout
            endpoints = max(1, sum(word in ("--gopher", "--gemini") for word in words))
            yield [process.stdout.readline().strip() for _ in range(endpoints)]
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=LONGEST)
    assert (process.returncode, said) == (0, "")


@pytest.fixture(scope="module")
def served(archive: Path) -> Iterator[list[str]]:
    with republished(archive, "--gopher", 0, "--gemini", 0) as urls:
        yield urls


@pytest.fixture(scope="module")
def hole(served: list[str]) -> tuple[str, int]:
    return "127.0.0.1", urlsplit(served[0]).port or 0


def say(address: tuple[str, int], said: bytes) -> bytes:
    with socket.create_connection(address, timeout=LONGEST) as connection:
        connection.sendall(said)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def fetch(hole: tuple[str, int], selector: str) -> bytes:
    return say(hole, f"{selector}\r\n".encode())


def lines(hole: tuple[str, int], selector: str) -> list[Line]:
    return decode(fetch(hole, selector), f"{hole[0]}:{hole[1]}")


def texts(hole: tuple[str, int], selector: str) -> str:
    return "\n".join(line.text for line in lines(hole, selector))


def gemini(served: list[str], path: str) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    port = urlsplit(served[1]).port or 0
    with (
        socket.create_connection(("127.0.0.1", port), timeout=LONGEST) as plain,
        context.wrap_socket(plain) as secure,
    ):
        secure.sendall(f"gemini://127.0.0.1:{port}{path}\r\n".encode())
        return b"".join(iter(lambda: secure.recv(65536), b""))


# -- In the paper's own format ----------------------------------------------------------------------------


def test_an_article_is_its_dump_as_the_paper_sends_it(archive: Path, hole: tuple[str, int]) -> None:
    shown = taz_archive("show", archive, EDITED, "--format", "dump").lines
    assert [line.text for line in lines(hole, f"/Slug/!{EDITED}")][: len(shown)] == shown


def test_menus_are_the_papers_to_a_crawler(hole: tuple[str, int]) -> None:
    """Root, section, topic and author are read as menus that lead to articles."""
    home = f"{hole[0]}:{hole[1]}"
    for key, selector in {
        PageKey(Kind.ROOT, 0): "",
        PageKey(Kind.SECTION, 4611): "/!p4611",
        PageKey(Kind.TOPIC, 78): "/!t78",
        PageKey(Kind.AUTHOR, 77): "/!a77",
    }.items():
        page = read_page(fetch(hole, selector), key=key, rendition="gopher", home=home)
        assert isinstance(page, Menu)
        keys = {page_key(entry.target) for entry in page.entries if entry.target}
        assert {PageKey(Kind.ARTICLE, 900001), PageKey(Kind.ARTICLE, 900002)} <= keys or selector == ""


def test_the_root_page_explains_itself_and_links_to_all_pages(hole: tuple[str, int]) -> None:
    root = lines(hole, "")
    targets = {line.target for line in root if line.target}
    assert root[0].text == "# taz.de"
    assert {"/about", "/changes", "/days", "/topics", "/authors", "/all", "/!p4611", "/!910000"} <= targets
    assert [line.item for line in root if line.target == "/search"] == ["7"]
    about = " ".join(texts(hole, "/about").split())
    assert "taz, die tageszeitung" in about
    assert "The texts are the newspaper's" in about
    assert "taz-archive" in about


def test_every_link_of_the_menus_leads_somewhere(hole: tuple[str, int]) -> None:
    seen, ahead = set[str](), ["", f"/as-of/{VISITS[1]:%Y-%m-%d}/"]
    while ahead and len(seen) < 300:
        selector = ahead.pop(0)
        seen.add(selector)
        found = [line.target for line in lines(hole, selector) if line.target and line.item == "1"]
        key = page_key(selector)
        if key is None or key.kind is not Kind.ARTICLE:  # what articles link to, the archive need not have
            ahead += [target for target in dict.fromkeys(found) if target not in {*seen, *ahead}]
    assert any("/provisional/" in selector for selector in seen)


# -- Time travel ------------------------------------------------------------------------------------------


def test_a_day_is_as_it_was(hole: tuple[str, int]) -> None:
    assert OLD_WORD in texts(hole, f"{BEFORE}/!{EDITED}")
    assert OLD_WORD not in texts(hole, f"/!{EDITED}")
    listed = [line.target for line in lines(hole, f"{BEFORE}/") if line.target and "!" in line.target]
    assert listed == [f"{BEFORE}/!{EDITED}"]  # all there was that day
    assert fetch(hole, f"{BEFORE}/!p4611").startswith(b"3No such page")
    assert {line.target for line in lines(hole, f"{BEFORE}/!{EDITED}") if line.target} >= {f"{BEFORE}/!a77"}


def test_a_time_is_read_to_the_minute(hole: tuple[str, int]) -> None:
    first = minute_of(stamp(VISITS[0])).replace(" ", "T")
    just_before = (VISITS[0] - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M")
    assert OLD_WORD in texts(hole, f"/as-of/{just_before}Z/!{EDITED}")
    assert OLD_WORD not in texts(hole, f"/as-of/{first}/!{EDITED}")


def test_versions_of_an_article_are_a_menu(hole: tuple[str, int]) -> None:
    menu = lines(hole, f"/!{EDITED}/versions")
    assert [line.target for line in menu if line.target] == [f"/!{EDITED}/v2", f"/!{EDITED}/v1"]
    assert OLD_WORD in texts(hole, f"/!{EDITED}/v1")
    assert [line.target for line in lines(hole, f"{BEFORE}/!{EDITED}/versions") if line.target] == [
        f"{BEFORE}/!{EDITED}/v1"
    ]
    assert fetch(hole, f"{BEFORE}/!{EDITED}/v2").startswith(b"3No such page")


def test_a_gone_article_is_absent_but_its_versions_are_served(hole: tuple[str, int]) -> None:
    assert fetch(hole, f"/!{GONE}").startswith(b"3No such page: gone since 2025-04-04")
    assert "Verschwunden seit 2025-04-04" in texts(hole, f"/!{GONE}/versions")
    assert "gesperrt" in texts(hole, f"/!{GONE}/v1")
    assert "gesperrt" in texts(hole, f"/as-of/{VISITS[0]:%Y-%m-%d}/!{GONE}")
    assert f"/!{GONE}" not in {line.target for line in lines(hole, "/!t78")}


def test_nothing_later_than_as_of_is_served(archive: Path) -> None:
    day = VISITS[0] - timedelta(days=1)
    with republished(archive, "--gopher", 0, "--as-of", f"{day:%Y-%m-%d}") as [url]:
        hole = "127.0.0.1", urlsplit(url).port or 0
        assert OLD_WORD in texts(hole, f"/!{EDITED}")
        assert OLD_WORD in texts(hole, f"/as-of/2030-01-01/!{EDITED}")
        assert fetch(hole, "/!900002").startswith(b"3")
        assert fetch(hole, f"/!{EDITED}/v2").startswith(b"3")
        assert [line.target for line in lines(hole, "/days/2025-03") if line.target] == ["/as-of/2025-03-31/"]
        assert "Nichts gefunden" in texts(hole, "/search\tQuarzstrasse")


# -- Search -----------------------------------------------------------------------------------------------


def test_search_finds_what_matched_at_the_time(hole: tuple[str, int]) -> None:
    found = {line.target for line in lines(hole, "/search\tQuarzstrasse") if line.target}
    assert {"/!900001", "/!900002"} <= found
    assert "Nichts gefunden" in texts(hole, f"/search\t{OLD_WORD}")
    assert f"{BEFORE}/!{EDITED}" in {line.target for line in lines(hole, f"{BEFORE}/search\t{OLD_WORD}")}


@pytest.mark.parametrize("words", ["", '"', "AND OR (", "a*", "\x00", "x" * 900, "title:", "é\ud83d"])
def test_no_search_breaks_it(hole: tuple[str, int], words: str) -> None:
    with socket.create_connection(hole, timeout=LONGEST) as connection:
        connection.sendall(f"/search\t{words}\r\n".encode(errors="surrogatepass"))
        said = b"".join(iter(lambda: connection.recv(65536), b""))
    assert said.startswith(b"i# taz.de -- Suche")


# -- Hostile, slow and many -------------------------------------------------------------------------------

SELECTORS = """
/as-of/9999-99-99/!1|/as-of/0001-01-01/|/as-of/9999-12-31T23:59:59+14:00/!1|/as-of/2025-04-01
/as-of/2025-04-01/as-of/2025-04-01/!900001|/!999999999999|/!p0|/!t0|/!900001/v0|/!900001/v999999
/provisional/0|/provisional/999999999999|/days/2025-13|/days/x|/all/2025|/all/'; DROP TABLE x;--
/topics/%00|../../etc/passwd|GET / HTTP/1.0|URL:javascript:alert(1)|\x00\x01|/!900001\t+
"""


@pytest.mark.parametrize("selector", [*re.split(r"[|\n]", SELECTORS.strip()), "a" * 5000])
def test_a_hostile_selector_gets_a_menu_or_an_error(hole: tuple[str, int], selector: str) -> None:
    said = fetch(hole, selector)
    assert said.startswith((b"3", b"i# taz.de"))
    assert said.endswith(b"\r\n.\r\n")
    assert b"Traceback" not in said


def test_an_address_in_the_web_is_shown_as_a_link_to_it(hole: tuple[str, int]) -> None:
    said = fetch(hole, "URL:https://example.org/a")
    assert b"hhttps://example.org/a\tURL:https://example.org/a\t" in said


def test_titles_that_would_break_rows_do_not(hole: tuple[str, int]) -> None:
    for row in fetch(hole, f"/!{HOSTILE}").removesuffix(b"\r\n").split(b"\r\n")[:-1]:
        assert row.count(b"\t") == 3


def test_slow_clients_and_many_requests_delay_no_other_client(hole: tuple[str, int]) -> None:
    slow = [socket.create_connection(hole, timeout=LONGEST) for _ in range(60)]
    try:
        for connection in slow:
            connection.sendall(b"/!9000")
        first = fetch(hole, "/!900001")
        slow[-1].settimeout(0)
        with pytest.raises(BlockingIOError):  # it has not been hung up on, so it still takes its place
            slow[-1].recv(1)
        with ThreadPoolExecutor(8) as pool:
            said = list(pool.map(lambda _: fetch(hole, "/!900001"), range(200)))
        assert set(said) == {first}
    finally:
        for connection in slow:
            connection.close()


def test_a_limit_of_open_files_is_reported_once(archive: Path) -> None:
    command = [sys.executable, "-m", "archive", "republish", str(archive), "--gopher", "0"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=ROOT) as process:
        assert process.stdout
        assert process.stderr
        hole = "127.0.0.1", urlsplit(process.stdout.readline()).port or 0
        assert b"Meldung" in fetch(hole, f"/!{EDITED}")
        open_files = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (open_files + 4,) * 2)
        callers = [socket.create_connection(hole, timeout=LONGEST) for _ in range(20)]
        said = process.stderr.readline()
        for caller in callers:
            caller.close()
        wait_for(lambda: b"Meldung" in fetch(hole, f"/!{EDITED}"), "callers to be let in again")
        process.terminate()
        assert (
            said + process.communicate(timeout=LONGEST)[1]
            == "cannot accept connections: Too many open files\n"
        )


def test_a_closed_endpoint_is_not_reopened_after_a_limit_of_open_files() -> None:
    script = """
import asyncio, contextlib, os, resource, socket
from archive.servers.server import Endpoint, LoopErrors, open_endpoint

async def main():
    logged, errors = asyncio.Event(), LoopErrors()
    asyncio.get_running_loop().set_exception_handler(lambda *args: (errors(*args), logged.set()))
    listener = await open_endpoint(Endpoint(scheme="x", make_handler=lambda _: bytes, too_long_reply=b""))
    caller = socket.socket()
    limit = max(map(int, os.listdir("/proc/self/fd")))  # of which the last was the folder itself
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    caller.connect(listener.address)
    await logged.wait()
    await listener.close()
    await asyncio.sleep(1.1)  # asyncio tries to accept callers again after a second

asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=LONGEST, check=True
    )
    assert done.stderr == "cannot accept connections: Too many open files\n"


def test_a_query_over_its_time_limit_is_interrupted(archive: Path) -> None:
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with closing(open_to_read(archive)) as db:
        with pytest.raises(TooLong, match="takes longer than"), time_limit(db, 0.05):
            db.execute(endless).fetchone()
        assert db.execute("SELECT 1").fetchone() == (1,)


def search_often(site: ArchiveSite) -> None:
    """Search until SQLite looks at the clock, which it does once in some thousand steps."""
    for number in range(1000):
        site.find("/search", f"die {number}")


def test_a_page_that_takes_long_is_left_to_the_slow_lane(archive: Path) -> None:
    with open_reader(archive) as opened:
        with pytest.raises(SlowPageError):
            search_often(ArchiveSite(opened, quick=0))
        assert ArchiveSite(opened).find("/search", "die")


def test_a_page_whose_making_fails_is_hung_up_on_at_once(caplog: pytest.LogCaptureFixture) -> None:
    def failing(_: bytes) -> bytes:
        raise TypeError("of a stranger's row")

    limits = ConnectionLimits(handler_seconds=LONGEST)
    endpoint = Endpoint(
        scheme="x", make_handler=lambda _: failing, too_long_reply=b"", busy_reply=b"busy", limits=limits
    )
    with (
        worker_threads() as workers,
        serve_in_thread([workers.endpoint(endpoint, endpoint)]) as [address],
        suppress(ConnectionResetError),
    ):
        assert say(address, b"a\n") == b""
    assert "of a stranger's row" in caplog.text


def test_a_slow_page_delays_no_other_page() -> None:
    begun, released = Semaphore(0), Event()

    def quick(request: bytes) -> bytes:
        if request == b"slow":
            raise SlowPageError
        return request

    def slow(request: bytes) -> bytes:
        begun.release()
        assert released.wait(LONGEST)
        return request

    endpoint = Endpoint(scheme="x", make_handler=lambda _: quick, too_long_reply=b"", busy_reply=b"busy")
    with (
        worker_threads() as workers,
        serve_in_thread([workers.endpoint(endpoint, replace(endpoint, make_handler=lambda _: slow))]) as [
            address
        ],
        ThreadPoolExecutor(50) as pool,
    ):
        waiting = [pool.submit(say, address, b"slow\n") for _ in range(MAX_WAITING_REQUESTS + 5)]
        assert begun.acquire(timeout=LONGEST)
        assert say(address, b"quick\n") == b"quick"
        refused = [future.result() for future in islice(as_completed(waiting), 5)]
        assert refused == [b"busy"] * 5
        released.set()
        assert sum(future.result() == b"slow" for future in waiting) == MAX_WAITING_REQUESTS


def test_a_problem_of_the_site_is_answered_as_an_error() -> None:
    class Troubled(ServedSite[None]):
        def asks(self, place: str) -> None: ...

        def find(self, place: str, words: str) -> None:
            raise StoreError("taz.db: disk I/O error\r\n.\r\n")

        def lines(self, page: None) -> list[Line]:
            return []

        def gemtext(self, page: None) -> str:
            return ""

    over_gopher = GopherResponder(Troubled(), Address("127.0.0.1", 70), "").answer(b"/")
    assert over_gopher == b"3The server has a problem: taz.db: disk I/O error .\t\terror.host\t1\r\n.\r\n"
    over_gemini = GeminiResponder(Troubled(), Address("127.0.0.1", 1965), "").answer(b"gemini://127.0.0.1/")
    assert over_gemini == b"40 taz.db: disk I/O error .\r\n"


def test_the_cache_is_bounded() -> None:
    kept = PageCache[int](max_bytes=10_000)
    for number in range(1000):
        kept.put((str(number), ""), number, 500)
    assert kept.get(("999", "")) == 999
    assert sum(kept.get((str(number), "")) is not None for number in range(1000)) < 20


def test_captures_added_by_a_crawl_are_served_at_once(archive: Path, tmp_path: Path) -> None:
    shutil.copy(archive, tmp_path / "taz.db")
    with republished(tmp_path / "taz.db", "--gopher", 0) as [url]:
        hole = "127.0.0.1", urlsplit(url).port or 0
        assert fetch(hole, "/!920000").startswith(b"3")
        with open_writer(tmp_path / "taz.db") as opened:
            new = Article(title="Neu: Eben", blocks=(Paragraph("Eben erst."),), tags=(Tag("Verkehr", 78),))
            opened.record([visit(PageKey(Kind.ARTICLE, 920000), VISITS[-1], new)])
        assert "Eben erst." in texts(hole, "/!920000")


# -- Bad use ----------------------------------------------------------------------------------------------


def test_a_port_in_use_is_reported_in_one_line(archive: Path, hole: tuple[str, int]) -> None:
    ended = taz_archive("republish", archive, "--gopher", hole[1])
    assert ended.code == 1
    assert ended.stderr.startswith(f"taz-archive: cannot listen on 127.0.0.1:{hole[1]} (")
    assert ended.stderr.count("\n") == 1


def test_an_invalid_certificate_is_a_one_line_error(archive: Path) -> None:
    ended = taz_archive("republish", archive, "--gemini", 0, "--certificate", archive)
    assert ended.code == 1
    assert "expected a PEM certificate with its key" in ended.stderr


def test_a_day_before_the_first_capture_is_an_error(archive: Path) -> None:
    ended = taz_archive("republish", archive, "--as-of", "2000-01-01")
    assert ended.code == 1
    assert f"{archive}: nothing to republish as of 2000-01-01 23:59 CET" in ended.stderr


@pytest.mark.parametrize("words", [("--host", "0.0.0.0"), ("--name", "a\tb"), ("--gopher", 70000)])
def test_misuse_is_wrong_usage(archive: Path, words: tuple[object, ...]) -> None:
    assert taz_archive("republish", archive, *words).code == 2


def test_links_call_the_host_by_its_name(archive: Path) -> None:
    with republished(archive, "--gopher", 0, "--name", "archive.example") as [url]:
        port = urlsplit(url).port or 0
        assert f"\tarchive.example\t{port}\r\n".encode() in fetch(("127.0.0.1", port), "/about")


def test_no_archive_is_an_error(tmp_path: Path) -> None:
    assert taz_archive("republish", tmp_path / "none.db").code == 1


def test_a_certificate_is_made_once_and_kept(archive: Path, tmp_path: Path) -> None:
    file = tmp_path / "own.pem"
    kept = []
    for _ in range(2):
        with republished(archive, "--gemini", 0, "--certificate", file) as [url]:
            assert url.startswith("gemini://127.0.0.1:")
        kept.append(file.read_bytes())
    assert kept[0] == kept[1]
    assert file.stat().st_mode & 0o077 == 0


# -- Gemini -----------------------------------------------------------------------------------------------


def test_gemini_has_the_same_pages(served: list[str]) -> None:
    article = gemini(served, f"/!{EDITED}")
    assert article.startswith(b"20 text/gemini; charset=utf-8; lang=de\r\n# taz.de -- Verkehr: Meldung")
    assert gemini(served, "/search").startswith(b"10 ")
    assert b"=> /!900001 " in gemini(served, f"/search?{quote('Quarzstraße')}")
    assert gemini(served, "/nowhere").startswith(b"51 ")
    assert gemini(served, f"/!{GONE}").startswith(b"51 No such page: gone since")
    old = gemini(served, f"{BEFORE}/!{EDITED}")
    assert OLD_WORD.encode() in old
    assert f"=> {BEFORE}/!a77 ".encode() in old


# -- Other people's clients -------------------------------------------------------------------------------


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [program for program in programs if not shutil.which(program)]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


def said_by(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=LONGEST).stdout


@needs("curl")
def test_curl_reads_it(served: list[str], hole: tuple[str, int]) -> None:
    curl = subprocess.run(["curl", "-sS", f"{served[0]}1/!{EDITED}"], capture_output=True, check=True)
    assert curl.stdout == fetch(hole, f"/!{EDITED}")


@needs("lynx")
def test_lynx_reads_it(served: list[str]) -> None:
    root = said_by("lynx", "-dump", served[0])
    assert "(?)  [1]Suche" in root
    utf8 = ("-assume_charset=utf-8", "-display_charset=utf-8")
    assert "Die Quarzstraße ist gesperrt." in said_by("lynx", "-dump", *utf8, f"{served[0]}1/!{EDITED}")
    assert "Meldung 900001" in said_by("lynx", "-dump", f"{served[0]}7/search?Quarzstrasse")


@needs("curl", "lynx")
def test_the_examples_of_the_docs_run(hole: tuple[str, int]) -> None:
    text = (ROOT / "docs" / "republish.md").read_text(encoding="utf-8")
    examples = re.findall(r"^\$ ((?:curl|lynx) .*)$", text, re.MULTILINE)
    assert len(examples) > 5
    for example in examples:
        said = said_by(*shlex.split(example.replace(":7070", f":{hole[1]}")))
        assert "taz.de" in said, example
        assert "No such page" not in said, example


@needs("sacc", "tmux")
def test_sacc_is_led_from_the_root_to_an_article_of_a_day(served: list[str], tmp_path: Path) -> None:
    tmux = ["tmux", "-f", "/dev/null", "-S", str(tmp_path / "tmux")]

    def seen(words: str) -> None:
        wait_for(lambda: words in said_by(*tmux, "capture-pane", "-p"), f"{words!r} on the screen")

    def keys(*names: str) -> None:
        subprocess.run([*tmux, "send-keys", *names], check=True)

    start = ["new-session", "-d", "-e", "LC_ALL=C.UTF-8", "-x", "100", "-y", "40"]
    subprocess.run([*tmux, *start, f"sacc {served[0]}1{BEFORE}/"], check=True)
    try:
        seen("Ein Archiv, Stand")
        keys("/", *"Vorher", "Enter", "l")
        seen(OLD_WORD)
        keys("h")
        seen("Ein Archiv, Stand")
        keys("q")
    finally:
        subprocess.run([*tmux, "kill-server"], check=False, capture_output=True)


# -- And our own ------------------------------------------------------------------------------------------


@cache
def articles_by_number(archive: Path, at: datetime | None = None) -> dict[int, dict[str, object]]:
    """Return the articles present at a time, with all their exported parts, by number."""
    as_of = ("--as-of", at.isoformat()) if at else ()
    found = map(json.loads, taz_archive("export", archive, "-", "--format", "jsonl", *as_of).lines)
    return {
        row["id"]: {name: row[name] for name in PARTS} | {"tags": sorted(row["tags"], key=str)}
        for row in found
        if not row["gone_since"] and row["id"] > 0
    }


def test_a_crawl_of_it_day_by_day_makes_the_same_archive(archive: Path, tmp_path: Path) -> None:
    """At each of these times there are edits, at the last also articles that are gone."""
    second = tmp_path / "second.db"
    times = [VISITS[0] - timedelta(days=1), VISITS[1], VISITS[3], VISITS[4]]
    for at in times:
        with republished(archive, "--gopher", 0, "--as-of", at.isoformat()) as [url]:
            quiet(crawl(second, "--seed", url, "--ignore-schedule"))
        assert articles_by_number.__wrapped__(second) == articles_by_number(archive, at)
    numbers = {number for at in times for number in articles_by_number(archive, at)}
    assert histories(second) == {number: history(archive, number, times) for number in numbers}
    gone = {row for row in rows(archive, GONE_NOW) if row[0] in numbers}
    assert set(rows(second, GONE_NOW)) == gone
    assert gone


GONE_NOW = "SELECT id FROM articles WHERE state = 'gone'"


def histories(archive: Path) -> dict[int, list[str]]:
    """Return the titles and texts of all versions, by article."""
    found: dict[int, list[str]] = {}
    for article, title, text in rows(archive, "SELECT article_id, title, text FROM versions ORDER BY id"):
        found.setdefault(article, []).append(f"{title}\n{text}")
    return found


def history(archive: Path, article: int, times: list[datetime]) -> list[str]:
    """Return the distinct titles and texts of an article at these times, in order."""
    seen: dict[str, None] = {}
    for at in times:
        if there := articles_by_number(archive, at).get(article):
            seen[f"{there['title']}\n{there['text']}"] = None
    return list(seen)


def test_a_crawl_of_the_capsule_makes_the_same(archive: Path, served: list[str], tmp_path: Path) -> None:
    quiet(crawl(tmp_path / "second.db", "--via", "gemini", "--seed", served[1]))
    mine, others = articles_by_number(tmp_path / "second.db"), articles_by_number(archive)
    assert mine.keys() == others.keys()
    for article, parts in mine.items():
        same = {name for name in parts if parts[name] == others[article][name]}
        assert same == parts.keys() or (article == HOSTILE and parts.keys() - same == {"links"})


def test_menus_are_in_english_on_demand_and_name_their_languages(archive: Path) -> None:
    with open_reader(archive) as opened:
        site = ArchiveSite(opened, language="en")
        root, versions = site.find("", ""), site.find(f"/!{EDITED}/versions", "")
        article = site.find(f"/!{EDITED}", "")
        assert root
        assert versions
        assert article
        text = site.gemtext(root) + site.gemtext(versions)
        assert "An archive as of " in text
        assert " Time zone: " in text.replace("\n", " ")
        assert "Version 1: " in text
        assert "Fassung" not in text
        assert "Stand" not in text
        assert [site.languages(page) for page in (root, article)] == ["en,de", "de"]
        assert site.asks("/search") == "Search the archive"
