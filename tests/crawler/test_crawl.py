"""Whole crawls of the sample newspaper: what gets into the archive is what was in the paper."""

import fcntl
import json
import os
import pty
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from archive.cli.main import cli
from archive.model import Article, Author, Kind, PageKey, Paragraph
from archive.pagekey import key_in, selector
from archive.reading.same_wording import Wording, wording_of
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock
from crawler.demo.newspaper.serving.server import serving as serving_newspaper
from crawler.sources.registry import source_of
from tests.support import ROOT
from tests.support.running.crawls import (
    PYTHON,
    bystander,
    command,
    crawl,
    is_whole,
    paper_served,
    quiet,
    root_of,
    run,
    run_fresh_script,
)
from tests.support.servers.free_ports import free_port
from tests.support.servers.gopher_faults import LOOPBACK, Page, serving
from tests.support.tables import Row, rows

pytestmark = pytest.mark.slow

# In this paper one headline is changed and changed back, one article goes, and one goes and comes back,
# each between two of the crawls below.
NEWSPAPER = Newspaper(seed=30, articles=60, daily=0)
CRAWLED_AT = [START + timedelta(hours=hours) for hours in (-12, 0, 1.05, 1.5, 2, 3, 36)]
THERE_AND_BACK, RETRACTED, RESTORED = 6040416, 6040383, 6040101
SMALL = Newspaper(seed=2, articles=12, daily=0)

Stretch = tuple[Wording, list[int]]
"""A wording, and the crawls that saw it, counted from 1."""


class Crawled(NamedTuple):
    archive: Path
    before: list[Row]
    """The versions as they were before the last crawl, of a paper that had not changed."""


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    """One crawl at each time, then one more. Made once, however many processes test."""
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    archive, before = folder / "crawled.db", folder / "crawled-before.json"
    with (folder / "crawled.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not before.exists():
            crawl_all(archive, before)
    return Crawled(archive, [tuple(row) for row in json.loads(before.read_text())])


def crawl_all(archive: Path, before: Path) -> None:
    clock = PaperClock(START)
    with serving_newspaper(NEWSPAPER, clock) as server:
        for moment in CRAWLED_AT:
            clock.set(moment)
            quiet(crawl(archive, "--seed", server.url, "--ignore-schedule"))
        versions = versions_of(archive)
        quiet(crawl(archive, "--seed", server.url, "--ignore-schedule"))
    before.write_text(json.dumps(versions))


def versions_of(archive: Path) -> list[Row]:
    """All but when they were last seen."""
    names = [name for _, name, *_ in rows(archive, "PRAGMA table_info(versions)") if name != "last_seen"]
    columns = ["hex(digest)" if name == "digest" else name for name in names]
    return rows(archive, f"SELECT {', '.join(columns)}, last_seen FROM versions ORDER BY id")


def truth(key: PageKey) -> list[Stretch]:
    """What crawls at these times could tell apart."""
    times = [*CRAWLED_AT, CRAWLED_AT[-1]]
    pages = [(NEWSPAPER.page(key, moment), n) for n, moment in enumerate(times, start=1)]
    seen = [(wording_of(page), n) for page, n in pages if isinstance(page, Article)]
    return [(said, [n for _, n in group]) for said, group in groupby(seen, key=lambda pair: pair[0])]


def recorded(archive: Path, number: int) -> list[Stretch]:
    """The versions in the archive, with the crawls whose captures are of them."""
    return [
        (
            read_wording(archive, version),
            [
                n
                for (n,) in rows(
                    archive, "SELECT crawl_id FROM captures WHERE version_id = ? ORDER BY crawl_id", version
                )
            ],
        )
        for (version,) in rows(
            archive, "SELECT id FROM versions WHERE article_id = ? ORDER BY number", number
        )
    ]


def read_wording(archive: Path, version: int) -> Wording:
    query = "SELECT title, lead, caption, dateline, published, text FROM versions WHERE id = ?"
    [(title, lead, caption, dateline, published, text)] = rows(archive, query, version)
    names = rows(
        archive,
        "SELECT name FROM version_authors v JOIN authors a ON a.id = v.author_id WHERE version_id ="
        " ? ORDER BY position",
        version,
    )
    said = Article(
        title=title,
        lead=lead,
        caption=caption,
        dateline=dateline,
        blocks=(Paragraph(text),),
        published=published and date.fromisoformat(published),
        authors=tuple(Author(name) for (name,) in names),
    )
    return wording_of(said)


def articles() -> list[PageKey]:
    """Every article that any of the crawls could see."""
    return sorted({key for moment in CRAWLED_AT for key in NEWSPAPER.articles_there(moment)})


def test_a_crawl_from_the_root_reaches_every_page(crawled: Crawled) -> None:
    read = rows(
        crawled.archive,
        "SELECT crawl_id, kind, number FROM captures c JOIN pages p ON p.id = c.page_id WHERE outcome = 'ok'",
    )
    for n, moment in enumerate(CRAWLED_AT, start=1):
        pages = [PageKey(Kind(kind), number) for at, kind, number in read if at == n]
        assert sorted(pages) == sorted(NEWSPAPER.keys(moment)), moment


def test_the_versions_are_the_wordings_that_crawls_could_tell_apart(crawled: Crawled) -> None:
    expected = {key.number: truth(key) for key in articles()}
    assert {number: recorded(crawled.archive, number) for number in expected} == expected
    assert sum(len(stretches) for stretches in expected.values()) > len(expected) + 5, "edits were seen"


def test_there_and_back_is_three_versions(crawled: Crawled) -> None:
    *_, one, two, three = recorded(crawled.archive, THERE_AND_BACK)
    assert one[0] == three[0] != two[0]


@pytest.mark.parametrize(("number", "state"), [(RETRACTED, "gone"), (RESTORED, "present")])
def test_an_article_is_gone_while_it_is_retracted(crawled: Crawled, number: int, state: str) -> None:
    outcomes = rows(crawled.archive, "SELECT outcome FROM captures WHERE article_id = ? ORDER BY id", number)
    assert {("ok",), ("failed",), ("absent",)} == set(outcomes), "not believed at once"
    assert rows(crawled.archive, "SELECT state FROM articles WHERE id = ?", number) == [(state,)]


def test_a_layout_change_makes_no_version(crawled: Crawled) -> None:
    """An article with one wording all along, whose related articles and tags came and went."""
    times = "SELECT count(DISTINCT first_seen || last_seen) FROM"
    drifted = rows(
        crawled.archive,
        f"SELECT id FROM articles a WHERE version_count = 1 AND 1 < ({times} related_articles WHERE"
        f" article_id = a.id)"
        f" AND 1 < ({times} article_tags WHERE article_id = a.id)",
    )
    assert len(drifted) > 5


def test_a_crawl_of_an_unchanged_paper_adds_only_captures(crawled: Crawled) -> None:
    after = versions_of(crawled.archive)
    assert [row[:-1] for row in after] == [row[:-1] for row in crawled.before]
    seen_again = rows(
        crawled.archive,
        "SELECT count(*) FROM articles a JOIN versions v ON v.id = a.latest_version_id"
        " WHERE v.last_seen >= (SELECT max(started_at) FROM crawls) AND a.last_seen = v.last_seen",
    )
    assert seen_again == [(len(NEWSPAPER.articles_there(CRAWLED_AT[-1])),)]


def test_the_archive_is_whole_and_the_frontier_at_rest(crawled: Crawled) -> None:
    is_whole(crawled.archive)
    assert rows(crawled.archive, "SELECT count(*) FROM pages WHERE leased_until IS NOT NULL") == [(0,)]
    assert rows(crawled.archive, "SELECT DISTINCT reason FROM crawls") == [("finished",)]


# -- What to crawl ------------------------------------------------------------------------------------


def asked_first(archive: Path, count: int) -> list[PageKey]:
    found = rows(
        archive,
        "SELECT kind, number FROM captures c JOIN pages p ON p.id = c.page_id ORDER BY c.id LIMIT ?",
        count,
    )
    return [PageKey(Kind(kind), number) for kind, number in found]


SMALL_KEYS = SMALL.keys(SMALL.start)


@pytest.mark.parametrize("kinds", [[Kind.SECTION], [Kind.ARTICLE, Kind.TOPIC]])
def test_a_crawl_begins_with_its_seeds(tmp_path: Path, kinds: list[Kind]) -> None:
    keys = [next(key for key in SMALL_KEYS if key.kind is kind) for kind in kinds]
    with paper_served(SMALL) as server:
        seeds = [word for key in keys for word in ("--seed", f"{root_of(server)}1{selector(key)}")]
        quiet(crawl(tmp_path / "taz.db", *seeds, "--max-pages", "3"))
    assert asked_first(tmp_path / "taz.db", len(keys)) == keys
    assert rows(tmp_path / "taz.db", "SELECT page_count, reason FROM crawls") == [
        (3, "closespider_pagecount")
    ]


def test_crawls_of_a_few_pages_each_add_up_to_the_whole(tmp_path: Path) -> None:
    with paper_served(SMALL) as server:
        root, runs = root_of(server), 0
        while runs == 0 or rows(
            tmp_path / "taz.db", "SELECT count(*) FROM pages WHERE checked_at IS NULL"
        ) != [(0,)]:
            quiet(crawl(tmp_path / "taz.db", "--seed", root, "--max-pages", str(len(SMALL_KEYS) // 2 + 2)))
            runs += 1
    assert runs == 2
    assert set(asked_first(tmp_path / "taz.db", 1000)) >= set(SMALL_KEYS)


def test_a_crawl_ends_when_its_time_is_up_and_the_next_goes_on(tmp_path: Path) -> None:
    with paper_served(SMALL) as server:
        seed = ("--seed", root_of(server))
        quiet(crawl(tmp_path / "taz.db", *seed, "--delay", "0.8", "--max-time", "4s"))
        [(reason, pages)] = rows(tmp_path / "taz.db", "SELECT reason, page_count FROM crawls")
        assert reason == "closespider_timeout"
        assert 0 < pages < len(SMALL_KEYS)
        quiet(crawl(tmp_path / "taz.db", *seed))
    assert set(asked_first(tmp_path / "taz.db", 1000)) >= set(SMALL_KEYS)


NOTHING_TO_DO = """
import os, sys
from archive.cli.main import cli
def no_server_is_asked(event, _):
    if event in ("socket.connect", "socket.getaddrinfo"):
        os._exit(99)
sys.addaudithook(no_server_is_asked)
cli(["crawl", *sys.argv[1:]], standalone_mode=False)
print("scrapy" in sys.modules)
"""


def test_no_request_is_sent_when_nothing_is_due(tmp_path: Path) -> None:
    with paper_served(SMALL) as server:
        quiet(crawl(tmp_path / "taz.db", "--seed", root_of(server)))
        asked = len(server.asked)
        for _ in range(2):
            done = run_fresh_script(NOTHING_TO_DO, str(tmp_path / "taz.db"))
            assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", "")
        assert len(server.asked) == asked
    history = rows(
        tmp_path / "taz.db", "SELECT reason, page_count > 0, idle_runs, finished_at > started_at FROM crawls"
    )
    assert history == [("finished", 1, 0, 1), ("nothing due", 0, 2, 1)], "idle runs share a row"


# -- What is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--delay", "0"), "not for taz.de"),
        (("--delay", "0.9", "--seed", "gopher://gopher.example.org/"), "not for gopher.example.org"),
        (("--delay", "nan", "--seed", "gopher://gopher.example.org/"), "invalid duration"),
        (("--seed", "http://127.0.0.1/"), "expected a gopher URL"),
        (("--seed", "taz.de"), "expected a gopher URL"),
        (("--seed", "gopher://127.0.0.1:99999/"), "not a URL"),
        (("--seed", "gopher://[::1/"), "not a URL"),
        (("--seed", "gopher://127.0.0.1:0/"), "expected a gopher URL"),
        (("--seed", "gopher://127.0.0.1/1/impressum"), "does not name a page"),
        (("--seed", "gopher://127.0.0.1/", "--seed", "gopher://127.0.0.1:7070/"), "different hosts"),
        (("--timeout", "0", "--seed", "gopher://127.0.0.1/"), "wait forever"),
        (("--max-pages", "0"), "0"),
        (("--max-time", "bald"), "invalid duration"),
    ],
)
def test_wrong_usage_is_reported_in_one_line_and_makes_no_archive(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = CliRunner().invoke(cli, ["crawl", str(tmp_path / "taz.db"), *words])
    *_, line = done.stderr.splitlines()
    assert done.exit_code == 2
    assert line.startswith("Error: ")
    assert said in line
    assert list(tmp_path.iterdir()) == []


# -- Where it goes, and where not -----------------------------------------------------------------------


def test_no_page_can_send_the_crawl_to_another_host_or_port(tmp_path: Path) -> None:
    pages: dict[bytes, bytes] = {}
    with bystander() as other, serving(pages) as server:
        home, away = f"{LOOPBACK}\t{server.port}", f"{LOOPBACK}\t{other.port}"
        abroad = f"{LOOPBACK}:{other.port}"
        pages[b""] = menu(
            "i# taz.de\t\terror.host\t1",
            f"1Zu Hause\t/Zu-Hause/!6040001\t{home}",
            f"1Woanders\t/Woanders/!6040002\t{away}",
            f"1Dort\tURL:gopher://{abroad}/1/!6040003\t{home}",
            f"hIm Netz\tURL:http://{abroad}/!6040004\t{home}",
            f"1Verkleidet\t//{abroad}/!6040005\t{home}",
            f"1Auf der Webseite\tURL:https://taz.de/!6040006\t{home}",
        )
        pages[b"/!6040001"] = menu(
            "i# taz.de -- Hafen: Ein Bericht\t\terror.host\t1",
            "iHamburg taz | Lange stand dort [1][nichts], und [2][dann] [3][alles].\t\terror.host\t1",
            "i8 Oct 2020\t\terror.host\t1",
            "i## LINKS\t\terror.host\t1",
            f"1[1] gopher://{abroad}/1/!6040007\t/Nichts/!6040007\t{away}",
            f"1[2] gopher://{abroad}/1/!6040008\tURL:gopher://{abroad}/1/!6040008\t{home}",
            f"1[3] https://{abroad}/!6040009\tURL:https://{abroad}/!6040009\t{home}",
            "i## ARTIKEL ZUM THEMA\t\terror.host\t1",
            f"1Ein anderer Hafen\t/Ein-anderer-Hafen/!6040010\t{away}",
            "iMehr davon.\t\terror.host\t1",
        )
        done = crawl(tmp_path / "taz.db", "--seed", root_of_port(server.port))
        assert (done.returncode, done.stderr) == (0, "")
        assert other.callers == 0
        asked = set(server.selectors) - {b"robots.txt", b"/robots.txt"}
    assert asked == {b"", b"/!6040001", b"/!6040005", b"/!6040006"}


def menu(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in [*lines, "."]).encode()


def root_of_port(port: int) -> str:
    return f"gopher://{LOOPBACK}:{port}/"


def test_a_page_that_robots_txt_forbids_is_reported_and_not_requested(tmp_path: Path) -> None:
    with paper_served(SMALL, robots="User-agent: *\nDisallow: /!p\n") as server:
        done = crawl(tmp_path / "taz.db", "--seed", root_of(server))
        asked = [key_in(line.decode()) for line in server.selectors if b"robots" not in line]
    sections = [key for key in SMALL_KEYS if key.kind is Kind.SECTION]
    assert len(sections) > 2
    assert {key for key in asked if key} == set(SMALL_KEYS) - set(sections)
    assert done.returncode == 3
    forbidden = f"forbidden by the robots.txt of {LOOPBACK}:{server.port}"
    lines = [f"taz-archive: {root_of(server)}1{selector(key)}: {forbidden}" for key in sections]
    assert sorted(done.stderr.splitlines()) == sorted(lines)
    kept = rows(tmp_path / "taz.db", "SELECT problem, count(*) FROM captures WHERE outcome = 'forbidden'")
    assert kept == [(forbidden, len(sections))]


@pytest.mark.parametrize("more", [(), ("--max-pages", "20")])
def test_a_paper_that_forbids_all_is_reachable(tmp_path: Path, more: tuple[str, ...]) -> None:
    """However many pages are forbidden: the server answers, and that is its answer."""
    archive = tmp_path / "taz.db"
    with paper_served(SMALL, robots="User-agent: *\nDisallow: /\n") as server:
        seeds = [word for key in SMALL_KEYS for word in ("--seed", f"{root_of(server)}1{selector(key)}")]
        done = crawl(archive, *seeds, *more)
        assert server.selectors == [b"robots.txt"]
    assert done.returncode == 3
    pages = 20 if more else len(SMALL_KEYS)
    assert rows(archive, "SELECT outcome, count(*) FROM captures GROUP BY 1") == [("forbidden", pages)]
    reason = "closespider_pagecount" if more else "finished"
    assert rows(archive, "SELECT page_count, problem_count, reason FROM crawls") == [(pages, pages, reason)]


@pytest.mark.parametrize(
    ("path", "number"),
    [("1/!6081430", 6081430), ("1/Warum?/!6081430", 6081430), ("1/Was?-2!7/%216081430", 6081430)],
)
def test_a_seed_names_its_page_whatever_the_path_before_it(path: str, number: int) -> None:
    _, keys = source_of([f"gopher://taz.de/{path}"])
    assert keys == [PageKey(Kind.ARTICLE, number)]


# -- What a person sees ---------------------------------------------------------------------------------


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)


def test_progress_is_shown_on_a_terminal_only(tmp_path: Path, terminal: tuple[int, int]) -> None:
    ours, theirs = terminal
    with paper_served(SMALL) as server:
        words = command(tmp_path / "taz.db", "--seed", root_of(server))
        env = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=theirs, cwd=ROOT, env=env) as process:
            os.close(theirs)
            shown = read_all(ours)
            assert process.stdout
            assert process.stdout.read() == b""
    assert process.returncode == 0
    assert "\x1b[" in shown, "a line that is written over"
    summary, report = shown.splitlines()[-2:]
    counts = f"{len(SMALL_KEYS)} pages · 12 new articles · 0 edited · 0 gone"
    assert re.search(rf"{counts} · \d+ s · [\d.]+ pages/s", summary), summary
    assert report.startswith("See what changed: taz-archive changes ")


def test_a_terminal_shows_for_how_long_a_crawl_waits(tmp_path: Path, terminal: tuple[int, int]) -> None:
    ours, theirs = terminal
    with paper_served(SMALL) as server:
        words = command(tmp_path / "taz.db", "--seed", root_of(server), "--delay", "7", "--max-pages", "2")
        with subprocess.Popen(words, stderr=theirs, cwd=ROOT, env={**os.environ, "TERM": "xterm"}):
            os.close(theirs)
            assert "waiting for 6 s" in read_all(ours)


def test_a_crawl_ends_with_what_changed_and_the_command_that_lists_it(
    tmp_path: Path, terminal: tuple[int, int]
) -> None:
    ours, theirs = terminal
    archive = tmp_path / "die taz.db"
    edited, gone, back = (selector(key).encode() for key in SMALL.articles_there(SMALL.start)[:3])
    with paper_served(SMALL) as server:
        pages: dict[bytes, Page] = server.pages  # type: ignore[assignment]  # the test's own dict
        words = command(archive, "--seed", root_of(server), "--ignore-schedule")
        quiet(run(words))
        was = pages.pop(back)
        quiet(run(words))
        pages[back], old = was, pages[edited]
        assert isinstance(old, bytes)
        pages[edited] = old.replace(b"i# taz.de -- ", b"i# taz.de -- Neu: ", 1)
        del pages[gone]
        subprocess.run(words, cwd=ROOT, check=True, stderr=theirs)
    os.close(theirs)
    summary, report = read_all(ours).splitlines()[-2:]
    assert " · 0 new articles · 1 edited · 1 gone · 1 back · " in summary
    program, *listing = shlex.split(report.partition("See what changed: ")[2])
    assert (program, listing[:2]) == ("taz-archive", ["changes", str(archive)])
    listed = json.loads(run([*PYTHON, "-m", "archive", *listing, "--json"]).stdout)
    assert sorted(row["event"] for row in listed) == ["back", "edited", "gone"]


def test_a_crawl_with_nothing_due_prints_so_on_a_terminal_only(
    tmp_path: Path, terminal: tuple[int, int]
) -> None:
    ours, theirs = terminal
    with paper_served(SMALL) as server:
        words = command(tmp_path / "taz.db", "--via", f"gopher={root_of(server)}")
        assert subprocess.run(words, cwd=ROOT, check=True, capture_output=True).stderr == b""
        assert subprocess.run(words, cwd=ROOT, check=True, capture_output=True).stderr == b""
        subprocess.run(words, cwd=ROOT, check=True, stderr=theirs)
    os.close(theirs)
    assert read_all(ours).strip() == (
        f"Nothing is due. `taz-archive status {tmp_path / 'taz.db'}` shows what is due next;"
        " --ignore-schedule fetches all pages now."
    )


def read_all(terminal: int) -> str:
    """What is written to a terminal until it is closed."""
    shown = b""
    with suppress(OSError):  # which is how Linux tells that
        while chunk := os.read(terminal, 65536):
            shown += chunk
    return shown.decode()


# -- Scrapy's own command -------------------------------------------------------------------------------


def test_scrapy_crawl_does_the_same(tmp_path: Path) -> None:
    with paper_served(SMALL) as server:
        options = (
            "-a",
            f"archive={tmp_path / 'taz.db'}",
            "-a",
            f"seed={root_of(server)}",
            "-s",
            "DOWNLOAD_DELAY=0",
        )
        quiet(run([*PYTHON, "-m", "scrapy", "crawl", "taz", *options]))
        quiet(crawl(tmp_path / "other.db", "--seed", root_of(server)))
    [(reason, pages)] = rows(tmp_path / "taz.db", "SELECT reason, page_count FROM crawls")
    assert (reason, pages) == ("finished", len(SMALL_KEYS))
    said = "SELECT article_id, number, title, text FROM versions ORDER BY id"
    assert rows(tmp_path / "taz.db", said) == rows(tmp_path / "other.db", said)


def test_scrapy_crawl_takes_a_share_too(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(SMALL) as server:
        words = ("-a", f"archive={archive}", "-a", f"seed={root_of(server)}", "-a", "shard=1/2")
        quiet(run([*PYTHON, "-m", "scrapy", "crawl", "taz", *words, "-s", "DOWNLOAD_DELAY=0"]))
    read = {number for (number,) in rows(archive, "SELECT id FROM articles")}
    assert read == {key.number for key in SMALL_KEYS if key.kind is Kind.ARTICLE and key.number % 2 == 0}


def test_scrapy_crawl_reports_problems(tmp_path: Path) -> None:
    options = ("-a", f"archive={tmp_path / 'taz.db'}", "-a", f"seed=gopher://{LOOPBACK}:{free_port()}/")
    done = run([*PYTHON, "-m", "scrapy", "crawl", "taz", *options, "-s", "DOWNLOAD_DELAY=0"])
    assert "no connection to" in done.stderr
    assert "Traceback" not in done.stderr
