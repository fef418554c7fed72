"""What servers said to robots, and until when they are left alone: kept from run to run."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlite_utils import Database

from archive.timestamps import parse_stamp, stamp

# After the second run in a row that could not reach a server: half an hour, an hour, … a day. Not after the
# first: whoever started it may have mended what was wrong.
MIN_BACKOFF, MAX_BACKOFF = timedelta(minutes=30), timedelta(days=1)


class StoredRobots(NamedTuple):
    """A ``robots.txt``, empty if there is none, and until when it may be believed."""

    text: str
    until: datetime


class Backoff(NamedTuple):
    """Until when a server is left alone, and why: it ``asked`` for that, or could not be reached."""

    until: datetime
    problem: str
    asked: bool


def load_robots(db: Database, host: str) -> StoredRobots | None:
    """What a server (``gopher://taz.de:70``) said to robots when it was last asked."""
    row = db.execute("SELECT robots, robots_until FROM hosts WHERE host = ?", [host]).fetchone()
    return StoredRobots(row[0], parse_stamp(row[1])) if row and row[1] else None


def store_robots(db: Database, host: str, found: StoredRobots) -> None:
    """Keep what a server said to robots."""
    db.execute(
        "INSERT INTO hosts (host, robots, robots_until) VALUES (?, ?, ?) ON CONFLICT (host) DO UPDATE SET"
        " robots = excluded.robots, robots_until = excluded.robots_until",
        [host, found.text, stamp(found.until)],
    )


def load_backoff(db: Database, host: str) -> Backoff | None:
    """Whether a server was to be left alone when that was last told, be it over or not."""
    row = db.execute(
        "SELECT backoff_until, problem, failure_count FROM hosts WHERE host = ?", [host]
    ).fetchone()
    return Backoff(parse_stamp(row[0]), row[1] or "", asked=not row[2]) if row and row[0] else None


class HostBackoff(NamedTuple):
    """A server that is left alone, until when, a stamp, and why; whether it ``asked`` for that."""

    host: str
    until: str
    problem: str | None
    asked: bool


def list_backoffs(db: Database, *, now: datetime) -> list[HostBackoff]:
    """Whoever is left alone now."""
    query = (
        "SELECT host, backoff_until, problem, failure_count FROM hosts WHERE backoff_until > ? ORDER BY host"
    )
    rows = db.execute(query, [stamp(now)]).fetchall()
    return [HostBackoff(host, until, problem, not failures) for host, until, problem, failures in rows]


def store_backoff(db: Database, host: str, until: datetime, problem: str) -> None:
    """A server asked to be left alone."""
    _store(db, host, stamp(until), problem, 0)


def record_unreachable(db: Database, host: str, *, at: datetime, problem: str) -> None:
    """A run ended because a server could not be reached."""
    (before,) = db.execute("SELECT failure_count FROM hosts WHERE host = ?", [host]).fetchone() or (0,)
    wait = min(MIN_BACKOFF * (1 << min(max(before - 1, 0), 16)), MAX_BACKOFF)
    _store(db, host, stamp(at + wait) if before else None, problem, before + 1)


def record_reachable(db: Database, host: str) -> None:
    """A server gave a page: it need not be left alone any more, unless it was that which asked for it."""
    db.execute(
        "UPDATE hosts SET failure_count = 0, problem = NULL, backoff_until = NULL WHERE host = ?"
        " AND failure_count > 0",
        [host],
    )


def _store(db: Database, host: str, until: str | None, problem: str, failures: int) -> None:
    db.execute(
        "INSERT INTO hosts (host, backoff_until, problem, failure_count) VALUES (?, ?, ?, ?) ON"
        " CONFLICT (host)"
        " DO UPDATE SET backoff_until = excluded.backoff_until, problem = excluded.problem,"
        " failure_count = excluded.failure_count",
        [host, until, problem, failures],
    )
