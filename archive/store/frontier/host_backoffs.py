"""The hosts in back-off, read with Python's own sqlite3, since idle crawls load nothing else."""

import sqlite3
from datetime import datetime
from typing import NamedTuple

from archive.timestamps import stamp

_BACKOFFS = """
SELECT host, backoff_until, problem, NOT ifnull(failure_count, 0) FROM hosts
WHERE backoff_until > ? ORDER BY host
"""


class HostBackoff(NamedTuple):
    """A host in back-off until ``until`` (a stamp), and whether it ``asked`` for that or was unreachable."""

    host: str
    until: str
    problem: str | None
    asked: bool


def list_backoffs(connection: sqlite3.Connection, *, now: datetime) -> list[HostBackoff]:
    """Return the hosts in back-off now, ordered by host."""
    rows = connection.execute(_BACKOFFS, [stamp(now)])
    return [HostBackoff(host, until, problem, bool(asked)) for host, until, problem, asked in rows]
