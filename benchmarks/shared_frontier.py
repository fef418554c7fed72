"""Leases of a frontier in PostgreSQL, with visits that link to 15 pages each.

``PAGES=1000000`` sets how many pages it knows, a third of them due at another crawler. A transaction with one
``SELECT 1`` is the unit of the ratios: about what the way to the server costs.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from statistics import median, quantiles
from time import perf_counter

from archive.model import Kind, Outcome, PageKey
from benchmarks.timing import show
from crawler.frontier.interface import Visit
from crawler.postgres.connection import SharedDatabase
from crawler.postgres.frontier import PostgresFrontier
from crawler.postgres.schema import create_schema, open_shared
from tests.support.servers.postgres import running_postgres

PAGES = int(os.environ.get("PAGES", "1000000"))
LINKS = 15  # of a page, one in ten of them new
CALLS = 1000
CRAWLERS = 4
LEASE = timedelta(minutes=10)
# New articles, the past, and old articles that are due at another crawler.
_FILL = """
INSERT INTO pages (kind, number, priority, due_at, discovered_at, checked_at, home)
SELECT 'article', number, CASE number %% 3 WHEN 0 THEN 1 WHEN 1 THEN 4 ELSE 5 END,
  now() - interval '30 min' + number * interval '1 microsecond', now() - interval '1 day',
  CASE number %% 3 WHEN 2 THEN now() - interval '1 day' END, CASE number %% 3 WHEN 2 THEN 'other' ELSE '' END
FROM generate_series(1, %s) AS number
"""


def main() -> None:
    with running_postgres() as server:
        database = SharedDatabase(server.url())
        database.run(create_schema)
        _fill(database)
        with _crawler(server.url(), "other"):
            _measure(server.url(), database)
        database.close()


def _fill(database: SharedDatabase) -> None:
    started = perf_counter()

    def fill() -> Iterator[str]:
        yield "SET LOCAL statement_timeout = 0"
        yield _FILL
        yield "ANALYZE pages"

    database.run(lambda db: [db.execute(one.encode(), [PAGES] if one == _FILL else None) for one in fill()])
    show(f"fill with {PAGES:,} pages", PAGES / (perf_counter() - started), "pages/s")


@contextmanager
def _crawler(url: str, name: str) -> Iterator[PostgresFrontier]:
    database = open_shared(url)
    frontier = PostgresFrontier(database, name=name)
    frontier.begin("gopher")
    yield frontier
    frontier.release()
    database.close()


def _measure(url: str, database: SharedDatabase) -> None:
    unit = _times(lambda: database.run(lambda db: db.execute("SELECT 1").fetchone()))
    _show("SELECT 1 in a transaction", unit, unit)
    with _crawler(url, "a") as frontier:
        for count in (1, 10):
            leasing, settling = _visits(frontier, count, CALLS // count)
            _show(f"lease of {count}", leasing, unit)
            _show(f"settle {count}, {LINKS} links each", settling, unit)
            both = [sum(pair) for pair in zip(leasing, settling, strict=True)]
            show(f"  pages a second, in leases of {count}", count * len(both) / sum(both), "pages/s")
    for count in (1, 10):
        _measure_together(url, count)


def _measure_together(url: str, count: int) -> None:
    """Measure several crawlers at once."""

    def crawl(number: int) -> None:
        with _crawler(url, f"crawler {number}") as frontier:
            _visits(frontier, count, CALLS // CRAWLERS, seed=number)

    started = perf_counter()
    with ThreadPoolExecutor(CRAWLERS) as pool:
        list(pool.map(crawl, range(CRAWLERS)))
    rate = count * CALLS / (perf_counter() - started)
    show(f"{CRAWLERS} crawlers, in leases of {count}", rate, "pages/s")


def _visits(
    frontier: PostgresFrontier, count: int, calls: int, *, seed: int = 0
) -> tuple[list[float], list[float]]:
    """Return the seconds that each lease and each settling took."""
    random = Random(seed)
    leasing, settling = [], []
    for _ in range(calls):
        started = perf_counter()
        leases = frontier.lease(count, duration=LEASE).leases
        leased = perf_counter()
        assert len(leases) == count
        frontier.settle([Visit(lease, Outcome.OK, _links(random), digest=b"wording") for lease in leases])
        leasing.append(leased - started)
        settling.append(perf_counter() - leased)
    return leasing, settling


def _links(random: Random) -> list[PageKey]:
    return [PageKey(Kind.ARTICLE, random.randrange(1, PAGES * 10 // 9)) for _ in range(LINKS)]


def _times(work: Callable[[], object]) -> list[float]:
    times = []
    for _ in range(CALLS):
        started = perf_counter()
        work()
        times.append(perf_counter() - started)
    return times


def _show(what: str, seconds: list[float], unit: list[float]) -> None:
    p99 = quantiles(seconds, n=100)[-1]
    note = f"p99 {1000 * p99:.1f} ms, {median(seconds) / median(unit):.1f} × SELECT 1"
    show(what, 1000 * median(seconds), "ms", note)
