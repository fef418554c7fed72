"""Check with Python's own sqlite3 whether nothing is due: the usual result of a crawl from cron.

Return False on any doubt; the full program then decides.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from archive.errors import StoreError
from archive.policy.health import HealthInputs
from archive.store.db.lock import writing
from archive.store.db.write_ahead_log import has_foreign_log
from archive.store.runs.run_history import record_idle_run
from archive.timestamps import stamp

Judgement = Callable[[HealthInputs, datetime], bool]

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


def record_if_idle(path: Path, source: str, is_expected: Judgement | None = None) -> bool:
    """Record a run that found nothing due, as a crawl would. Returns whether that was the case.

    Returns False unless the file is an archive of this release that no other process writes to, and, after
    the run, in a state of health that ``is_expected``.
    """
    now = datetime.now(UTC)
    try:
        if not path.is_file() or has_foreign_log(path) or not _nothing_due(path, source, stamp(now)):
            return False
        with writing(path), closing(sqlite3.connect(_uri(path, "rw"), uri=True, timeout=0)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            record_idle_run(connection, source=source, at=now)
            if is_expected and not _is_as_expected(connection, path, now, is_expected):
                return False  # closing the connection rolls back
            connection.commit()
            return True
    except (sqlite3.Error, StoreError):
        return False


def _is_as_expected(
    connection: sqlite3.Connection, path: Path, now: datetime, is_expected: Judgement
) -> bool:
    """Judge the health of an archive that the full program would open.

    That this process holds the lock is no matter: the last run has ended.
    """
    # A plain crawl needs neither.
    from archive.store.db.release_schema import has_release_schema  # noqa: PLC0415
    from archive.store.runs.health_inputs import load_health_inputs  # noqa: PLC0415

    if not has_release_schema(connection):
        return False
    try:
        inputs = load_health_inputs(connection, path, now=now)
    except (ValueError, OSError):  # a time that is not a stamp
        return False
    return is_expected(inputs, now)


def _nothing_due(path: Path, source: str, now: str) -> bool:
    """Check without the lock, since taking it creates a lock file next to any file."""
    with closing(sqlite3.connect(_uri(path, "ro"), uri=True)) as connection:
        return bool(connection.execute(_IS_IDLE, {"now": now, "source": source}).fetchone()[0])


def _uri(path: Path, mode: str) -> str:
    return f"{path.absolute().as_uri()}?mode={mode}"
