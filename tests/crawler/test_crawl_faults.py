"""Servers that misbehave, disks that fill, runs that are killed.

What was recorded stays, and the next run does the rest.
"""

import random
import shlex
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from archive.model import Kind, PageKey
from archive.pagekey import selector
from archive.store import open_reader
from archive.store.db.lock import writing
from archive.timestamps import stamp
from crawler.demo.newspaper.pages.newspaper import Newspaper
from crawler.extensions.progress import MAX_PROBLEMS_PRINTED as MAX_PRINTED
from tests.support.running.crawls import (
    KILLS,
    Done,
    await_captures,
    captures_in,
    command,
    crawl,
    crawl_broken,
    crawl_limited,
    crawling,
    end,
    has_begun,
    is_whole,
    paper_served,
    quiet,
    root_of,
    run,
    run_script,
    wait_for,
)
from tests.support.servers.free_ports import free_port
from tests.support.servers.gopher_faults import (
    LONG_ROW,
    LOOPBACK,
    PAGE,
    Page,
    Peer,
    endless,
    never,
    reset_midway,
)
from tests.support.tables import rows

pytestmark = pytest.mark.slow

NEWSPAPER = Newspaper(seed=3, articles=30, daily=0)
KEYS = NEWSPAPER.keys(NEWSPAPER.start)
ARTICLES = NEWSPAPER.articles_there(NEWSPAPER.start)
BUSY = b"3Server busy, try again later\t\terror.host\t1\r\n.\r\n"
MENUS = [key for key in KEYS if key.kind is not Kind.ARTICLE]


def half(peer: Peer) -> None:
    """Close in the middle of a row, as a server that crashed does."""
    peer.send(PAGE[:100])


FAULTS: dict[str, tuple[Page | PageKey, str, str, bool]] = {
    # what the server does; what the archive calls it, why, and whether bytes are kept
    "error row": (BUSY, "unreadable", 'the server reports an error: "Server busy, try again later"', True),
    "closed within a row": (half, "unreadable", "the connection closed within a row", True),
    "reset": (reset_midway, "failed", "the connection broke", True),
    "no answer": (never, "failed", "no complete response within 1 s", False),
    "no end": (endless, "failed", "the response is longer than", True),
    "3 MB row": (LONG_ROW, "unreadable", "", True),
    "garbage": (bytes(range(1, 256)) * 9, "unreadable", "", True),
    "nothing": (b"", "failed", "the connection was closed without a response", False),
    "a menu": (MENUS[1], "unreadable", "expected an article", True),
    "binary": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" * 9, "unreadable", "expected text, found a binary", True),
    "no title": (PAGE, "unreadable", "", True),
    "blank": (b"\r\n\r\n", "unreadable", "found nothing", True),
}
BAD = dict(zip(ARTICLES, FAULTS, strict=False))
Faulty = tuple[Path, Done]


@pytest.fixture(scope="module")
def faulty(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Faulty]:
    """A crawl of all of them and of all menus, some of which are only linked from a bad page."""
    archive = tmp_path_factory.mktemp("faulty") / "taz.db"
    with paper_served(NEWSPAPER, {key: FAULTS[name][0] for key, name in BAD.items()}) as server:
        seeds = [word for key in MENUS for word in ("--seed", f"{root_of(server)}1{selector(key)}")]
        yield archive, crawl(archive, *seeds, "--timeout", "1s")


def test_every_other_page_is_recorded(faulty: Faulty) -> None:
    archive, _ = faulty
    read = rows(
        archive, "SELECT kind, number FROM captures c JOIN pages p ON p.id = page_id WHERE outcome = 'ok'"
    )
    assert {PageKey(Kind(kind), number) for kind, number in read} == set(KEYS) - set(BAD)
    is_whole(archive)


@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_page_is_stored_with_its_problem(faulty: Faulty, name: str) -> None:
    key = next(key for key, fault in BAD.items() if fault == name)
    query = (
        "SELECT outcome, problem, payload_id IS NOT NULL FROM captures WHERE page_id = (SELECT"
        " id FROM pages WHERE"
    )
    [(outcome, problem, kept)] = rows(faulty[0], f"{query} number = ?)", key.number)
    _, expected, words, bytes_came = FAULTS[name]
    assert (outcome, bool(kept)) == (expected, bytes_came)
    assert words in problem
    assert len(problem) < 200, problem


def test_bad_pages_are_reported_one_per_line_and_many_as_a_count(faulty: Faulty) -> None:
    archive, done = faulty
    *lines, count = done.stderr.splitlines()
    reported = rows(
        archive,
        "SELECT url, problem FROM captures WHERE outcome <> 'ok' ORDER BY id LIMIT ?",
        MAX_PRINTED,
    )
    assert lines == [f"taz-archive: {url}: {problem}" for url, problem in reported]
    assert (
        count
        == f"taz-archive: … and {len(BAD) - MAX_PRINTED} more problems; `taz-archive status` shows the latest"
    )
    assert done.returncode == 3
    assert done.stdout == ""


def test_the_run_history_counts_bad_pages(faulty: Faulty) -> None:
    said = rows(faulty[0], "SELECT page_count, problem_count, new_articles, reason FROM crawls")
    assert said == [(len(KEYS), len(BAD), len(ARTICLES) - len(BAD), "finished")]


# -- A server that is down ------------------------------------------------------------------------------


def test_the_exit_code_says_that_a_server_is_down(tmp_path: Path) -> None:
    url = f"gopher://{LOOPBACK}:{free_port()}/"
    done = crawl(tmp_path / "taz.db", "--seed", url)
    assert done.returncode == 4
    [line] = done.stderr.splitlines()
    assert line.startswith(
        f"taz-archive: {url}1: robots.txt could not be fetched: no connection to {LOOPBACK}:"
    )


def test_a_crawl_stops_when_its_server_is_down(tmp_path: Path) -> None:
    """Or each would be taken for a page that fails, and looked at again only much later."""
    with paper_served(NEWSPAPER) as server:
        url = root_of(server)
        quiet(crawl(tmp_path / "taz.db", "--seed", url))
    words = ("--seed", url, "--ignore-schedule", "--delay", "0.01")
    assert crawl(tmp_path / "taz.db", *words).returncode == 4
    [(pages, reason)] = rows(tmp_path / "taz.db", "SELECT page_count, reason FROM crawls WHERE id = 2")
    assert (pages, reason) == (10, "unreachable")


def test_no_page_is_fetched_if_robots_txt_cannot_be_fetched(tmp_path: Path) -> None:
    with paper_served(NEWSPAPER) as server:
        server.pages = {**server.pages, b"robots.txt": reset_midway}
        done = crawl(tmp_path / "taz.db", "--seed", root_of(server))
        assert server.selectors == [b"robots.txt"] * 3
    assert done.returncode == 4
    [line] = done.stderr.splitlines()
    assert "robots.txt could not be fetched: the connection broke" in line


# -- An archive that cannot be written ------------------------------------------------------------------


def make_text(path: Path) -> None:
    path.write_text("Das ist kein Archiv.\n" * 50, encoding="utf-8")


def make_other_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE birds (name TEXT)")


@pytest.mark.parametrize("make", [make_text, make_other_database])
def test_a_file_that_is_not_an_archive_is_refused_and_unchanged(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    path = tmp_path / "birds.db"
    make(path)
    before = path.read_bytes()
    done = crawl(path, "--seed", f"gopher://{LOOPBACK}:{free_port()}/")
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "not an archive" in line
    assert path.read_bytes() == before


def test_while_another_run_writes_a_crawl_ends_at_once(tmp_path: Path) -> None:
    with paper_served(NEWSPAPER) as server, writing(tmp_path / "taz.db"):
        done = crawl(tmp_path / "taz.db", "--seed", root_of(server))
        assert server.connections == 0
    assert done.returncode == 75
    assert len(done.stderr.splitlines()) == 1


FULL = """
import sqlite3, sys
class Full(sqlite3.Connection):
    def __init__(self, *args, **keywords):
        super().__init__(*args, **keywords)
        self.execute("PRAGMA max_page_count = 100")
connect = sqlite3.connect
sqlite3.connect = sqlite3.dbapi2.connect = lambda *args, **keywords: connect(*args, factory=Full, **keywords)
from archive.cli.main import main
main()
"""


def write_full(archive: Path, *words: str) -> Done:
    """Crawl with an SQLite that finds no room past 400 kB, and says so as it does of a full disk."""
    return run_script(FULL, "crawl", str(archive), *words)


@pytest.mark.parametrize("cramped", [crawl_limited, write_full])
def test_a_full_disk_ends_the_run_and_the_next_run_resumes(
    tmp_path: Path, cramped: Callable[..., Done]
) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(NEWSPAPER) as server:
        words = ("--seed", root_of(server), "--delay", "0.001")
        is_reported_in_one_line(cramped(archive, *words), archive)
        recorded = rows(archive, "SELECT count(*) FROM captures")
        quiet(crawl(archive, *words))
    goes_on(archive, recorded[0][0])


def is_reported_in_one_line(done: Done, archive: Path) -> None:
    assert done.returncode == 1, done.stderr
    [line] = done.stderr.splitlines()
    assert line.startswith(f"taz-archive: {archive}: ")


def goes_on(archive: Path, recorded: int) -> None:
    """The next run did the rest, and the one before is known to have died."""
    assert recorded > 0
    is_whole(archive)
    once_each(archive)
    [(ended,), finished] = rows(archive, "SELECT reason FROM crawls ORDER BY id")
    full = ("failed: database or disk is full", "failed: disk I/O error")
    assert ended in ("died", *full), "where there was no room to say it, it died"
    assert finished == ("finished",)


def once_each(archive: Path, newspaper: Newspaper = NEWSPAPER) -> None:
    """Every page was captured, and none twice but the seed, which each run asks for."""
    twice = (
        "SELECT kind, number FROM captures c JOIN pages p ON p.id = page_id GROUP BY p.id HAVING count(*) > 1"
    )
    assert set(rows(archive, twice)) <= {("root", 0)}
    read = rows(
        archive,
        "SELECT DISTINCT kind, number FROM captures c JOIN pages p ON p.id = page_id WHERE outcome = 'ok'",
    )
    assert {PageKey(Kind(kind), number) for kind, number in read} == set(newspaper.keys(newspaper.start))


# -- Errors of our own ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("crawler.pipelines", "ArchivePipeline.process_item"),
        ("crawler.spiders.taz", "TazSpider.parse"),
        ("crawler.frontier.page_queue", "PageQueue.next"),
        ("crawler.extensions.run_history", "RunHistory.pages_recorded"),
        ("crawler.extensions.run_history", "RunHistory.spider_closed"),
        ("archive.store.ingest.recording", "_reschedule"),
        ("archive.store.runs.runs", "finish"),
    ],
)
def test_a_bug_in_the_program_sets_the_exit_code(tmp_path: Path, module: str, name: str) -> None:
    with paper_served(NEWSPAPER) as server:
        options = ("--seed", root_of(server), "--delay", "0.001", "--max-pages", "3")
        done = crawl_broken((module, name), tmp_path / "taz.db", *options)
    assert done.returncode not in (0, 3, 4)
    assert "broken on purpose" in done.stderr
    is_whole(tmp_path / "taz.db")


# -- Runs that are ended --------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_run_keeps_its_captures_and_the_next_run_resumes(
    tmp_path: Path, number: signal.Signals
) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(NEWSPAPER) as server:
        with crawling(archive, "--seed", root_of(server), "--delay", "0.1") as process:
            await_captures(archive, 5)
            quiet(end(process, number))
        asked = len([line for line in server.selectors if b"robots" not in line])
        assert rows(archive, "SELECT count(*) FROM captures") == [(asked,)], "what was fetched is recorded"
        assert asked < len(KEYS)
        quiet(crawl(archive, "--seed", root_of(server)))
    assert rows(archive, "SELECT reason FROM crawls ORDER BY id") == [("shutdown",), ("finished",)]
    once_each(archive)


def test_a_stopped_run_finishes_only_the_current_page(tmp_path: Path) -> None:
    """And what it had not recorded yet, as its batch was not full, it does then."""
    archive, slow = tmp_path / "taz.db", selector(ARTICLES[3]).encode()
    with paper_served(NEWSPAPER, {ARTICLES[3]: never}) as server:
        with crawling(archive, "--seed", root_of(server), "--timeout", "5s") as process:
            wait_for(lambda: slow in server.selectors, "the page that never answers")
            before = captures_in(archive)
            quiet(end(process, signal.SIGTERM))
        *asked, last = [line for line in server.selectors if b"robots" not in line]
    assert last == slow
    assert captures_in(archive) == len(asked) > before


WORDING = (
    "SELECT id, number, title, lead, caption, dateline, published, text, words, truncation_count,"
    " search_spellings"
    " FROM versions ORDER BY id"
)
LARGE = Newspaper(seed=5, articles=200, daily=0)
UNFINISHED = "SELECT count(*) FROM crawls WHERE reason IS NULL"


def test_a_run_that_is_killed_at_any_instant_loses_nothing_it_had_recorded(tmp_path: Path) -> None:
    """Often, in batches and page by page, from before the first page on; then one run to the end."""
    archive, dice, died = tmp_path / "taz.db", random.Random(2), 0
    with paper_served(LARGE) as server:
        seed = ("--seed", root_of(server))
        for n in range(2 * KILLS):
            before = captures_in(archive)
            with crawling(archive, *seed, "--delay", "0" if n % 2 else "0.05") as process:
                wait_for(partial(has_begun, archive, n, process), "a crawl")
                time.sleep(dice.random() / 2)
                end(process, signal.SIGKILL)
            died += rows(archive, UNFINISHED)[0][0]  # those without a delay may have finished by then
            assert captures_in(archive) >= before
        quiet(crawl(archive, *seed))
        quiet(crawl(tmp_path / "undisturbed.db", *seed))
    assert died
    is_whole(archive)
    once_each(archive, LARGE)
    assert rows(archive, WORDING) == rows(tmp_path / "undisturbed.db", WORDING)
    reasons = [reason for (reason,) in rows(archive, "SELECT reason FROM crawls")]
    assert (reasons.count("died"), reasons.count("finished")) == (died, len(reasons) - died)
    assert rows(archive, "SELECT count(*) FROM pages WHERE leased_until IS NOT NULL") == [(0,)]


@pytest.mark.parametrize("closed", ["2>&-", "<&- >&- 2>&-"])
def test_a_crawl_with_closed_streams_records_all(tmp_path: Path, closed: str) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(LARGE) as server:
        words = shlex.join(command(archive, "--seed", root_of(server)))
        quiet(run(["sh", "-c", f"{words} {closed}"]))
    is_whole(archive)
    once_each(archive, LARGE)


# -- A clock that is wrong ------------------------------------------------------------------------------

AHEAD = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from crawler import clock
from crawler.commands.run_scrapy import run_spider
from crawler.options import CrawlOptions
times = iter(range(10**9))
def utc_now():
    ahead = timedelta(days=3650) if next(times) < int(sys.argv[3]) else timedelta()
    return datetime.now(UTC) + ahead
clock.utc_now = utc_now
archive, seeds = Path(sys.argv[1]), (sys.argv[2],)
options = CrawlOptions(archive=archive, seeds=seeds, ignore_schedule=True, delay=timedelta(0))
run_spider(options.as_settings())
"""


@pytest.mark.parametrize("asked", [10**9, 40])  # how often it is wrong: for a whole run; until half of it
def test_pages_looked_at_while_the_clock_was_ahead_are_not_forgotten(tmp_path: Path, asked: int) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(NEWSPAPER) as server:
        run_script(AHEAD, str(archive), root_of(server), str(asked)).check_returncode()
        is_whole_but_for_the_clock(archive)
        again = crawl(archive, "--seed", root_of(server))
        assert again.returncode == 0
        assert "the clock was ahead: " in again.stderr
        quiet(crawl(archive, "--seed", root_of(server)))
    is_whole_but_for_the_clock(archive)
    now = stamp(datetime.now(UTC))
    assert rows(archive, "SELECT count(*) FROM pages WHERE checked_at > ?", now) == [(0,)]
    known = rows(archive, "SELECT count(*) FROM pages")[0][0]
    fetched = "SELECT count(DISTINCT page_id) FROM captures WHERE captured_at < ?"
    assert rows(archive, fetched, now)[0][0] == known


def is_whole_but_for_the_clock(archive: Path) -> None:
    with open_reader(archive) as opened:
        everything = opened.checks.plan(every=True)
        found = [fault.what for fault in opened.checks.faults(everything, lambda _: None)]
    assert found
    assert not [what for what in found if "is from the future" not in what and "cannot have" not in what]
