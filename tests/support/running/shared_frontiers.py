"""Runs that share a frontier, and the passing of time in its database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from crawler.fetch import Lease
from crawler.postgres.connection import SharedDatabase
from crawler.postgres.frontier import PostgresFrontier
from crawler.postgres.schema import open_shared

TEN_MINUTES = timedelta(minutes=10)
_PASS = """
UPDATE pages SET due_at = due_at - %(by)s, leased_until = leased_until - %(by)s,
  discovered_at = discovered_at - %(by)s, checked_at = checked_at - %(by)s,
  changed_at = changed_at - %(by)s, first_seen = first_seen - %(by)s
"""


@contextmanager
def crawler_of(url: str, name: str = "a") -> Iterator[PostgresFrontier]:
    """Yield the frontier of a run that ends with the block."""
    database = open_shared(url)
    frontier = PostgresFrontier(database, name=name)
    frontier.begin("gopher")
    try:
        yield frontier
        frontier.release()
    finally:
        database.close()


def leased(frontier: PostgresFrontier, count: int = 1, *, duration: timedelta = TEN_MINUTES) -> list[Lease]:
    return list(frontier.lease(count, duration=duration).leases)


def let_pass(database: SharedDatabase, by: timedelta) -> None:
    """Let time pass for all pages."""
    database.run(lambda db: db.execute(_PASS, {"by": by}))


def let_lives_end(database: SharedDatabase) -> None:
    """Let all runs count as dead, as if they were killed and their time was up."""
    database.run(lambda db: db.execute("UPDATE crawlers SET lives_until = now() WHERE ended_at IS NULL"))
