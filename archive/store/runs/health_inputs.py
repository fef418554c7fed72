"""What tells how an archive does, asked quickly: nothing here counts all captures or versions."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from sqlite_utils import Database

from archive.policy.health import RUNS_IN_A_ROW, BackOff, HealthInputs, RunResult, SourceState
from archive.store.db import lock
from archive.store.db.row_rules import MAX_DAYS_UNTIL_DUE
from archive.store.frontier import hosts
from archive.store.runs import runs, source_health
from archive.store.runs.runs import RunRecord
from archive.store.runs.source_health import SourceHealth
from archive.timestamps import parse_stamp, stamp

_DAY = timedelta(days=1)
LATELY = 7 * _DAY  # what the growth is measured by
LEAST_LATELY = 2 * _DAY  # below which it tells nothing


def load_health_inputs(db: Database, path: Path, *, now: datetime) -> HealthInputs:
    """How the archive does. The file is only looked at."""
    last = runs.list_recent(db, 2 * RUNS_IN_A_ROW + 1)  # idle ones between them
    new, edited = db.execute(_NEWS, {"since": stamp(now - _DAY)}).fetchone()
    times = {"now": stamp(now), "latest": stamp(now + timedelta(days=MAX_DAYS_UNTIL_DUE))}
    pages, due, unfetched, unbelievable = db.execute(_PAGES, times).fetchone()
    size = file_size(path)
    return HealthInputs(
        runs=[_seen(run) for run in last],
        is_locked=lock.is_held(path),
        last_request_at=_moment(db.execute(_LAST_ASKED).fetchone()[0]),
        last_change_at=_moment(db.execute("SELECT max(first_seen) FROM versions").fetchone()[0]),
        new_articles=new,
        edited_articles=edited,
        sources=[
            _source(source)
            for source in source_health.list_source_health(db)
            if _is_asked_by_last_run(source, last)
        ],
        back_offs=[
            BackOff(rest.host, parse_stamp(rest.until), rest.problem or "")
            for rest in hosts.list_backoffs(db, now=now)
            if rest.asked
        ],
        pages=pages,
        due_pages=due,
        unfetched_pages=unfetched,
        size_bytes=size,
        free_bytes=shutil.disk_usage(path.resolve().parent).free,
        bytes_per_day=_growth_per_day(db, size, now),
        implausible_pages=unbelievable,
        last_failure_at=_moment(db.execute(_LAST_FAILURE).fetchone()[0]),
    )


def file_size(path: Path) -> int:
    """The archive's bytes, with those SQLite has not moved into it yet."""
    files = (path, path.with_name(f"{path.name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


_NEWS = """
SELECT count(*) FILTER (WHERE number = 1), count(*) FILTER (WHERE number > 1)
FROM versions WHERE first_seen >= :since
"""
_LAST_ASKED = "SELECT max(asked_at) FROM crawl_sources WHERE crawl_id = (SELECT max(id) FROM crawls)"
_PAGES = """
SELECT count(*),
  count(*) FILTER (WHERE due_at <= :now AND (leased_until IS NULL OR leased_until <= :now)),
  count(*) FILTER (WHERE checked_at IS NULL),
  count(*) FILTER (WHERE priority NOT IN (0, 1, 2, 3, 4, 5, 9) OR due_at > :latest)
FROM pages
"""
_LAST_FAILURE = "SELECT max(captured_at) FROM captures WHERE outcome <> 'ok'"  # has an index


def _seen(run: RunRecord) -> RunResult:
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
    """Whether the last run was to ask it; one that somebody has given up is nobody's worry."""
    return bool(last) and source.source in last[0].source.split(", ")


def _source(source: SourceHealth) -> SourceState:
    return SourceState(source.source, _moment(source.down_since), source.silent, source.drift)


def _growth_per_day(db: Database, size: int, now: datetime) -> float | None:
    """Bytes a day: the file's own, by the share of all that was received which is of the last days."""
    (first,) = db.execute("SELECT min(started_at) FROM crawls").fetchone()
    lately = min(LATELY, now - parse_stamp(first)) if first else timedelta()
    if lately < LEAST_LATELY:
        return None
    received, in_all = db.execute(_RECEIVED, {"since": stamp(now - lately)}).fetchone()
    return size * received / in_all / (lately / _DAY) if in_all else None


_RECEIVED = (
    "SELECT ifnull(sum(bytes) FILTER (WHERE started_at >= :since), 0), ifnull(sum(bytes), 0) FROM crawls"
)
