"""Events: articles that are new, edited, gone or back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlite_utils import Database

from archive.store.ingest.deriving import IS_DECISIVE
from archive.store.query.as_of import stamp_or_end, version_as_of
from archive.timestamps import stamp


class ArticleEvent(NamedTuple):
    """An event of an article: ``new``, ``edited``, ``gone`` or ``back``.

    ``number`` is the number of the version from then on, or until then if the article is gone.
    """

    at: str
    what: str
    article: int
    number: int
    title: str


MAX_COUNTED_EVENTS = 1000
# Of so many, reading the articles takes as long as looking up those of a page of events.
MANY_PLACEMENTS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events to list: from ``start`` until before ``end``.

    Without ``typography``, edits that changed only typography are left out. ``section`` is the number of a
    section, 0 for the front page: only events of articles that it lists or listed.
    """

    start: datetime
    end: datetime
    typography: bool = True
    section: int | None = None

    def values(self) -> dict[str, object]:
        """Return the values for the SQL of events."""
        last = stamp(self.end - _MILLISECOND)
        return {
            "first": stamp(self.start),
            "last": last,
            "typography": self.typography,
            "section": self.section,
        }


class Events:
    """The events of all articles.

    The articles of a section with fewer than ``many`` placements are read before its events.
    """

    def __init__(self, db: Database, *, many: int = MANY_PLACEMENTS) -> None:
        self._db, self._many = db, many

    def between(self, *, since: datetime, limit: int, until: datetime | None = None) -> list[ArticleEvent]:
        """Return all events from one time to another, both included, newest first, then by article.

        ``limit`` 0 is no limit.
        """
        span = {"first": stamp(since), "last": stamp_or_end(until), "typography": True}
        return [ArticleEvent(*row) for row in self._db.execute(_ALL_KINDS, {**span, "limit": limit or -1})]

    def of_kind(self, what: str, wanted: EventFilter, *, limit: int, offset: int = 0) -> list[ArticleEvent]:
        """Return events of one kind, ``new``, ``edited``, ``gone`` or ``back``, newest first."""
        rows = self._db.execute(
            f"{_KINDS[what]}{self._of_section(what, wanted.section)}"
            " ORDER BY at DESC, article DESC, number DESC LIMIT :limit OFFSET :offset",
            {**wanted.values(), "limit": limit, "offset": offset},
        )
        return [ArticleEvent(*row) for row in rows]

    def count(self, what: str, wanted: EventFilter) -> int:
        """Return the number of events as :meth:`of_kind` lists them, up to :data:`MAX_COUNTED_EVENTS`."""
        events = f"{_KINDS[what]}{self._of_section(what, wanted.section)} LIMIT :limit"
        (count,) = self._db.execute(
            f"SELECT count(*) FROM ({events})",  # noqa: S608 - SQL of this package
            {**wanted.values(), "limit": MAX_COUNTED_EVENTS},
        ).fetchone()
        return int(count)

    def _of_section(self, what: str, section: int | None) -> str:
        """Return the condition for a section."""
        if section is None:
            return ""
        (placed,) = self._db.execute(_COUNT_PLACEMENTS, [section, self._many]).fetchone()
        return _IS_LISTED[what] if placed == self._many else _IS_IN_LIST[what]


_MILLISECOND = timedelta(milliseconds=1)  # the precision of a stamp
_VERSION_THEN = f"JOIN versions v ON v.id = {version_as_of('c.article_id', 'c.captured_at')}"
_BEFORE = f"""(SELECT p.outcome FROM captures p WHERE p.article_id = c.article_id AND p.{IS_DECISIVE}
  AND (p.captured_at, p.id) < (c.captured_at, c.id) ORDER BY p.captured_at DESC, p.id DESC LIMIT 1)"""  # noqa: S608
# An article that comes back with a new version is both back and edited.
_KINDS = {
    "new": """
SELECT a.first_seen AS at, 'new', a.id AS article, v.number AS number, v.title
FROM articles a JOIN versions v ON v.article_id = a.id AND v.number = 1
WHERE a.first_seen BETWEEN :first AND :last""",
    "edited": """
SELECT first_seen AS at, 'edited', article_id AS article, number, title FROM versions
WHERE number > 1 AND first_seen BETWEEN :first AND :last
  AND (:typography OR 1 IS NOT (SELECT min(typography) FROM version_edits WHERE version_id = versions.id))""",
    # outcome <> 'ok' lets SQLite use the index of problems, which is small.
    "gone": f"""
SELECT c.captured_at AS at, 'gone', c.article_id AS article, v.number AS number, v.title
FROM captures c {_VERSION_THEN}
WHERE c.outcome <> 'ok' AND c.outcome = 'absent' AND c.captured_at BETWEEN :first AND :last
  AND 'ok' = {_BEFORE}""",  # noqa: S608 - SQL of this package
    "back": f"""
SELECT c.captured_at AS at, 'back', c.article_id AS article, v.number AS number, v.title
FROM (SELECT DISTINCT article_id FROM captures WHERE outcome = 'absent' AND article_id IS NOT NULL) missed
CROSS JOIN captures c ON c.article_id = missed.article_id {_VERSION_THEN}
WHERE c.outcome = 'ok' AND c.captured_at BETWEEN :first AND :last AND 'absent' = {_BEFORE}
  AND c.captured_at > (SELECT first_seen FROM articles WHERE id = c.article_id)""",  # noqa: S608 - the same
}
_ALL_KINDS = (
    f"SELECT * FROM ({' UNION ALL '.join(_KINDS.values())})"  # noqa: S608 - SQL of this package
    " ORDER BY at DESC, article, number LIMIT :limit"
)
_COUNT_PLACEMENTS = """
SELECT count(*) FROM (SELECT 1 FROM placements
  WHERE section_id = (SELECT id FROM sections WHERE number = ?) LIMIT ?)
"""
_ARTICLE = {"new": "a.id", "edited": "versions.article_id", "gone": "c.article_id", "back": "c.article_id"}
_IS_LISTED = {
    what: f""" AND EXISTS (SELECT 1 FROM placements l JOIN sections s ON s.id = l.section_id
  WHERE l.article_id = {article} AND s.number = :section)"""  # noqa: S608 - SQL of this module
    for what, article in _ARTICLE.items()
}
_IS_IN_LIST = {
    what: f""" AND {article} IN (SELECT l.article_id FROM sections s JOIN placements l ON l.section_id = s.id
  WHERE s.number = :section AND l.article_id IS NOT NULL)"""  # noqa: S608 - SQL of this module
    for what, article in _ARTICLE.items()
}
