"""What happened: to one article, and lately in the whole archive."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from archive.dump.grammar import clean
from archive.store.ingest.deriving import TELLING
from archive.timestamps import stamp


class Sightings(NamedTuple):
    """How often a version was captured, and from which sources."""

    captures: int
    sources: tuple[str, ...]


class Absence(NamedTuple):
    """A time in which an article was not to be found. ``back`` is when it was again, None if not yet."""

    since: str
    captures: int
    back: str | None


class Event(NamedTuple):
    """Something that happened to an article: ``new``, ``edited``, ``gone`` or ``back``.

    ``number`` is that of the version the article had from then on, or, if gone, until then.
    """

    at: str
    what: str
    article: int
    number: int
    title: str


def sightings(db: Database, article: int) -> dict[int, Sightings]:
    """By the version's id."""
    rows = db.execute(
        "SELECT version, count(*), json_group_array(DISTINCT source) FROM captures"
        " WHERE article = ? AND version IS NOT NULL GROUP BY version",
        [article],
    )
    return {
        row: Sightings(count, tuple(sorted(map(clean, json.loads(sources))))) for row, count, sources in rows
    }


def absences(db: Database, article: int) -> list[Absence]:
    """Oldest first. That it was not there before it was first read is no absence."""
    rows = db.execute(
        "SELECT captured_at, outcome FROM captures WHERE article = ? AND outcome IN ('ok', 'absent')"
        " ORDER BY captured_at, id",
        [article],
    ).fetchall()
    first = next((at for at, (_, outcome) in enumerate(rows) if outcome == "ok"), len(rows))
    return _absences(rows[first:])


def _absences(rows: Sequence[tuple[str, str]]) -> list[Absence]:
    found: list[Absence] = []
    for at, outcome in rows:
        missing = found and found[-1].back is None
        if missing and outcome == "ok":
            found[-1] = found[-1]._replace(back=at)
        elif missing:
            found[-1] = found[-1]._replace(captures=found[-1].captures + 1)
        elif outcome == "absent":
            found.append(Absence(since=at, captures=1, back=None))
    return found


def events(db: Database, *, since: datetime, limit: int, until: datetime | None = None) -> list[Event]:
    """What happened since a time, newest first, at one time by id. ``limit`` 0 is no limit."""
    asked = {"since": stamp(since), "until": until and stamp(until), "limit": limit or -1}
    rows = db.execute(EVENTS, asked)
    return [Event(*row) for row in rows]


# The conditions on outcome <> 'ok' let SQLite use the index of problems, which is small. An article that
# comes back in a new wording is both back and edited.
EVENTS = f"""
WITH happened (at, what, article) AS (
  SELECT c.captured_at, 'gone', c.article FROM captures c
  WHERE c.outcome <> 'ok' AND c.outcome = 'absent' AND c.article IS NOT NULL AND c.captured_at >= :since
    AND 'ok' =
    (SELECT p.outcome FROM captures p WHERE p.article = c.article AND p.{TELLING}
     AND (p.captured_at, p.id) < (c.captured_at, c.id) ORDER BY p.captured_at DESC, p.id DESC LIMIT 1)
  UNION ALL
  SELECT n.captured_at, 'back', n.article FROM captures c JOIN captures n ON n.id =
    (SELECT f.id FROM captures f WHERE f.article = c.article AND f.{TELLING}
     AND (f.captured_at, f.id) > (c.captured_at, c.id) ORDER BY f.captured_at, f.id LIMIT 1)
  WHERE c.outcome <> 'ok' AND c.outcome = 'absent' AND c.article IS NOT NULL
    AND n.outcome = 'ok' AND n.captured_at >= :since
    AND n.captured_at > (SELECT first_seen FROM articles WHERE id = n.article)
)
SELECT * FROM (SELECT first_seen AS at, iif(number = 1, 'new', 'edited'), article, number, title
FROM versions WHERE first_seen >= :since AND (:until IS NULL OR first_seen <= :until)
UNION ALL
SELECT at, what, h.article, v.number, v.title FROM happened h JOIN versions v ON v.id =
  (SELECT w.id FROM versions w WHERE w.article = h.article AND w.first_seen <= h.at
   ORDER BY w.first_seen DESC, w.id DESC LIMIT 1))
WHERE :until IS NULL OR at <= :until ORDER BY at DESC, article, number LIMIT :limit
"""  # noqa: S608 - made of our own text
