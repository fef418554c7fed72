"""The run history, read and extended with Python's own sqlite3, since idle crawls load nothing else."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from archive.policy.health import REASON_IDLE
from archive.timestamps import stamp

_RECENT_RUNS = """
SELECT id, started_at, finished_at, reason, sources,
  page_count, problem_count, new_articles, new_versions, bytes, idle_runs
FROM crawls ORDER BY id DESC LIMIT ?
"""
_LAST_RUN = "SELECT id, reason, sources FROM crawls ORDER BY id DESC LIMIT 1"
_EXTEND_RUN = "UPDATE crawls SET finished_at = ?, idle_runs = idle_runs + 1 WHERE id = ?"
_INSERT_RUN = (
    "INSERT INTO crawls (started_at, finished_at, reason, sources, idle_runs) VALUES (?, ?, ?, ?, 1)"
)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One crawl in the run history. Times are stamps.

    ``pages`` counts captures, ``problems`` those that failed or could not be read; absent pages are not a
    problem. ``reason`` is Scrapy's: ``finished``, ``shutdown``, ``closespider_timeout`` …; None during the
    run. ``idle_runs`` is 0, or the number of consecutive idle runs that share the record.
    """

    id: int
    started: str
    finished: str | None
    reason: str | None
    source: str
    pages: int
    problems: int
    new_articles: int
    new_versions: int
    bytes: int
    idle_runs: int


def list_recent(connection: sqlite3.Connection, count: int) -> list[RunRecord]:
    """Return the last ``count`` runs, newest first."""
    return [RunRecord(*row) for row in connection.execute(_RECENT_RUNS, [count])]


def record_idle_run(connection: sqlite3.Connection, *, source: str, at: datetime) -> None:
    """Record a run that found nothing due. Consecutive ones share one row."""
    last, now = connection.execute(_LAST_RUN).fetchone(), stamp(at)
    if last and tuple(last[1:]) == (REASON_IDLE, source):
        connection.execute(_EXTEND_RUN, [now, last[0]])
    else:
        connection.execute(_INSERT_RUN, [now, now, REASON_IDLE, source])
