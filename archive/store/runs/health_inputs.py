"""The inputs of the health check, from fast queries: none counts all captures or versions."""

import shutil
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

from archive.policy.health import RUNS_IN_A_ROW, BackOff, HealthInputs, RunResult, SourceState
from archive.policy.revisit import MAX_DAYS_UNTIL_DUE
from archive.store.db import lock
from archive.store.frontier import host_backoffs
from archive.store.runs import run_history, source_health
from archive.store.runs.run_history import RunRecord
from archive.store.runs.source_health import SourceHealth
from archive.store.soundness.check_history import load_part_checks
from archive.timestamps import parse_stamp, stamp

_DAY = timedelta(days=1)
_GROWTH_PERIOD = 7 * _DAY  # over which growth is measured
_MIN_GROWTH_PERIOD = 2 * _DAY


def load_health_inputs(connection: sqlite3.Connection, path: Path, *, now: datetime) -> HealthInputs:
    """Return what the health check needs, without changing the file."""
    last = run_history.list_recent(connection, 2 * RUNS_IN_A_ROW + 1)  # idle ones share rows between them
    new, edited = connection.execute(_NEWS, {"since": stamp(now - _DAY)}).fetchone()
    times = {"now": stamp(now), "latest": stamp(now + timedelta(days=max(MAX_DAYS_UNTIL_DUE.values())))}
    pages, due, unfetched, implausible = connection.execute(_PAGES, times).fetchone()
    size = file_size(path)
    return HealthInputs(
        runs=[_run_result(run) for run in last],
        is_locked=lock.is_held(path),
        last_request_at=_moment(connection.execute(_LAST_ASKED).fetchone()[0]),
        last_change_at=_moment(connection.execute("SELECT max(first_seen) FROM versions").fetchone()[0]),
        new_articles=new,
        edited_articles=edited,
        sources=[
            _source(source)
            for source in source_health.list_source_health(connection)
            if _is_asked_by_last_run(source, last)
        ],
        back_offs=[
            BackOff(rest.host, parse_stamp(rest.until), rest.problem or "")
            for rest in host_backoffs.list_backoffs(connection, now=now)
            if rest.asked
        ],
        pages=pages,
        due_pages=due,
        unfetched_pages=unfetched,
        size_bytes=size,
        free_bytes=shutil.disk_usage(path.resolve().parent).free,
        bytes_per_day=_growth_per_day(connection, size, now),
        implausible_pages=implausible,
        last_failure_at=_moment(connection.execute(_LAST_FAILURE).fetchone()[0]),
        unchecked_since=_moment(load_part_checks(connection, path, stamp(now)).unchecked_since),
    )


def file_size(path: Path) -> int:
    """Return the size of an archive and its write-ahead log, in bytes."""
    files = (path, path.with_name(f"{path.name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


_NEWS = """
SELECT count(*) FILTER (WHERE number = 1), count(*) FILTER (WHERE number > 1)
FROM versions WHERE first_seen >= :since
"""
_LAST_ASKED = "SELECT max(asked_at) FROM crawl_sources WHERE crawl_id = (SELECT max(id) FROM crawls)"
_PAGES = """
SELECT count(*),
  count(*) FILTER (WHERE priority < 9 AND due_at <= :now AND (leased_until IS NULL OR leased_until <= :now)),
  count(*) FILTER (WHERE checked_at IS NULL),
  -- By the index on (priority, due_at), for which each range has to be named.
  (SELECT count(*) FROM pages WHERE priority < 0 OR priority BETWEEN 6 AND 8 OR priority > 9)
    + (SELECT count(*) FROM json_each('[0, 1, 2, 3, 4, 5, 9]')
       JOIN pages AS late ON late.priority = value AND late.due_at > :latest)
FROM pages
"""
_LAST_FAILURE = "SELECT max(captured_at) FROM captures WHERE outcome <> 'ok'"  # has an index


def _run_result(run: RunRecord) -> RunResult:
    return RunResult(
        started=parse_stamp(run.started),
        finished=_moment(run.finished),
        reason=run.reason,
        pages=run.pages,
        problems=run.problems,
    )


def _moment(text: str | None) -> datetime | None:
    return parse_stamp(text) if text else None


def _is_asked_by_last_run(source: SourceHealth, last: list[RunRecord]) -> bool:
    """Return whether the last run used the source: the state of abandoned sources is of no interest."""
    return bool(last) and source.source in last[0].source.split(", ")


def _source(source: SourceHealth) -> SourceState:
    return SourceState(source.source, _moment(source.down_since), source.silent, source.layout_change)


def _growth_per_day(connection: sqlite3.Connection, size: int, now: datetime) -> float | None:
    """Return the growth in bytes per day: the file size times the recent share of all bytes received."""
    (first,) = connection.execute("SELECT min(started_at) FROM crawls").fetchone()
    period = min(_GROWTH_PERIOD, now - parse_stamp(first)) if first else timedelta()
    if period < _MIN_GROWTH_PERIOD:
        return None
    recent, total = connection.execute(_RECEIVED, {"since": stamp(now - period)}).fetchone()
    return size * recent / total / (period / _DAY) if total else None


_RECEIVED = (
    "SELECT ifnull(sum(bytes) FILTER (WHERE started_at >= :since), 0), ifnull(sum(bytes), 0) FROM crawls"
)
