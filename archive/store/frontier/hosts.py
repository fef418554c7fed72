"""robots.txt and back-off per host, kept between runs."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlite_utils import Database

from archive.timestamps import parse_stamp, stamp

# From the second run in a row that could not reach a host on, the back-off doubles from MIN_BACKOFF to
# MAX_BACKOFF. The first such run causes none: the user may fix the cause and run again.
MIN_BACKOFF, MAX_BACKOFF = timedelta(minutes=30), timedelta(days=1)


class StoredRobots(NamedTuple):
    """A robots.txt, empty if the host has none, and until when it is valid."""

    text: str
    until: datetime


class Backoff(NamedTuple):
    """A back-off: its end and reason, and whether the host ``asked`` for it or was unreachable."""

    until: datetime
    problem: str
    asked: bool


def load_robots(db: Database, host: str) -> StoredRobots | None:
    """Return the stored robots.txt of a host (``gopher://taz.de:70``), None if it was never fetched."""
    row = next(db["hosts"].rows_where("host = ? AND robots_until IS NOT NULL", [host]), None)
    return StoredRobots(row["robots"], parse_stamp(row["robots_until"])) if row else None


def store_robots(db: Database, host: str, found: StoredRobots) -> None:
    """Store the robots.txt of a host."""
    row = {"host": host, "robots": found.text, "robots_until": stamp(found.until)}
    db.table("hosts").upsert(row, pk="host")


def load_backoff(db: Database, host: str) -> Backoff | None:
    """Return the last back-off of a host, even if it has ended, or None."""
    row = next(db["hosts"].rows_where("host = ? AND backoff_until IS NOT NULL", [host]), None)
    if row is None:
        return None
    return Backoff(parse_stamp(row["backoff_until"]), row["problem"] or "", asked=not row["failure_count"])


def store_backoff(db: Database, host: str, until: datetime, problem: str) -> None:
    """Store that a host asked for a back-off."""
    _store(db, host, stamp(until), problem, 0)


def record_unreachable(db: Database, host: str, *, at: datetime, problem: str) -> None:
    """Store that a run ended because a host was unreachable."""
    (before,) = db.execute("SELECT failure_count FROM hosts WHERE host = ?", [host]).fetchone() or (0,)
    wait = min(MIN_BACKOFF * (1 << min(max(before - 1, 0), 16)), MAX_BACKOFF)
    _store(db, host, stamp(at + wait) if before else None, problem, before + 1)


def record_reachable(db: Database, host: str) -> None:
    """Clear the back-off of a host that was unreachable. One that the host asked for stays."""
    db.execute(
        "UPDATE hosts SET failure_count = 0, problem = NULL, backoff_until = NULL WHERE host = ?"
        " AND failure_count > 0",
        [host],
    )


def _store(db: Database, host: str, until: str | None, problem: str, failures: int) -> None:
    row = {"host": host, "backoff_until": until, "problem": problem, "failure_count": failures}
    db.table("hosts").upsert(row, pk="host")
