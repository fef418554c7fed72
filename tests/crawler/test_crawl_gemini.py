"""Whole crawls over gemini: the same paper as over gopher, from a server that stays who it was."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.model import Kind, PageKey
from archive.pagekey import selector
from archive.servers.certificates import self_signed
from archive.servers.gemini import GeminiResponder, gemini_endpoint
from archive.servers.gopher import gopher_endpoint
from archive.servers.server import Address, serve_in_thread
from archive.servers.site import ROBOTS
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock
from tests.support.running.crawls import PYTHON, Done, crawl, is_whole, quiet, run
from tests.support.servers.free_ports import free_port
from tests.support.servers.gemini_faults import HEADER, PAGE, GeminiServer, capsule, half, no_goodbye, root_of
from tests.support.servers.gopher_faults import GATED, LOOPBACK, Page, Peer, never
from tests.support.servers.gopher_faults import crawl as fetch
from tests.support.tables import rows

pytestmark = pytest.mark.slow

# One article of it has gone by its start.
NEWSPAPER = Newspaper(seed=30, articles=40, daily=0)
SMALL = Newspaper(seed=3, articles=12, daily=0)
WORDING = "title, lead, caption, dateline, published, text, words, truncation_count"


def via_gemini(archive: Path, port: int, *words: str) -> Done:
    return crawl(archive, "--via", "gemini", "--seed", f"gemini://{LOOPBACK}:{port}/", *words)


def trust(archive: Path, *words: str) -> Done:
    return run([*COMMAND, "trust", str(archive), *words])


COMMAND = (*PYTHON, "-m", "archive")


@contextmanager
def paper(newspaper: Newspaper, *, port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """The newspaper as of its start, over gemini; tells the port."""
    edition = Edition(newspaper, PaperClock(newspaper.start))
    with serve_in_thread([gemini_endpoint(edition, port=port, tls=tls)]) as [address]:
        yield address.port


# -- The same paper -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Crawled at two times through both endpoints of one newspaper."""
    folder, clock = tmp_path_factory.mktemp("twins"), PaperClock(START)
    edition = Edition(NEWSPAPER, clock)
    with serve_in_thread([gopher_endpoint(edition), gemini_endpoint(edition)]) as [gopher, gemini]:
        for moment in (START, START + timedelta(hours=30)):
            clock.set(moment)
            again = ("--ignore-schedule",)
            quiet(crawl(folder / "gopher.db", "--seed", f"gopher://{LOOPBACK}:{gopher.port}/", *again))
            quiet(via_gemini(folder / "gemini.db", gemini.port, *again))
    return {name: folder / f"{name}.db" for name in ("gopher", "gemini")}


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT id, {WORDING} FROM versions ORDER BY id",
        (
            "SELECT version_id, position, text, start, end, target, article_number FROM links ORDER BY"
            " version_id, position, start"
        ),
        (
            "SELECT version_id, position, name, number FROM version_authors JOIN authors a ON a.id ="
            " author_id ORDER BY 1, 2"
        ),
        "SELECT article_id, name, number FROM article_tags JOIN tags t ON t.id = tag_id ORDER BY 1, 2",
        "SELECT article_id, related_number, title, text FROM related_articles ORDER BY 1, 2, 3, 4",
        "SELECT id, title, published, version_count, state FROM articles ORDER BY id",
        "SELECT kind, number FROM pages ORDER BY 1, 2",
        "SELECT outcome, count(*) FROM captures GROUP BY 1",
    ],
)
def test_gemini_and_gopher_give_the_same_rows(twins: dict[str, Path], query: str) -> None:
    reported = rows(twins["gemini"], query)
    assert reported == rows(twins["gopher"], query)
    assert reported


def test_captures_store_their_source(twins: dict[str, Path]) -> None:
    is_whole(twins["gemini"])
    said = rows(twins["gemini"], "SELECT DISTINCT source, rendition FROM captures")
    assert said == [("gemini", "gemini")]
    [(absent,)] = rows(twins["gemini"], "SELECT DISTINCT problem FROM captures WHERE outcome = 'absent'")
    assert absent == 'the server says there is no such page: 51 "No such page."'


def test_one_archive_of_both_holds_no_version_more(twins: dict[str, Path], tmp_path: Path) -> None:
    edition = Edition(NEWSPAPER, PaperClock(START))
    with serve_in_thread([gopher_endpoint(edition), gemini_endpoint(edition)]) as [gopher, gemini]:
        quiet(crawl(tmp_path / "both.db", "--seed", f"gopher://{LOOPBACK}:{gopher.port}/"))
        quiet(via_gemini(tmp_path / "both.db", gemini.port, "--ignore-schedule"))
    seen = rows(tmp_path / "both.db", "SELECT version_count, count(*) FROM articles GROUP BY 1")
    assert seen == [(1, len(NEWSPAPER.articles_there(START)))]
    sources = "SELECT source, count(*) FROM captures WHERE version_id IS NOT NULL GROUP BY 1"
    there = len(NEWSPAPER.articles_there(START))
    assert rows(tmp_path / "both.db", sources) == [("gemini", there), ("gopher", there)]


def test_twelve_crawls_in_a_row_lose_no_page(tmp_path: Path) -> None:
    pages = sorted((key.kind.value, key.number) for key in SMALL.keys(SMALL.start))
    with paper(SMALL) as port:
        for n in range(1, 13):
            quiet(via_gemini(tmp_path / "taz.db", port, "--ignore-schedule"))
            query = (
                "SELECT kind, number FROM captures JOIN pages p ON p.id = page_id WHERE"
                " crawl_id = ? ORDER BY 1, 2"
            )
            assert rows(tmp_path / "taz.db", query, n) == pages


# -- Servers that misbehave ---------------------------------------------------------------------------


def forty(peer: Peer) -> None:
    peer.send(b"40 Gleich wieder\r\n")


BAD: dict[str, tuple[Page, str, str, bool]] = {
    # what the server does; what the archive calls it, why, and whether bytes are kept
    "gone": (b"52 Weg\r\n", "absent", 'the page is gone: 52 "Weg"', True),
    "no goodbye": (no_goodbye, "failed", "without a TLS close_notify", True),
    "half": (half, "failed", "without a TLS close_notify", True),
    "busy": (forty, "failed", 'cannot answer at the moment: 40 "Gleich wieder"', True),
    "never": (never, "failed", "no complete response within 1 s", False),
    "other page": (b"30 /!p4611\r\n", "failed", "redirects to another page", True),
    "image": (b"20 image/png\r\n\x89PNG", "failed", 'found "image/png"', True),
    "latin-1": (HEADER + "Grüße, süße Öfen\n".encode("latin-1"), "unreadable", "expected UTF-8", True),
    "no article": (PAGE, "unreadable", 'expected "# taz.de -- …"', True),
    "stops": (HEADER + b"# taz.de -- Murr: Es regnet\n\nUnd", "unreadable", "the rest of the page", True),
    "input": (b"10 Wort?\r\n", "failed", "asks for input", True),
}
FAULTY = dict(zip(SMALL.articles_there(SMALL.start), BAD, strict=False))


def answers(newspaper: Newspaper, port: int) -> dict[bytes, Page]:
    hole = GeminiResponder(
        Edition(newspaper, PaperClock(newspaper.start)), Address(LOOPBACK, port), "User-agent: *\nDisallow:\n"
    )
    paths = [selector(key) or "/" for key in newspaper.keys(newspaper.start)]
    return {path.encode(): hole.answer(f"gemini://{LOOPBACK}:{port}{path}".encode()) for path in paths}


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    archive = tmp_path_factory.mktemp("faulty") / "taz.db"
    with capsule({}) as server:
        pages = answers(SMALL, server.port)
        server.pages = pages | {selector(key).encode(): BAD[name][0] for key, name in FAULTY.items()}
        menus = [key for key in SMALL.keys(SMALL.start) if key.kind is not Kind.ARTICLE]
        seeds = [word for key in menus for word in ("--seed", f"{root_of(server)}{selector(key) or '/'}")]
        return archive, crawl(archive, "--via", "gemini", *seeds, "--timeout", "1s")


@pytest.mark.parametrize("name", list(FAULTY.values()))
def test_a_bad_page_is_stored_with_its_problem(faulty: tuple[Path, Done], name: str) -> None:
    number = next(key.number for key, fault in FAULTY.items() if fault == name)
    query = "SELECT outcome, problem, payload_id IS NOT NULL FROM captures JOIN pages p ON p.id = page_id"
    [(outcome, problem, kept)] = rows(faulty[0], f"{query} WHERE number = ? AND kind = 'article'", number)
    _, expected, words, bytes_came = BAD[name]
    assert (outcome, bool(kept)) == (expected, bytes_came)
    assert words in problem


def test_every_other_page_is_recorded(faulty: tuple[Path, Done]) -> None:
    assert len(FAULTY) == len(BAD)
    query = "SELECT kind, number FROM captures JOIN pages p ON p.id = page_id WHERE outcome = 'ok'"
    read = {PageKey(Kind(kind), number) for kind, number in rows(faulty[0], query)}
    assert read == set(SMALL.keys(SMALL.start)) - set(FAULTY)
    assert faulty[1].returncode == 3


def test_the_exit_code_says_that_a_server_is_down(tmp_path: Path) -> None:
    assert via_gemini(tmp_path / "taz.db", free_port()).returncode == 4


# -- Trust on first use -------------------------------------------------------------------------------


def kept(archive: Path) -> tuple[str, str, str, str]:
    [row] = rows(archive, "SELECT host, fingerprint, first_seen, last_seen FROM certificates")
    return row


def test_a_trusted_certificate_is_accepted_again(tmp_path: Path) -> None:
    archive, tls = tmp_path / "taz.db", self_signed()
    with paper(SMALL, tls=tls) as port:
        quiet(via_gemini(archive, port, "--max-pages", "2"))
        host, fingerprint, first, last = kept(archive)
        assert (host, len(fingerprint), first) == (f"{LOOPBACK}:{port}", 64, last)
        quiet(via_gemini(archive, port, "--max-pages", "2"))
    assert kept(archive)[:3] == (host, fingerprint, first)
    assert kept(archive)[3] > last


Refused = tuple[Path, int, ssl.SSLContext, str]


@pytest.fixture
def refused(tmp_path: Path) -> Refused:
    """An archive that met another certificate than before: with the port, the new one and its fingerprint."""
    archive, new = tmp_path / "taz.db", self_signed()
    with paper(SMALL) as port:
        quiet(via_gemini(archive, port))
    before = kept(archive)
    with paper(SMALL, port=port, tls=new):
        done = via_gemini(archive, port, "--max-pages", "1")
    assert (done.returncode, done.stdout) == (4, "")
    [line] = done.stderr.splitlines()
    fingerprint = line.rpartition(" ")[2]
    assert line == (
        f"taz-archive: gemini://{LOOPBACK}:{port}/: {LOOPBACK}:{port} shows"
        f" another certificate than the one known since {before[2][:10]}: {fingerprint} for {before[1]};"
        f" if that is right: taz-archive trust {archive} {LOOPBACK}:{port} {fingerprint}"
    )
    assert kept(archive) == before
    assert rows(archive, "SELECT outcome FROM captures ORDER BY id DESC LIMIT 1") == [("failed",)]
    return archive, port, new, fingerprint


def test_another_certificate_is_refused_until_the_user_accepts_it(refused: Refused) -> None:
    archive, port, tls, fingerprint = refused
    quiet(trust(archive, f"{LOOPBACK}:{port}", fingerprint))
    with paper(SMALL, port=port, tls=tls):
        quiet(via_gemini(archive, port, "--ignore-schedule"))
    assert kept(archive)[1] == fingerprint


def test_a_server_that_is_forgotten_is_trusted_at_its_next_contact(refused: Refused) -> None:
    archive, port, tls, fingerprint = refused
    quiet(trust(archive, f"gemini://{LOOPBACK}:{port}/", "--forget"))
    assert (trust(archive).stdout, trust(archive).stderr) == ("", "No certificates known.\n")
    with paper(SMALL, port=port, tls=tls):
        quiet(via_gemini(archive, port, "--ignore-schedule"))
    assert kept(archive)[1] == fingerprint


def test_a_certificate_that_is_forgotten_twice_is_not_known(refused: Refused) -> None:
    archive, port, *_ = refused
    quiet(trust(archive, f"{LOOPBACK}:{port}", "--forget"))
    done = trust(archive, f"{LOOPBACK}:{port}", "--forget")
    assert done.returncode == 1
    assert done.stderr.startswith(f"taz-archive: no certificate of {LOOPBACK}:{port} is known; ")


def test_an_expired_certificate_is_refused_at_the_first_connection_unless_the_user_trusts_it(
    tmp_path: Path,
) -> None:
    archive, tls = tmp_path / "taz.db", self_signed(begins=datetime(2020, 1, 1, tzinfo=UTC))
    with paper(SMALL, tls=tls) as port:
        done = via_gemini(archive, port)
        assert done.returncode == 4
        assert "is contacted for the first time, and its certificate expired on 2020-12-31" in done.stderr
        assert rows(archive, "SELECT * FROM certificates") == []
        quiet(trust(archive, f"{LOOPBACK}:{port}", done.stderr.split()[-1]))
        quiet(via_gemini(archive, port, "--ignore-schedule"))
    assert rows(archive, "SELECT count(*) > 10 FROM captures WHERE outcome = 'ok'") == [(1,)]


def test_trusted_certificates_are_listed(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    quiet(trust(archive, "taz.de", ":".join(["AB"] * 32)))
    quiet(trust(archive, "gemini://[::1]:7070/x", "cd" * 32))
    listed = [line.split() for line in trust(archive).stdout.splitlines()]
    assert listed[0] == ["server", "first", "seen", "last", "seen", "fingerprint"]
    assert [(line[0], line[-1]) for line in listed[1:]] == [
        ("[::1]:7070", "cd" * 32),
        ("taz.de:1965", "ab" * 32),
    ]
    assert '"host": "taz.de:1965"' in trust(archive, "--json").stdout


@pytest.mark.parametrize(
    "words",
    [
        ("taz.de",),
        ("taz.de", "abc"),
        ("--forget",),
        ("taz.de", "ab" * 32, "--forget"),
        ("https://taz.de",),
        ("taz.de:x",),
    ],
)
def test_half_an_order_is_wrong_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert trust(tmp_path / "taz.db", *words).returncode == 2
    assert not (tmp_path / "taz.db").exists()


# -- robots.txt ---------------------------------------------------------------------------------------

OBEY = GATED | {"ROBOTSTXT_OBEY": True, "RETRY_ENABLED": True}
PAGES: Mapping[bytes, Page] = {b"/a": PAGE, b"/intern/x": PAGE, b"/intern?x": PAGE}


def ask(server: GeminiServer, *paths: str, **settings: Any) -> list[str | None]:
    """The errors of these pages in their order; None: answered."""
    results, _ = fetch([root_of(server) + path for path in paths], OBEY | settings)
    return [result["error"] for result in results]


@pytest.mark.parametrize(
    ("rules", "forbidden"),
    [
        ("User-agent: *\nDisallow: /intern\n", True),
        ("User-agent: archiver\nDisallow: /intern\n", True),
        ("User-agent: taz-archive\nDisallow: /intern\n", True),
        ("User-agent: researcher\nUser-agent: archiver\nDisallow: /intern\n", True),
        ("User-agent: indexer\nDisallow: /intern\n", False),
        ("User-agent: *\nDisallow: /intern\n\nUser-agent: archiver\nDisallow: /a/b\n", False),
        ("User-agent: archiver\nDisallow: /intern\n\nUser-agent: taz-archive\nAllow: /\n", False),
    ],
)
def test_rules_for_us_go_before_rules_for_archivers_and_these_before_rules_for_all(
    rules: str, *, forbidden: bool
) -> None:
    with capsule({**PAGES, b"/robots.txt": b"20 text/plain\r\n" + rules.encode()}) as server:
        errors = ask(server, "/a", "/intern/x", "/intern?x")
    expected = "Forbidden" if forbidden else None
    assert errors == [None, expected, expected]
    asked = ["/a"] if forbidden else ["/a", "/intern/x", "/intern?x"]
    assert (server.paths[0], sorted(server.paths[1:])) == ("/robots.txt", asked)


@pytest.mark.parametrize(
    "answer", [b"51 Nein\r\n", b"52 Weg\r\n", b"20 text/plain\r\n", b"20 text/plain\r\nHallo\n"]
)
def test_a_server_without_robots_txt_is_crawled(answer: bytes) -> None:
    with capsule({**PAGES, b"/robots.txt": answer}) as server:
        assert ask(server, "/a", "/intern/x") == [None, None]


@pytest.mark.parametrize("answer", [b"40 Gleich\r\n", b"", half, b"59 Was?\r\n", b"20 image/png\r\nx"])
def test_no_page_is_fetched_while_robots_txt_cannot_be_fetched(answer: Page) -> None:
    with capsule({**PAGES, b"/robots.txt": answer}) as server:
        assert ask(server, "/a", "/intern/x", LOG_LEVEL="CRITICAL") == ["RobotsUnavailableError"] * 2
    assert set(server.paths) == {"/robots.txt"}


def test_crawl_delay_is_kept() -> None:
    rules = b"20 text/plain\r\nUser-agent: *\nCrawl-delay: 0.4\n"
    with capsule({**PAGES, b"/robots.txt": rules}) as server:
        ask(server, "/a", "/intern/x")
    one, other = [at for line, at in server.asked if b"robots" not in line]
    assert other - one >= 0.38


def test_a_crawl_obeys_the_papers_rules(tmp_path: Path) -> None:
    edition = Edition(SMALL, PaperClock(SMALL.start))
    with serve_in_thread(
        [gemini_endpoint(edition, robots=f"{ROBOTS}\nUser-agent: archiver\nDisallow: /!a\n")]
    ) as [endpoint]:
        assert via_gemini(tmp_path / "taz.db", endpoint.port).returncode == 3
    query = "SELECT DISTINCT kind FROM captures JOIN pages p ON p.id = page_id WHERE outcome = 'forbidden'"
    assert rows(tmp_path / "taz.db", query) == [("author",)]
