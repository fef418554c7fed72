"""Counts of the pages of a shared frontier. Each reads the whole table: about 0.3 s for a million pages."""

from typing import NamedTuple

from psycopg import Connection

from archive.store import BackfillProgress, Priority
from crawler.postgres.rows import one_row


class PageCounts(NamedTuple):
    """How many pages of a priority are known, due and not leased, and leased."""

    priority: Priority
    known: int
    due: int
    leased: int


_COUNTS = """
SELECT priority, count(*), count(*) FILTER (WHERE ready_at <= now()),
  count(*) FILTER (WHERE leased_until > now())
FROM pages GROUP BY priority ORDER BY priority
"""
_PROGRESS = "SELECT count(*), count(checked_at), min(published) FROM pages WHERE kind = 'article'"


def count_pages(connection: Connection) -> list[PageCounts]:
    """Return the counts of each priority that has pages."""
    rows = connection.execute(_COUNTS).fetchall()
    return [PageCounts(Priority(priority), *counts) for priority, *counts in rows]


def backfill_progress(connection: Connection) -> BackfillProgress:
    """Count the articles of the frontier."""
    known, checked, oldest = one_row(connection, _PROGRESS, [])
    return BackfillProgress(known, checked, oldest and oldest.isoformat())
