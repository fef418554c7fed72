"""Leases of a shared frontier: exclusive, for as long as they last, by the server's clock."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from archive.model import Outcome, PageKey
from archive.pagekey import ROOT
from archive.store import WITHOUT_BACKFILL, Priority
from crawler.frontier.interface import Visit
from crawler.postgres.connection import SharedDatabase
from crawler.postgres.frontier import PostgresFrontier
from crawler.postgres.leasing import MAX_WAIT_FOR_HOME
from crawler.postgres.page_counts import count_pages
from crawler.postgres.schema import create_schema
from tests.support.running.shared_frontiers import (
    TEN_MINUTES,
    crawler_of,
    leased,
    let_lives_end,
    let_pass,
)
from tests.support.samples.captures import key
from tests.support.servers.other_servers import installed
from tests.support.servers.postgres import running_postgres

SECOND = timedelta(seconds=1)


def keys_of(frontier: PostgresFrontier, count: int = 100) -> list[PageKey]:
    return [lease.key for lease in leased(frontier, count)]


# -- One at a time ---------------------------------------------------------------------------------------


def test_no_page_is_leased_to_two_of_many_threads(frontier_url: str) -> None:
    pages = [key(number) for number in range(400)]
    with crawler_of(frontier_url) as seeding:
        seeding.seed(pages)

    def crawl(name: str) -> list[PageKey]:
        found: list[PageKey] = []
        with crawler_of(frontier_url, name) as frontier:
            while leases := leased(frontier, 3):
                found += [lease.key for lease in leases]
                frontier.settle([Visit(lease, Outcome.OK) for lease in leases])
        return found

    with ThreadPoolExecutor(8) as pool:
        found = [page for pages in pool.map(crawl, "abcdefgh") for page in pages]
    assert sorted(found) == sorted(pages)


_CRAWL = """
import sys
from archive.model import Outcome
from crawler.fetch import Lease
from crawler.frontier.interface import Visit
from tests.support.running.shared_frontiers import crawler_of, leased

with crawler_of(sys.argv[1], sys.argv[2]) as frontier:
    while leases := leased(frontier, 2):
        print(*[lease.key.number for lease in leases], flush=True)
        frontier.settle([Visit(lease, Outcome.OK) for lease in leases])
"""


def test_no_page_is_leased_to_two_of_four_processes(frontier_url: str) -> None:
    with crawler_of(frontier_url) as seeding:
        seeding.seed([key(number) for number in range(200)])
    crawls = [
        subprocess.Popen(
            [sys.executable, "-c", _CRAWL, frontier_url, name], stdout=subprocess.PIPE, text=True
        )
        for name in "abcd"
    ]
    outputs = [crawl.communicate()[0] for crawl in crawls]
    assert sorted(int(number) for output in outputs for number in output.split()) == list(range(200))


def test_a_lease_that_ended_is_leased_again_with_another_token(
    database: SharedDatabase, frontier_url: str
) -> None:
    with crawler_of(frontier_url, "a") as a, crawler_of(frontier_url, "b") as b:
        a.seed([key()])
        [first] = leased(a)
        assert leased(b) == []
        let_pass(database, TEN_MINUTES)
        [second] = leased(b)
        assert second.key == first.key
        assert second.token > first.token


def test_settling_with_the_token_of_another_lease_only_adds_links(
    database: SharedDatabase, frontier_url: str
) -> None:
    with crawler_of(frontier_url, "a") as a, crawler_of(frontier_url, "b") as b:
        a.seed([ROOT])
        [late] = leased(a)
        let_pass(database, TEN_MINUTES)
        [lease] = leased(b)
        assert a.settle([Visit(late, Outcome.FAILED, [key(7)])]) == []
        assert keys_of(a) == [key(7)]  # the root is still that of b
        [state] = b.settle([Visit(lease, Outcome.OK)])
        assert (state.check_count, state.failure_count) == (1, 0)


def test_renewed_leases_last_and_others_are_lost(database: SharedDatabase, frontier_url: str) -> None:
    with crawler_of(frontier_url, "a") as a, crawler_of(frontier_url, "b") as b:
        a.seed([key(1), key(2)])
        one, two = leased(a, 2)
        let_pass(database, TEN_MINUTES - SECOND)
        assert a.renew(TEN_MINUTES) == {one.key: one.token, two.key: two.token}
        let_pass(database, 2 * SECOND)
        assert leased(b) == []
        let_pass(database, TEN_MINUTES)
        assert keys_of(b, 1) == [one.key]
        assert a.renew(TEN_MINUTES) == {two.key: two.token}


def test_what_a_renewal_returns_does_not_change_with_later_leases(frontier_url: str) -> None:
    with crawler_of(frontier_url) as crawler:
        crawler.seed([key(1), key(2)])
        [one] = leased(crawler)
        held = crawler.renew(TEN_MINUTES)
        [_] = leased(crawler)
        assert held == {one.key: one.token}


def test_a_lease_that_its_run_does_not_know_of_is_given_back(
    database: SharedDatabase, frontier_url: str
) -> None:
    with crawler_of(frontier_url, "a") as a, crawler_of(frontier_url, "b") as b:
        a.seed([key(1), key(2)])
        [known] = leased(a)
        # The connection broke while this lease was committed.
        database.run(
            lambda db: db.execute(
                "UPDATE pages SET leased_until = now() + interval '10 min', lease_token = 1,"
                " lessee = (SELECT lessee FROM pages WHERE number = %s) WHERE number = %s",
                [known.key.number, 3 - known.key.number],
            )
        )
        assert leased(b) == []
        assert a.renew(TEN_MINUTES) == {known.key: known.token}
        assert keys_of(b) == [key(3 - known.key.number)]


def test_released_pages_are_due_at_once(frontier_url: str) -> None:
    with crawler_of(frontier_url, "b") as b:
        with crawler_of(frontier_url, "a") as a:
            a.seed([key()])
            assert a.lease(1, duration=TEN_MINUTES).leases
            assert b.lease(1, duration=TEN_MINUTES) == ([], True)
        assert keys_of(b) == [key()]


def test_other_runs_are_reported_while_they_hold_leases(frontier_url: str) -> None:
    with crawler_of(frontier_url, "a") as a, crawler_of(frontier_url, "b") as b:
        a.seed([key()])
        [lease] = leased(a)
        assert b.lease(1, duration=TEN_MINUTES).others
        a.settle([Visit(lease, Outcome.OK)])
        assert not b.lease(1, duration=TEN_MINUTES).others


def test_settling_twice_changes_a_page_once(frontier_url: str) -> None:
    with crawler_of(frontier_url) as frontier:
        frontier.seed([ROOT])
        [lease] = leased(frontier)
        visit = Visit(lease, Outcome.OK, [key(7)])
        assert frontier.settle([visit]) == frontier.settle([visit])


def test_a_page_that_another_source_is_asked_for_stays_leased(frontier_url: str) -> None:
    with crawler_of(frontier_url, "a") as a, crawler_of(frontier_url, "b") as b:
        a.seed([ROOT])
        [lease] = leased(a)
        failed = Visit(lease, Outcome.FAILED, is_done=False, is_last=False)
        [state] = a.settle([failed])
        assert state.checked_at is None
        assert leased(b) == []
        [state] = a.settle([failed, Visit(lease, Outcome.OK)])
        assert (state.check_count, state.failure_count) == (1, 0)


def test_a_truncated_article_stays_leased_until_another_source_has_completed_it(
    database: SharedDatabase, frontier_url: str
) -> None:
    with crawler_of(frontier_url, "a") as a:
        a.seed([key()])
        [lease] = leased(a)
        a.settle([Visit(lease, Outcome.OK, is_partial=True, is_last=False)])
        assert a.renew(TEN_MINUTES) == {lease.key: lease.token}
        [state] = a.settle([Visit(lease, Outcome.FAILED, is_done=False)])
        assert (state.check_count, state.failure_count) == (1, 0)
        assert a.renew(TEN_MINUTES) == {}


# -- Which pages -----------------------------------------------------------------------------------------


def test_only_the_wanted_priorities_are_leased(frontier_url: str) -> None:
    with crawler_of(frontier_url) as frontier:
        frontier.seed([ROOT])
        [root] = leased(frontier)
        frontier.settle([Visit(root, Outcome.OK, [key(number) for number in (90, 10)])])
        frontier.settle([Visit(one, Outcome.OK) for one in leased(frontier, 2)])
        frontier.discover([key(50), key(60), key(95)])
        only = frontier.lease(5, duration=TEN_MINUTES, of=WITHOUT_BACKFILL).leases
        assert [lease.key for lease in only] == [key(95)]
        assert keys_of(frontier) == [key(60), key(50)]


def test_ignoring_the_schedule_leases_each_page_once(database: SharedDatabase, frontier_url: str) -> None:
    with crawler_of(frontier_url) as frontier:
        frontier.seed([key(1), key(2)])
        frontier.settle([Visit(one, Outcome.OK) for one in leased(frontier, 2)])
        let_pass(database, SECOND)
        assert leased(frontier) == []
        again = frontier.lease(1, duration=TEN_MINUTES, unchecked_for=SECOND).leases
        frontier.settle([Visit(one, Outcome.OK) for one in again])
        [other] = frontier.lease(5, duration=TEN_MINUTES, unchecked_for=SECOND).leases
        assert {again[0].key, other.key} == {key(1), key(2)}


def test_only_partial_articles_are_leased_again_before_they_are_due(frontier_url: str) -> None:
    with crawler_of(frontier_url, "a") as a, crawler_of(frontier_url, "b") as b:
        a.seed([key(1), key(2), key(3)])
        partial, whole, held = leased(a, 3)
        a.settle([Visit(partial, Outcome.OK, is_partial=True), Visit(whole, Outcome.OK, digest=b"whole")])
        named = [held.key, whole.key, partial.key]
        [lease] = b.lease_partial(named, duration=TEN_MINUTES)
        assert lease.key == partial.key
        assert lease.is_present
        assert a.lease_partial(named, duration=TEN_MINUTES) == []
        b.settle([Visit(lease, Outcome.OK, digest=b"healed")])
        assert a.lease_partial(named, duration=TEN_MINUTES) == []


def test_a_lease_says_whether_any_crawler_has_the_article(
    database: SharedDatabase, frontier_url: str
) -> None:
    with crawler_of(frontier_url) as frontier:
        frontier.seed([key()])
        presence = []
        for outcome in (Outcome.OK, Outcome.FAILED, Outcome.ABSENT, Outcome.FAILED):
            [lease] = leased(frontier)
            presence.append(lease.is_present)
            frontier.settle([Visit(lease, outcome)])
            frontier.seed([key()])
            let_pass(database, SECOND)
        assert presence == [False, True, True, False]


# -- Affinity --------------------------------------------------------------------------------------------


@pytest.fixture
def page_of_a(database: SharedDatabase, frontier_url: str) -> Callable[[PostgresFrontier], None]:
    """Have a run fetch an article, which becomes due again."""

    def fetch(frontier: PostgresFrontier) -> None:
        frontier.seed([key()])
        frontier.settle([Visit(one, Outcome.OK) for one in leased(frontier)])
        database.run(lambda db: db.execute("UPDATE pages SET due_at = now()"))

    return fetch


def test_a_page_goes_to_the_crawler_that_had_it_last(
    frontier_url: str, page_of_a: Callable[[PostgresFrontier], None]
) -> None:
    with crawler_of(frontier_url, "a") as a, crawler_of(frontier_url, "b") as b:
        page_of_a(a)
        assert not b.any_due()
        assert leased(b) == []
        assert a.any_due()
        assert keys_of(a) == [key()]
        assert b.any_due()  # the page may lead to others


def test_a_run_lives_as_long_as_its_leases(frontier_url: str, database: SharedDatabase) -> None:
    lives = "SELECT lives_until - now() < interval '31 seconds' FROM crawlers"
    with crawler_of(frontier_url) as crawler:
        crawler.seed([key()])
        leased(crawler, duration=timedelta(seconds=30))
        assert database.run(lambda db: db.execute(lives).fetchone()) == (True,)
        crawler.renew(TEN_MINUTES)
        assert database.run(lambda db: db.execute(lives).fetchone()) == (False,)


def test_a_page_goes_to_any_crawler_once_the_run_that_had_it_ended(
    frontier_url: str, page_of_a: Callable[[PostgresFrontier], None]
) -> None:
    with crawler_of(frontier_url, "b") as b:
        with crawler_of(frontier_url, "a") as a:
            page_of_a(a)
        assert keys_of(b) == [key()]


def test_a_page_goes_to_any_crawler_once_the_run_that_had_it_counts_as_dead(
    database: SharedDatabase, frontier_url: str, page_of_a: Callable[[PostgresFrontier], None]
) -> None:
    with crawler_of(frontier_url, "a") as a, crawler_of(frontier_url, "b") as b:
        page_of_a(a)
        let_lives_end(database)
        assert keys_of(b) == [key()]


def test_a_page_goes_to_any_crawler_when_it_has_waited_for_an_hour(
    database: SharedDatabase, frontier_url: str, page_of_a: Callable[[PostgresFrontier], None]
) -> None:
    with crawler_of(frontier_url, "a") as a, crawler_of(frontier_url, "b") as b:
        page_of_a(a)
        let_pass(database, MAX_WAIT_FOR_HOME - 10 * SECOND)
        assert leased(b) == []
        let_pass(database, 11 * SECOND)
        assert keys_of(b) == [key()]


def test_a_page_that_the_user_names_waits_for_no_crawler(
    frontier_url: str, page_of_a: Callable[[PostgresFrontier], None]
) -> None:
    with crawler_of(frontier_url, "a") as a, crawler_of(frontier_url, "b") as b:
        page_of_a(a)
        b.seed([key()])
        assert keys_of(b) == [key()]


# -- Clocks and servers ----------------------------------------------------------------------------------


def test_the_clock_of_a_crawler_does_not_matter(database: SharedDatabase, frontier_url: str) -> None:
    with crawler_of(frontier_url, "a") as a:
        a.seed([key(number) for number in range(10)])
        held = keys_of(a, 5)
        ahead = subprocess.run(
            [installed("faketime"), "-f", "+20m", sys.executable, "-c", _CRAWL, frontier_url, "b"],
            env={**os.environ, "PYTHONPATH": str(Path.cwd())},
            capture_output=True,
            text=True,
            check=True,
        )
        found = {key(int(number)) for number in ahead.stdout.split()}
        assert found.isdisjoint(held)
        assert len(found) == 5
        [checked] = [counts for counts in database.run(count_pages) if counts.priority is Priority.YOUNG]
        assert (checked.known, checked.due) == (5, 0)


def test_a_crawl_goes_on_after_the_server_was_killed_and_no_page_is_lost_or_fetched_twice() -> None:
    with running_postgres() as server:
        setup = SharedDatabase(server.url())
        setup.run(create_schema)
        setup.close()
        found: list[PageKey] = []
        with crawler_of(server.url()) as frontier:
            frontier.seed([key(number) for number in range(60)])
            while leases := leased(frontier, 2):
                found += [lease.key for lease in leases]
                if len(found) % 20 == 0:
                    server.kill()
                    server.start()
                assert len(frontier.settle([Visit(lease, Outcome.OK) for lease in leases])) == 2
        assert sorted(found) == [key(number) for number in range(60)]
