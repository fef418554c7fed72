"""The paper day by day: what it offered at a time, what happened on a day, how much on each day of a year."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlite_utils import Database

from archive.store.ingest.deriving import TELLING
from archive.store.query.article_events import Event
from archive.store.query.article_versions import gone_since
from archive.timestamps import stamp

WEEKS = 53  # of a calendar
AHEAD = timedelta(days=7)  # that an article may be out before the date it bears


class Offered(NamedTuple):
    """An article as it read at a time. ``edits`` is how many it had had by then; times are stamps."""

    id: int
    number: int
    published: str | None
    title: str
    lead: str | None
    first_seen: str
    seen: str
    gone: bool

    @property
    def edits(self) -> int:
        """How many edits it had had."""
        return self.number - 1


class Day(NamedTuple):
    """How many articles were first seen on a day, and how many edits."""

    day: date
    new: int
    edited: int


def extent(db: Database) -> tuple[str, str] | None:
    """When the first and the last version began; None in an empty archive."""
    # One at a time: asked for both SQLite would read the whole index.
    (first,) = db.execute("SELECT min(first_seen) FROM versions").fetchone()
    (last,) = db.execute("SELECT max(first_seen) FROM versions").fetchone()
    return (first, last) if first else None


def offered(db: Database, *, at: datetime, limit: int) -> list[Offered]:
    """The paper as of a time: articles known then, the last published first."""
    dated = min(at.date(), date.max - AHEAD) + AHEAD
    rows = db.execute(OFFERED, {"at": stamp(at), "dated": dated.isoformat(), "limit": limit}).fetchall()
    return [Offered._make((*row, gone_since(db, row[0], at) is not None)) for row in rows]


OFFERED = """
SELECT a.id, v.number, v.published, v.title, v.lead, a.first_seen, v.first_seen
FROM articles a JOIN versions v ON v.id =
  (SELECT w.id FROM versions w WHERE w.article = a.id AND w.first_seen <= :at
   ORDER BY w.first_seen DESC, w.id DESC LIMIT 1)
WHERE a.published <= :dated AND a.first_seen <= :at
ORDER BY a.published DESC, a.first_seen DESC, a.id DESC LIMIT :limit
"""


def happened(
    db: Database,
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
    rows = db.execute(HAPPENED[what], {**asked, "typography": typography})
    return [Event(at, what, *rest) for at, *rest in rows]


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


def calendar(db: Database, *, last: date) -> Sequence[Day]:
    """Every day of the weeks, Monday to Sunday, that end with that of ``last``.

    Counted day by day along an index, which is many times as quick as grouping by day.
    """
    sunday = last + timedelta(days=6 - last.weekday())
    days = [sunday - timedelta(days=back) for back in reversed(range(WEEKS * 7))]
    return [Day(day, *db.execute(ON_A_DAY, _bounds(day)).fetchone()) for day in days]


def _bounds(day: date) -> dict[str, str]:
    return {"start": day.isoformat(), "end": (day + timedelta(days=1)).isoformat()}


# A day as text comes before all its times, "2025-04-10" < "2025-04-10T…".
ON_A_DAY = """
SELECT (SELECT count(*) FROM articles WHERE first_seen >= :start AND first_seen < :end),
  (SELECT count(*) FROM versions WHERE number > 1 AND first_seen >= :start AND first_seen < :end)
"""
