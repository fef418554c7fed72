"""The runs that share a frontier: who crawls, and until when each counts as alive."""

import os
from datetime import timedelta

from psycopg import Connection

from crawler.postgres.rows import one_row

FIRST_LIFE = timedelta(minutes=2)  # of a run that has not leased a page yet
KEPT_DAYS = 30  # for which runs that have ended are listed

_FORGET = "DELETE FROM crawlers WHERE lives_until < now() - make_interval(days => %s)"
_END_DEAD = (
    "UPDATE crawlers SET ended_at = lives_until WHERE name = %s AND ended_at IS NULL AND lives_until < now()"
)
_BEGIN = """
INSERT INTO crawlers (name, pid, sources, lives_until) VALUES (%s, %s, %s, now() + %s) RETURNING id
"""
_SEEN = """
UPDATE crawlers SET seen_at = now(), done_count = done_count + %(done)s,
  lives_until = CASE WHEN %(duration)s > interval '0' THEN now() + %(duration)s ELSE lives_until END
WHERE id = %(run)s
"""
_END = "UPDATE crawlers SET ended_at = now(), seen_at = now() WHERE id = %s AND ended_at IS NULL"


def begin(connection: Connection, name: str, sources: str) -> int:
    """Register a run of this process, and return its id. Dead runs of the same name have ended then."""
    connection.execute(_FORGET, [KEPT_DAYS])
    connection.execute(_END_DEAD, [name])
    return int(one_row(connection, _BEGIN, [name, os.getpid(), sources, FIRST_LIFE])[0])


def note_alive(connection: Connection, run: int, duration: timedelta, *, done: int = 0) -> None:
    """Note that a run has ``done`` so many pages more, and lives for a ``duration`` from now, unless zero."""
    connection.execute(_SEEN, {"done": done, "duration": duration, "run": run})


def end(connection: Connection, run: int) -> None:
    """Note that a run has ended."""
    connection.execute(_END, [run])
