"""Two crawlers that change the same pages wait for each other in one direction only.

The first crawler's transaction is open, and the second waits for it. Then the first takes a page that the
second would have locked already if it did not go by the order of keys.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest
from psycopg import Connection

from archive.model import Outcome, PageKey
from archive.policy.revisit import DEFAULT_PATIENCE
from archive.store import Priority
from crawler.fetch import Lease
from crawler.frontier.interface import Visit
from crawler.postgres import discovery, settling
from crawler.postgres.connection import SharedDatabase
from crawler.postgres.rows import one_row, server_time
from tests.support.running.crawls import wait_for
from tests.support.running.shared_frontiers import crawler_of
from tests.support.samples.captures import key

FIRST, SECOND = key(1), key(2)
Work = Callable[[Connection], object]


def add(*keys: PageKey) -> Work:
    def work(connection: Connection) -> None:
        discovery.insert(connection, dict.fromkeys(keys, Priority.NEW), server_time(connection))

    return work


def visit(*keys: PageKey) -> Work:
    visits = [Visit(Lease(page), Outcome.OK) for page in keys]
    return lambda connection: settling.settle(connection, visits, home="a", patience=DEFAULT_PATIENCE)


def make_due(*keys: PageKey) -> Work:
    return lambda connection: discovery.seed(connection, keys)


@contextmanager
def waiting(url: str, connection: Connection, work: Work) -> Iterator[None]:
    """Let another crawler work while the block runs, which begins once that waits for this connection.

    It does not try again, so that two which wait for each other are an error.
    """

    def run() -> None:
        with closing(SharedDatabase(url, reconnect_seconds=0)) as other:
            other.run(work)

    def is_waiting() -> bool:
        query = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() ="
        return bool(one_row(connection, f"{query} ANY (pg_blocking_pids(pid)))", [])[0])

    with ThreadPoolExecutor(1) as pool:
        done: Future[None] = pool.submit(run)
        wait_for(lambda: is_waiting() or done.done(), "the other crawler to wait")
        yield
        connection.commit()
        done.result()


@pytest.mark.parametrize("work", [add, visit, make_due])
def test_the_second_of_two_crawlers_locks_nothing_that_the_first_needs(
    frontier_url: str, work: Callable[..., Work]
) -> None:
    if work is not add:
        with crawler_of(frontier_url) as seeding:
            seeding.seed([FIRST, SECOND])
    with closing(Connection.connect(frontier_url, options="-c search_path=taz_archive")) as connection:
        work(FIRST)(connection)
        with waiting(frontier_url, connection, work(SECOND, FIRST)):
            work(SECOND)(connection)
