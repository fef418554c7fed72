"""A crawl slows down for slow hosts, stays away from those that ask for it, and remembers both."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from archive.pagekey import selector
from archive.policy.health import REASON_IDLE, REASON_UNREACHABLE
from archive.store import open_writer
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support.running.crawls import (
    PYTHON,
    crawl,
    crawling,
    is_whole,
    paper_served,
    quiet,
    root_of,
    run,
    wait_for,
)
from tests.support.running.crawls_of_sources import crawl as crawl_through
from tests.support.running.time_limit import LONGEST
from tests.support.servers.free_ports import free_port
from tests.support.servers.gopher_faults import GATED, LOOPBACK, PAGE, Peer, never, serving
from tests.support.servers.gopher_faults import crawl as fetch
from tests.support.servers.other_sources import Answer, web
from tests.support.tables import rows

pytestmark = pytest.mark.slow

PAPER = Newspaper(seed=2, articles=12, daily=0)
ARTICLES = PAPER.articles_there(PAPER.start)
NOW = datetime(2025, 4, 10, 12, tzinfo=UTC)


# -- Slower where the host is ---------------------------------------------------------------------------


def slowly(peer: Peer) -> None:
    peer.wait(0.25)
    peer.send(PAGE)


def pauses(asked: list[tuple[bytes, float]]) -> list[float]:
    return [after - before for (_, before), (_, after) in pairwise(asked)]


def test_a_host_that_answers_slowly_is_asked_less_often() -> None:
    with serving({b"/1": slowly, b"/2": slowly, b"/3": slowly, b"/4": slowly}) as server:
        fetch(
            [f"gopher://{LOOPBACK}:{server.port}/1/{n}" for n in (1, 2, 3, 4)],
            GATED | {"DOWNLOAD_DELAY": 0.05},
        )
    # The answer took a quarter of a second, and the pause after it takes twice as long.
    assert min(pauses(server.asked)) > 0.70  # less what clocks differ by


def test_a_host_that_does_not_answer_is_asked_less_often_each_time() -> None:
    with serving({f"/{n}".encode(): Peer.reset for n in range(5)}) as server:
        fetch([f"gopher://{LOOPBACK}:{server.port}/1/{n}" for n in range(5)], GATED | {"DOWNLOAD_DELAY": 0.1})
    first, *_, last = pauses(server.asked)
    assert last > 2 * first


# -- What a server said is remembered -------------------------------------------------------------------


def test_robots_txt_is_fetched_once_a_day_not_once_a_run(tmp_path: Path) -> None:
    with paper_served(PAPER, robots="User-agent: *\nDisallow: /!6\n") as server:
        for _ in range(2):
            crawl(tmp_path / "taz.db", "--seed", root_of(server))
        assert server.selectors.count(b"robots.txt") == 1
        assert not [line for line in server.selectors if line.startswith(b"/!6")]
    host = f"gopher://{LOOPBACK}:{server.port}"
    [(kept, robots)] = rows(tmp_path / "taz.db", "SELECT host, robots FROM hosts")
    assert (kept, "Disallow: /!6" in robots) == (host, True)


@contextmanager
def plain(answer: Answer, robots: Answer | None = None) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """A gateway that answers all pages so: how to ask it, and for what it was asked."""
    answers = {"/robots.txt": robots} if robots else {}
    with web(answers, answer) as server:
        pages = (word for key in ARTICLES[:8] for word in ("--seed", f"{server.url}{selector(key)[1:]}"))
        yield ("--via", f"plain={server.url}", "--delay", "0.001", *pages), server.asked


def test_a_demanded_pause_holds_for_the_next_run_too(tmp_path: Path) -> None:
    busy = Answer(b"Zu viel los.", 503, {"Retry-After": "3600"})
    with plain(busy) as (words, asked):
        for again in ((), (), ("--ignore-schedule",)):
            assert crawl_through(tmp_path / "taz.db", *words, *again).returncode == 4
        assert len([path for path in asked if "robots" not in path]) == 1
    [(rest, problem)] = rows(
        tmp_path / "taz.db", "SELECT julianday(backoff_until) - julianday('now'), problem FROM hosts"
    )
    assert 0 < rest * 24 <= 1
    assert problem == "HTTP 503 Service Unavailable"


@pytest.mark.parametrize("status", [403, 429])
def test_a_host_that_bans_us_is_reported_and_skipped(tmp_path: Path, status: int) -> None:
    with plain(Answer(b"Weg!", status)) as (words, asked):
        done = crawl_through(tmp_path / "taz.db", *words)
        assert done.returncode == 4
        [line] = [line for line in done.stderr.splitlines() if "ban us" in line]
        assert line.startswith(f"taz-archive: plain: HTTP {status} ")
        assert line.endswith("for 3 pages in a row: the server seems to ban us; skipping it for 24 hours")
        pages = len(asked)
        assert crawl_through(tmp_path / "taz.db", *words).returncode == 4
        assert len(asked) == pages
    said = rows(tmp_path / "taz.db", "SELECT reason, page_count FROM crawls")
    assert said == [("unreachable", 3), (REASON_IDLE, 0)]
    reported = run([*PYTHON, "-m", "archive", "status", str(tmp_path / "taz.db")])
    [line] = [line for line in reported.stdout.splitlines() if line.startswith("back-off")]
    assert " is skipped until " in line
    check = run([*PYTHON, "-m", "archive", "status", str(tmp_path / "taz.db"), "--check"])
    assert (check.returncode, "seems to ban us" in check.stdout) == (3, True)


def test_no_page_is_fetched_from_a_web_server_that_refuses_its_robots_txt(tmp_path: Path) -> None:
    with plain(Answer(b"da"), robots=Answer(b"", 500)) as (words, asked):
        done = crawl_through(tmp_path / "taz.db", *words)
        assert set(asked) == {"/robots.txt"}
    assert done.returncode == 4
    assert "robots.txt could not be fetched: HTTP 500 Internal Server Error" in done.stderr


def test_a_server_that_is_down_run_after_run_is_tried_less_often(tmp_path: Path) -> None:
    seed = ("--seed", f"gopher://{LOOPBACK}:{free_port()}/", "--delay", "0.001")
    archive = tmp_path / "taz.db"
    codes = [crawl(archive, *seed).returncode for _ in range(2)]
    with open_writer(archive) as opened:
        opened.hosts.record_reachability({seed[1].rstrip("/"): "refused"}, at=datetime.now(UTC))
        opened.hosts.record_reachability({seed[1].rstrip("/"): "refused"}, at=datetime.now(UTC))
    codes.append(crawl(archive, *seed).returncode)
    assert codes == [4, 4, 4]
    ends = rows(archive, "SELECT reason FROM crawls")
    assert ends == [(REASON_UNREACHABLE,), (REASON_UNREACHABLE,), (REASON_IDLE,)], "the third sent no request"


def test_a_rest_grows_with_each_run_and_ends_with_the_first_page(tmp_path: Path) -> None:
    host, rests = "gopher://taz.de:70", []
    with open_writer(tmp_path / "taz.db") as archive:
        for _ in range(9):
            archive.hosts.record_reachability({host: "refused"}, at=NOW)
            rest = archive.hosts.backoff(host)
            rests.append((rest.until - NOW) / timedelta(hours=1) if rest else 0)
        archive.hosts.record_reachability({host: None}, at=NOW)
        assert archive.hosts.backoff(host) is None
        archive.hosts.record_reachability({host: "refused"}, at=NOW)
        assert archive.hosts.backoff(host) is None
    assert rests == [0, 0.5, 1, 2, 4, 8, 16, 24, 24]


# -- Hours and signals ----------------------------------------------------------------------------------


def test_no_request_is_sent_in_quiet_hours(tmp_path: Path) -> None:
    now = datetime.now(UTC).astimezone()
    quiet_now = f"{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=1):%H:%M}"
    with paper_served(PAPER) as server:
        quiet(crawl(tmp_path / "taz.db", "--seed", root_of(server), "--quiet-hours", quiet_now))
        assert server.connections == 0


def test_a_second_signal_does_not_wait_for_the_page_in_flight(tmp_path: Path) -> None:
    archive, slow = tmp_path / "taz.db", selector(ARTICLES[3]).encode()
    with paper_served(PAPER, {ARTICLES[3]: never}) as server:
        with crawling(archive, "--seed", root_of(server), "--delay", "0.001", "--timeout", "1h") as process:
            wait_for(lambda: slow in server.selectors, "the page that never answers")
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=LONGEST)
        recorded = len([line for line in server.selectors if b"robots" not in line]) - 1
    is_whole(archive)
    assert rows(archive, "SELECT count(*) FROM captures") == [(recorded,)]
    assert rows(archive, "SELECT reason FROM crawls") == [("shutdown",)]
