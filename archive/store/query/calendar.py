"""The paper day by day: what it offered at a time, what happened on a day, how much on each day of a year."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlite_utils import Database

from archive.store.query.as_of import gone_since, version_as_of
from archive.timestamps import stamp

WEEKS_SHOWN = 53  # of a calendar

_MAX_DATED_AHEAD = timedelta(days=7)  # that an article may be out before the date it bears


class PaperArticle(NamedTuple):
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


class DayCounts(NamedTuple):
    """How many articles were first seen on a day, and how many edits."""

    day: date
    new: int
    edited: int


class Calendar:
    """The archive by day and at a time."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def extent(self) -> tuple[str, str] | None:
        """When the first and the last version began; None in an empty archive."""
        # One at a time: asked for both SQLite would read the whole index.
        (first,) = self._db.execute("SELECT min(first_seen) FROM versions").fetchone()
        (last,) = self._db.execute("SELECT max(first_seen) FROM versions").fetchone()
        return (first, last) if first else None

    def offered(self, *, at: datetime, limit: int) -> list[PaperArticle]:
        """The paper as of a time: articles known then, the last published first."""
        dated = min(at.date(), date.max - _MAX_DATED_AHEAD) + _MAX_DATED_AHEAD
        rows = self._db.execute(_OFFERED, {"at": stamp(at), "dated": dated.isoformat(), "limit": limit})
        return [PaperArticle._make((*row[:-1], bool(row[-1]))) for row in rows]

    def days(self, *, last: date) -> Sequence[DayCounts]:
        """Every day of the weeks, Monday to Sunday, that end with that of ``last``.

        Counted day by day along an index, which is many times as quick as grouping by day.
        """
        sunday = last + timedelta(days=6 - last.weekday())
        days = [sunday - timedelta(days=back) for back in reversed(range(WEEKS_SHOWN * 7))]
        return [DayCounts(day, *self._db.execute(_ON_A_DAY, _bounds(day)).fetchone()) for day in days]


_OFFERED = f"""
SELECT a.id, v.number, v.published, v.title, v.lead, a.first_seen, v.first_seen,
  {gone_since("a.id", ":at")} IS NOT NULL
FROM articles a JOIN versions v ON v.id = {version_as_of("a.id", ":at")}
WHERE a.published <= :dated AND a.first_seen <= :at
ORDER BY a.published DESC, a.first_seen DESC, a.id DESC LIMIT :limit
"""  # noqa: S608 - SQL of this package


def _bounds(day: date) -> dict[str, str]:
    return {"start": day.isoformat(), "end": (day + timedelta(days=1)).isoformat()}


# A day as text comes before all its times, "2025-04-10" < "2025-04-10T…".
_ON_A_DAY = """
SELECT (SELECT count(*) FROM articles WHERE first_seen >= :start AND first_seen < :end),
  (SELECT count(*) FROM versions WHERE number > 1 AND first_seen >= :start AND first_seen < :end)
"""
