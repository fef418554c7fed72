"""The health of each source, from its last runs, read with Python's own sqlite3 for idle crawls."""

import sqlite3
from dataclasses import dataclass
from typing import NamedTuple

from archive.policy.health import RUNS_IN_A_ROW
from archive.policy.layout_change import COUNT_NAMES, MIN_BAD_PAGES, Counts

RUNS_COUNTED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """The health of a source in its last ``runs``; ``counts`` is their sum. Times are stamps.

    ``asked`` is the time of the last request, ``answered`` of the last complete answer. ``silent`` is the
    number of runs without an answer since then, and ``down_since`` the start of the first of them.
    ``layout_change`` is what the last run with enough pages found, unless a `reparse` followed, and
    ``layout_change_seen`` the start of that run.
    """

    source: str
    runs: int
    asked: str | None
    answered: str | None
    down_since: str | None
    silent: int
    layout_change: str | None
    layout_change_seen: str | None
    counts: Counts

    @property
    def is_down(self) -> bool:
        """Whether it did not answer in as many runs as make an alarm."""
        return self.silent >= RUNS_IN_A_ROW


class _Run(NamedTuple):
    started: str
    layout_change: str | None
    counts: Counts


def list_source_health(connection: sqlite3.Connection) -> list[SourceHealth]:
    """Return the health of every source of any run, in alphabetical order."""
    names = connection.execute("SELECT DISTINCT source FROM crawl_sources ORDER BY source").fetchall()
    return [_source_health(connection, name) for (name,) in names]


def _source_health(connection: sqlite3.Connection, source: str) -> SourceHealth:
    rows = connection.execute(_LAST_RUNS, [source, RUNS_COUNTED]).fetchall()
    runs = [
        _Run(started, change, Counts(**dict(zip(COUNT_NAMES, numbers, strict=True))))
        for started, change, *numbers in rows
    ]
    evaluated = next((run for run in runs if run.layout_change or run.counts.came >= MIN_BAD_PAGES), None)
    answered = _last(connection, source, "answered_at")
    down_since, silent = connection.execute(_ASKED_AFTER, [source, answered[0]]).fetchone()
    return SourceHealth(
        source=source,
        runs=len(runs),
        asked=_last(connection, source, "asked_at")[1],
        answered=answered[1],
        down_since=down_since,
        silent=silent,
        layout_change=evaluated and evaluated.layout_change,
        layout_change_seen=evaluated.started if evaluated and evaluated.layout_change else None,
        counts=sum((run.counts for run in runs), start=Counts()),
    )


def _last(connection: sqlite3.Connection, source: str, column: str) -> tuple[int, str | None]:
    """Return the last run with a value in ``column``, and the value; (0, None) if no run has one."""
    query = (
        f"SELECT crawl_id, {column} FROM crawl_sources WHERE source = ? AND {column} IS NOT NULL"  # noqa: S608 - ours
        " ORDER BY crawl_id DESC LIMIT 1"
    )
    return connection.execute(query, [source]).fetchone() or (0, None)


_LAST_RUNS = f"""
SELECT started_at, iif(excluded, NULL, layout_change), {", ".join(f"s.{name}" for name in COUNT_NAMES)}
FROM crawl_sources s JOIN crawls c ON c.id = s.crawl_id WHERE s.source = ? ORDER BY s.crawl_id DESC LIMIT ?
"""  # noqa: S608 - ours
_ASKED_AFTER = """
SELECT min(started_at), count(*) FROM crawl_sources s JOIN crawls c ON c.id = s.crawl_id
WHERE s.source = ? AND s.crawl_id > ? AND asked_at IS NOT NULL
"""
