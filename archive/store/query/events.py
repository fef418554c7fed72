"""What happened: new articles, edits, articles that were gone, and back."""

from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from archive.store.ingest.deriving import TELLING
from archive.timestamps import stamp


class Event(NamedTuple):
    """Something that happened to an article: ``new``, ``edited``, ``gone`` or ``back``.

    ``number`` is that of the version the article had from then on, or, if gone, until then.
    """

    at: str
    what: str
    article: int
    number: int
    title: str


class Events:
    """What happened to all articles."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def between(self, *, since: datetime, limit: int, until: datetime | None = None) -> list[Event]:
        """What happened since a time, newest first, at one time by id. ``limit`` 0 is no limit."""
        asked = {"since": stamp(since), "until": until and stamp(until), "limit": limit or -1}
        rows = self._db.execute(EVENTS, asked)
        return [Event(*row) for row in rows]

    def of_kind(
        self,
        what: str,
        *,
        start: datetime,
        end: datetime,
        limit: int,
        offset: int = 0,
        typography: bool = True,
    ) -> list[Event]:
        """What of one kind (``new``, ``edited``, ``gone``, ``back``) happened in a time, newest first.

        Without ``typography`` edits of typography only are left out.
        """
        asked = {"start": stamp(start), "end": stamp(end), "limit": limit, "offset": offset}
        rows = self._db.execute(HAPPENED[what], {**asked, "typography": typography})
        return [Event(at, what, *rest) for at, *rest in rows]


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

_VERSION_THEN = """JOIN versions v ON v.id = (SELECT w.id FROM versions w
  WHERE w.article = c.article AND w.first_seen <= c.captured_at
  ORDER BY w.first_seen DESC, w.id DESC LIMIT 1)"""

_BEFORE = f"""(SELECT p.outcome FROM captures p WHERE p.article = c.article AND p.{TELLING}
  AND (p.captured_at, p.id) < (c.captured_at, c.id) ORDER BY p.captured_at DESC, p.id DESC LIMIT 1)"""  # noqa: S608

_SPAN = "c.captured_at >= :start AND c.captured_at < :end"

_NEWEST = "ORDER BY c.captured_at DESC, c.id DESC LIMIT :limit OFFSET :offset"

HAPPENED = {
    "new": """
SELECT a.first_seen, a.id, v.number, v.title
FROM articles a JOIN versions v ON v.article = a.id AND v.number = 1
WHERE a.first_seen >= :start AND a.first_seen < :end
ORDER BY a.first_seen DESC, a.id DESC LIMIT :limit OFFSET :offset""",
    "edited": """
SELECT first_seen, article, number, title FROM versions
WHERE number > 1 AND first_seen >= :start AND first_seen < :end
  AND (:typography OR 1 IS NOT (SELECT min(typography) FROM version_edits WHERE version = versions.id))
ORDER BY first_seen DESC, id DESC LIMIT :limit OFFSET :offset""",
    # The conditions on outcome <> 'ok' let SQLite use the index of problems, which is small.
    "gone": f"""
SELECT c.captured_at, c.article, v.number, v.title FROM captures c {_VERSION_THEN}
WHERE c.outcome <> 'ok' AND c.outcome = 'absent' AND {_SPAN} AND 'ok' = {_BEFORE} {_NEWEST}""",  # noqa: S608
    "back": f"""
SELECT c.captured_at, c.article, v.number, v.title
FROM (SELECT DISTINCT article FROM captures WHERE outcome = 'absent' AND article IS NOT NULL) missed
CROSS JOIN captures c ON c.article = missed.article {_VERSION_THEN}
WHERE c.outcome = 'ok' AND {_SPAN} AND 'absent' = {_BEFORE}
  AND c.captured_at > (SELECT first_seen FROM articles WHERE id = c.article) {_NEWEST}""",  # noqa: S608
}
