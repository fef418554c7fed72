"""Crawlers and a frontier that are killed, stopped or cut off: the others stay polite and lose no page."""

import signal
import socket
import threading
import time
from pathlib import Path

import psycopg

from archive.model import PageKey
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support.running.crawls import Process
from tests.support.running.judge import Verdict, judge, page_asked, visits
from tests.support.running.shared_crawls import (
    LoggedPaper,
    all_ended,
    crawling_together,
    is_polite,
    logged_paper,
    new_frontier,
    process_of,
    shared_command,
)
from tests.support.running.time_limit import LONGEST
from tests.support.servers.cuttable_proxy import cuttable_proxy
from tests.support.servers.logged_servers import Hold
from tests.support.servers.postgres import PostgresServer, running_postgres
from tests.support.servers.request_log import LoggedRequest

PAUSE = 0.2  # seconds
# A turn at the gate lasts for the timeout and ten seconds.
POLITE = ("--delay", f"{PAUSE}s", "--timeout", "1s")
PAPER = Newspaper(seed=3, articles=5, daily=0)


class Strike:
    """Sends a signal to the crawler that asks for the fifth page, and holds the answer back."""

    def __init__(self, number: signal.Signals) -> None:
        self.number = number
        self.crawls: list[Process] = []
        self.hold = Hold()
        self._pages = 0
        self._struck = threading.Event()

    def __call__(self, request: LoggedRequest, connection: socket.socket) -> None:
        page = page_asked(request)
        self._pages += page is not None
        if page and self._pages == 5 and not self._struck.is_set():
            self._victim, self._page = process_of(request, self.crawls), page
            self._victim.send_signal(self.number)
            self._struck.set()
            self.hold(connection)

    def wait(self) -> tuple[Process, PageKey]:
        """Wait until a crawler was struck; return its process, and the page that it had asked for."""
        assert self._struck.wait(LONGEST)
        return self._victim, self._page


def commands(paper: LoggedPaper, frontier: str, folder: Path, count: int = 4) -> list[list[str]]:
    archives = [folder / f"{number}.db" for number in range(count)]
    return [shared_command(archive, frontier, *POLITE, *paper.gopher) for archive in archives]


def verdict_of(paper: LoggedPaper) -> Verdict:
    [verdict] = judge(paper.log.requests, pause=PAUSE, pages=PAPER.keys(PAPER.start))
    return verdict


def end_lease(frontier: str, page: PageKey) -> None:
    """Let the time pass that the lease of a page lasts."""
    with psycopg.connect(frontier) as connection:
        changed = connection.execute(
            "UPDATE taz_archive.pages SET leased_until = clock_timestamp() WHERE (kind, number) = (%s, %s)",
            [page.kind.value, page.number],
        )
        assert changed.rowcount == 1


def test_when_a_crawler_is_killed_in_its_turn_another_fetches_its_page(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    frontier, strike = new_frontier(postgres), Strike(signal.SIGKILL)
    with logged_paper(PAPER, before_answer=strike) as paper:
        with crawling_together(commands(paper, frontier, tmp_path)) as strike.crawls:
            _, page = strike.wait()
            end_lease(frontier, page)
            codes = [done.returncode for done in all_ended(strike.crawls)]
        verdict = verdict_of(paper)
    assert sorted(codes) == [-signal.SIGKILL, 0, 0, 0]
    is_polite(verdict)
    assert (verdict.never, verdict.twice) == ([], {page: 2})


def test_a_crawler_that_was_stopped_past_its_turn_and_lease_asks_only_in_a_turn(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    frontier, strike = new_frontier(postgres), Strike(signal.SIGSTOP)
    with (
        logged_paper(PAPER, before_answer=strike) as paper,
        crawling_together(commands(paper, frontier, tmp_path)) as strike.crawls,
    ):
        sleeper, page = strike.wait()
        end_lease(frontier, page)
        strike.hold.let_go()
        paper.log.wait_for(lambda requests: visits(requests)[page] == 2, "another crawler's visit")
        sleeper.send_signal(signal.SIGCONT)
        codes = [done.returncode for done in all_ended(strike.crawls)]
    verdict = verdict_of(paper)
    assert codes == [0, 0, 0, 0]
    is_polite(verdict)
    assert verdict.never == []
    # A crawler that believes its lease to last may try once more what it could not receive in time.
    assert set(verdict.twice) == {page}


def test_a_crawl_goes_on_when_its_frontier_was_killed_and_has_started_again(tmp_path: Path) -> None:
    with running_postgres() as server, logged_paper(PAPER) as paper:
        with crawling_together(commands(paper, new_frontier(server), tmp_path)) as crawls:
            paper.log.wait_for(lambda requests: len(requests) >= 6, "some requests")
            server.kill()
            killed = time.monotonic()
            time.sleep(5 * PAUSE)  # in which four crawlers without a gate would send requests
            restarted = time.monotonic()
            server.start()
            codes = [done.returncode for done in all_ended(crawls)]
        meanwhile = [each for each in paper.log.requests if killed < each.began < restarted]
        verdict = verdict_of(paper)
    assert codes == [0, 0, 0, 0]
    assert len(meanwhile) <= 1, "a turn that was granted before may be used"
    is_polite(verdict)
    assert (verdict.never, verdict.twice) == ([], {})


def test_crawlers_that_lose_their_frontier_end_without_another_request(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    frontier = new_frontier(postgres)
    with logged_paper(PAPER) as paper, cuttable_proxy(postgres.port) as proxy:
        through = frontier.replace(f":{postgres.port}/", f":{proxy.port}/")
        with crawling_together(commands(paper, through, tmp_path, count=2)) as crawls:
            paper.log.wait_for(lambda requests: len(requests) >= 6, "some requests")
            proxy.cut()
            cut = time.monotonic()
            ends = all_ended(crawls)
        after = [each for each in paper.log.requests if each.began > cut]
    assert len(after) <= 1, "a turn that was granted before may be used"
    assert [done.returncode for done in ends] == [4, 4]
    for done in ends:
        assert f"frontier 127.0.0.1:{proxy.port}/" in done.stderr
        assert len(done.stderr.splitlines()) == 1
