"""Recording of runs in the history: one row of ``crawls`` per run, however it ends."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlite_utils import Database

from archive.policy.health import REASON_DIED, REASON_FAILED_PREFIX
from archive.store.ingest.recorded import Recorded
from archive.timestamps import stamp

MAX_REASON_CHARS = 300


def mark_dead_runs(db: Database) -> None:
    """Mark all unfinished runs as dead. The caller holds the archive's lock, so no run is active."""
    db.execute("UPDATE crawls SET reason = ? WHERE finished_at IS NULL AND reason IS NULL", [REASON_DIED])


def begin(db: Database, *, source: str, at: datetime) -> int:
    """Record the start of a run and return its id."""
    insert = "INSERT INTO crawls (started_at, sources) VALUES (?, ?) RETURNING id"
    return int(db.execute(insert, [stamp(at), source]).fetchone()[0])


def count(db: Database, crawl: int, recorded: Sequence[Recorded]) -> None:
    """Add a batch of captures to the counts of its run."""
    # Raw SQL, since recording captures runs it.
    db.execute(
        "UPDATE crawls SET page_count = page_count + ?, problem_count = problem_count + ?,"
        " new_articles = new_articles + ?,"
        " new_versions = new_versions + ?, bytes = bytes + ? WHERE id = ?",
        [
            len(recorded),
            sum(done.outcome.is_problem and not done.unconfirmed for done in recorded),
            sum(done.new for done in recorded),
            sum(done.version is not None for done in recorded),
            sum(done.size for done in recorded),
            crawl,
        ],
    )


def finish(db: Database, crawl: int, *, at: datetime, reason: str, stats: dict[str, object]) -> None:
    """Record the end of a run."""
    written = json.dumps(stats, default=str, sort_keys=True)
    db.table("crawls").update(crawl, {"finished_at": stamp(at), "reason": reason, "stats": written})


def fail(db: Database, crawl: int, *, at: datetime, problem: str) -> None:
    """Record the failure of a run."""
    reason = f"{REASON_FAILED_PREFIX}{problem}"[:MAX_REASON_CHARS]
    db.table("crawls").update(crawl, {"finished_at": stamp(at), "reason": reason})


def count_captures(db: Database, *, since: datetime) -> int:
    """Return the number of captures of runs that began at or after a time."""
    query = "SELECT ifnull(sum(page_count), 0) FROM crawls WHERE started_at >= ?"
    return int(db.execute(query, [stamp(since)]).fetchone()[0])
