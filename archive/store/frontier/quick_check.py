"""Check with Python's own sqlite3 whether nothing is due: the usual result of a crawl from cron.

Return False on any doubt; the full program then decides.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from archive.errors import StoreError
from archive.policy.health import REASON_IDLE
from archive.store.db.held_file import has_foreign_log
from archive.store.db.lock import writing
from archive.timestamps import stamp

# The archive is of this release and has a root page. Its last run has ended, and not in the future, since a
# clock that was ahead leaves pages to reschedule. An earlier run had the same source, so its name is valid.
# No page is due, no article is truncated or transliterated, and nothing is pending.
_IS_IDLE = """
SELECT (SELECT application_id = 0x74617A61 FROM pragma_application_id)
  AND EXISTS (SELECT 1 FROM pages WHERE kind = 'root' AND change_score >= 0)
  AND (SELECT finished_at <= :now FROM crawls ORDER BY id DESC LIMIT 1)
  AND EXISTS (SELECT 1 FROM crawls WHERE sources = :source)
  AND NOT EXISTS (SELECT 1 FROM versions INDEXED BY versions_truncated WHERE truncation_count > 0
    OR umlauts_transliterated = 1)
  AND NOT EXISTS (SELECT 1 FROM pending)
  AND NOT EXISTS
    (SELECT 1 FROM json_each('[0, 1, 2, 3, 4, 5, 9]') JOIN pages ON priority = value WHERE due_at <= :now)
"""
_LAST_RUN = "SELECT id, reason, sources FROM crawls ORDER BY id DESC LIMIT 1"
_EXTEND_RUN = "UPDATE crawls SET finished_at = ?, idle_runs = idle_runs + 1 WHERE id = ?"
_INSERT_RUN = (
    "INSERT INTO crawls (started_at, finished_at, reason, sources, idle_runs) VALUES (?, ?, ?, ?, 1)"
)


def record_if_idle(path: Path, source: str) -> bool:
    """Record a run that found nothing due, as a crawl would. Returns whether that was the case.

    Returns False unless the file is an archive of this release that no other process writes to.
    """
    now = stamp(datetime.now(UTC))
    try:
        if not path.is_file() or has_foreign_log(path) or not _nothing_due(path, source, now):
            return False
        with writing(path), closing(sqlite3.connect(_uri(path, "rw"), uri=True, timeout=0)) as connection:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                record_idle_run(connection, source, now)
            return True
    except (sqlite3.Error, StoreError):
        return False


def _nothing_due(path: Path, source: str, now: str) -> bool:
    """Check without the lock, since taking it creates a lock file next to any file."""
    with closing(sqlite3.connect(_uri(path, "ro"), uri=True)) as connection:
        return bool(connection.execute(_IS_IDLE, {"now": now, "source": source}).fetchone()[0])


def _uri(path: Path, mode: str) -> str:
    return f"{path.absolute().as_uri()}?mode={mode}"


def record_idle_run(connection: sqlite3.Connection, source: str, now: str) -> None:
    """Record a run that found nothing due. Consecutive ones share one row."""
    last = connection.execute(_LAST_RUN).fetchone()
    if last and tuple(last[1:]) == (REASON_IDLE, source):
        connection.execute(_EXTEND_RUN, [now, last[0]])
    else:
        connection.execute(_INSERT_RUN, [now, now, REASON_IDLE, source])
