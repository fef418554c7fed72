"""The paper as of a time, and the numbers of new and edited articles per day."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from sqlite_utils import Database

from archive.store.query.as_of import gone_since, version_as_of
from archive.timestamps import day_of, stamp, start_of

WEEKS_SHOWN = 53

_MAX_DATED_AHEAD = timedelta(days=7)  # by which an article may appear before its date


class PaperArticle(NamedTuple):
    """An article as of a time. Times are stamps; ``seen`` is when its version was first seen."""

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
        """The number of edits up to the time."""
        return self.number - 1


class DayCounts(NamedTuple):
    """The numbers of articles first seen on a day of the paper's time zone and of edits."""

    day: date
    new: int
    edited: int


class Calendar:
    """The paper by day."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def extent(self) -> tuple[str, str] | None:
        """Return when the first and the last version were first seen; None in an empty archive."""
        # Two queries: for both at once SQLite would read the whole index.
        (first,) = self._db.execute("SELECT min(first_seen) FROM versions").fetchone()
        (last,) = self._db.execute("SELECT max(first_seen) FROM versions").fetchone()
        return (first, last) if first else None

    def offered(self, *, at: datetime, limit: int) -> list[PaperArticle]:
        """Return the articles archived by a time as they read then, last published first."""
        dated = min(day_of(at), date.max - _MAX_DATED_AHEAD) + _MAX_DATED_AHEAD
        rows = self._db.execute(_OFFERED, {"at": stamp(at), "dated": dated.isoformat(), "limit": limit})
        return [PaperArticle._make((*row[:-1], bool(row[-1]))) for row in rows]

    def days(self, *, last: date) -> Sequence[DayCounts]:
        """Return all days of :data:`WEEKS_SHOWN` weeks, Monday to Sunday, ending with that of ``last``.

        Counts day by day along an index, which is many times faster than grouping by day.
        """
        sunday = last + timedelta(days=6 - last.weekday())
        days = [sunday - timedelta(days=back) for back in reversed(range(WEEKS_SHOWN * 7))]
        starts = [stamp(start_of(day)) for day in (*days, sunday + timedelta(days=1))]
        bounds = ({"start": start, "end": end} for start, end in pairwise(starts))
        counts = (self._db.execute(_ON_A_DAY, each).fetchone() for each in bounds)
        return [DayCounts(day, *counted) for day, counted in zip(days, counts, strict=True)]


_OFFERED = f"""
SELECT a.id, v.number, v.published, v.title, v.lead, a.first_seen, v.first_seen,
  {gone_since("a.id", ":at")} IS NOT NULL
FROM articles a JOIN versions v ON v.id = {version_as_of("a.id", ":at")}
WHERE a.published <= :dated AND a.first_seen <= :at
ORDER BY a.published DESC, a.first_seen DESC, a.id DESC LIMIT :limit
"""  # noqa: S608 - SQL of this package


_ON_A_DAY = """
SELECT (SELECT count(*) FROM articles WHERE first_seen >= :start AND first_seen < :end),
  (SELECT count(*) FROM versions WHERE number > 1 AND first_seen >= :start AND first_seen < :end)
"""
