"""How each source does, as its last runs tell."""

from dataclasses import dataclass
from typing import NamedTuple

from sqlite_utils import Database

from archive.policy.health import RUNS_IN_A_ROW
from archive.policy.layout_change import MIN_BAD_PAGES, Counts
from archive.store.runs.source_stats import COUNT_COLUMNS, counted

RUNS_COUNTED = 10  # runs


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """How a source did in its last ``runs``; ``counts`` is their sum. Times are stamps.

    ``asked`` and ``answered`` are when it last was, and last did; ``down_since`` when the first run began
    of those that got no answer since, ``silent`` how many these are. ``drift`` is what the last run said
    that had pages to judge by, if no `reparse` came after it, and ``drift_seen`` when that run began.
    """

    source: str
    runs: int
    asked: str | None
    answered: str | None
    down_since: str | None
    silent: int
    drift: str | None
    drift_seen: str | None
    counts: Counts

    @property
    def is_down(self) -> bool:
        """Whether it did not answer in as many runs as make an alarm."""
        return self.silent >= RUNS_IN_A_ROW


class _Run(NamedTuple):
    started: str
    drift: str | None
    counts: Counts


def list_source_health(db: Database) -> list[SourceHealth]:
    """The health of every source that was ever asked, by name."""
    names = db.execute("SELECT DISTINCT source FROM crawl_sources ORDER BY source").fetchall()
    return [_source_health(db, name) for (name,) in names]


def _source_health(db: Database, source: str) -> SourceHealth:
    rows = db.execute(LAST_RUNS, [source, RUNS_COUNTED]).fetchall()
    runs = [_Run(started, drift, counted(numbers)) for started, drift, *numbers in rows]
    judged = next((run for run in runs if run.drift or run.counts.came >= MIN_BAD_PAGES), None)
    answered = _last(db, source, "answered_at")
    down_since, silent = db.execute(_ASKED_AFTER, [source, answered[0]]).fetchone()
    return SourceHealth(
        source=source,
        runs=len(runs),
        asked=_last(db, source, "asked_at")[1],
        answered=answered[1],
        down_since=down_since,
        silent=silent,
        drift=judged and judged.drift,
        drift_seen=judged.started if judged and judged.drift else None,
        counts=sum((run.counts for run in runs), start=Counts()),
    )


def _last(db: Database, source: str, what: str) -> tuple[int, str | None]:
    """The last run in which it was asked, or answered, and when it last was in that; run 0 if in none."""
    row = db.execute(
        f"SELECT crawl_id, {what} FROM crawl_sources WHERE source = ? AND {what} IS NOT NULL"  # noqa: S608 - ours
        " ORDER BY crawl_id DESC LIMIT 1",
        [source],
    ).fetchone()
    return (row[0], row[1]) if row else (0, None)


LAST_RUNS = (
    f"SELECT started_at, iif(excluded, NULL, layout_change),"  # noqa: S608
    f" {', '.join(f's.{name}' for name in COUNT_COLUMNS.split(', '))}"
    " FROM crawl_sources s JOIN crawls c ON c.id = s.crawl_id WHERE s.source = ? ORDER BY"
    " s.crawl_id DESC LIMIT ?"
)
_ASKED_AFTER = """
SELECT min(started_at), count(*) FROM crawl_sources s JOIN crawls c ON c.id = s.crawl_id
WHERE s.source = ? AND s.crawl_id > ? AND asked_at IS NOT NULL
"""
