"""The lists of a republished archive, as of a time or now: newest, by topic, by author, by day.

A list has the articles that were present then, last published first, and is bounded by a limit. Lists as of
now are faster. :func:`time_limit` bounds the time of several queries together.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from time import monotonic
from typing import NamedTuple

from sqlite_utils import Database

from archive.errors import StoreError
from archive.model import Kind
from archive.store.menus.topics_authors import NAME_TABLES
from archive.store.query.as_of import gone_since, stamp_or_end, version_as_of
from archive.timestamps import stamp

_STEPS_BETWEEN_CHECKS = 5_000  # SQLite instructions

_MAX_SEARCHED_FOR_UNLISTED = 20_000  # articles, newest first

_OPENING_LENGTH = 400  # characters


class MenuArticle(NamedTuple):
    """An article in a list, as of its time. ``text`` is its lead, or the beginning of its text."""

    article: int
    versions: int
    published: str | None
    title: str
    text: str


class Extent(NamedTuple):
    """The times of the first and the last capture, as stamps, and the numbers of articles and versions."""

    first: str
    last: str
    articles: int
    versions: int


class MenuVersion(NamedTuple):
    """A version in the list of an article's versions. ``last_seen`` is as of the time of the list."""

    number: int
    first_seen: str
    last_seen: str
    title: str


# Ids of articles in a list, each as ``id`` and ``published``.
_NEWEST = "SELECT id, published FROM articles"

_OF_TOPIC = """SELECT id, published FROM articles WHERE id IN
  (SELECT article_id FROM article_tags JOIN tags ON tags.id = tag_id
   WHERE number = :number AND first_seen <= :at)"""

_OF_AUTHOR = """SELECT id, published FROM articles WHERE id IN
  (SELECT v.article_id FROM authors a JOIN version_authors x ON x.author_id = a.id
   JOIN versions v ON v.id = x.version_id WHERE a.number = :number AND v.first_seen <= :at)"""

_OF_SECTION = """SELECT id, published FROM articles WHERE id IN
  (SELECT p.article_id FROM sections s JOIN placements p ON p.section_id = s.id
   WHERE s.number = :number AND p.first_seen <= :at)"""

_OF_KIND = {Kind.SECTION: _OF_SECTION, Kind.TOPIC: _OF_TOPIC, Kind.AUTHOR: _OF_AUTHOR}
_OF_DAY = "SELECT id, published FROM articles WHERE published = :day"

_AMONG = "SELECT id, published FROM articles WHERE id IN (SELECT value FROM json_each(:among))"

_UNLISTED = f"""
SELECT id, published FROM (SELECT id, published FROM articles ORDER BY published DESC, id DESC
  LIMIT {_MAX_SEARCHED_FOR_UNLISTED}) a
WHERE id NOT IN (SELECT value FROM json_each(:among))
  AND NOT EXISTS (SELECT 1 FROM placements p JOIN sections s ON s.id = p.section_id
    WHERE p.article_id = a.id AND s.number > 0 AND p.first_seen <= :at)
  AND NOT EXISTS (SELECT 1 FROM article_tags JOIN tags ON tags.id = tag_id
    WHERE article_id = a.id AND tags.number IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM versions v JOIN version_authors ON version_id = v.id
    JOIN authors ON authors.id = author_id WHERE v.article_id = a.id AND authors.number IS NOT NULL)
"""  # noqa: S608 - made of our own text


def _listing(among: str, at: datetime | None) -> str:
    """Return SQL for the articles of a list that were present at a time; without one, that are present."""
    version = version_as_of("a.id", ":at") if at else "k.latest_version_id"
    is_present = f"{gone_since('a.id', ':at')} IS NULL" if at else "k.state = 'present'"
    # The inner LIMIT keeps SQLite from evaluating the conditions for all articles.
    return f"""
    SELECT a.id, v.number, v.published, v.title, coalesce(v.lead, substr(v.text, 1, {_OPENING_LENGTH}))
    FROM (SELECT id FROM ({among}) ORDER BY published DESC, id DESC LIMIT -1) a
    CROSS JOIN articles k ON k.id = a.id CROSS JOIN versions v ON v.id = {version}
    WHERE k.first_seen <= :at AND {is_present} LIMIT :limit
    """  # noqa: S608 - made of our own text


class Menus:
    """Lists of articles as a site of menus shows them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def _listed(
        self, which: str, at: datetime | None, *, limit: int, values: dict[str, object] | None = None
    ) -> list[MenuArticle]:
        """Return up to ``limit`` articles; ``which`` is one of the lists above, with its ``values``."""
        asked = {**(values or {}), "at": stamp_or_end(at), "limit": limit}
        return [MenuArticle(*row) for row in self._db.execute(_listing(which, at), asked)]

    def newest(self, at: datetime | None, *, limit: int) -> list[MenuArticle]:
        """Return the articles published last."""
        return self._listed(_NEWEST, at, limit=limit)

    def of(self, kind: Kind, number: int, at: datetime | None, *, limit: int) -> list[MenuArticle]:
        """Return the articles of the section, topic or author that has a number in the paper.

        Those of a section are all that its page ever listed.
        """
        return self._listed(_OF_KIND[kind], at, limit=limit, values={"number": number})

    def of_day(self, day: str, at: datetime | None, *, limit: int) -> list[MenuArticle]:
        """Return the articles published on a day (``2025-04-10``)."""
        return self._listed(_OF_DAY, at, limit=limit, values={"day": day})

    def among(self, articles: Sequence[int], at: datetime | None, *, limit: int) -> list[MenuArticle]:
        """Return those of the given articles that were present."""
        return self._listed(_AMONG, at, limit=limit, values={"among": json.dumps(articles)})

    def unlisted(self, menus: Iterable[int], at: datetime | None, *, limit: int) -> list[MenuArticle]:
        """Return articles that no menu lists: not among those given, of no section, no topic or author.

        Topics and authors without a number have no menu.
        """
        return self._listed(_UNLISTED, at, limit=limit, values={"among": json.dumps(list(menus))})

    def extent(self, at: datetime | None) -> Extent | None:
        """Return what was archived by a time; None if nothing was."""
        until = stamp_or_end(at)
        row = self._db.execute(_EXTENT, {"at": until}).fetchone()
        return Extent(*row) if row else None

    def days_of_publication(self, month: str) -> list[tuple[str, int]]:
        """Return the days of publication in a month (``2025-04``), each with its number of articles."""
        rows = self._db.execute(
            "SELECT published, count(*) FROM articles WHERE published BETWEEN ? AND ? GROUP BY published",
            [f"{month}-00", f"{month}-99"],
        )
        return [(str(day), int(count)) for day, count in rows]

    def months_of_publication(self) -> list[str]:
        """Return all months of publication, last first. Skips from month to month on the index."""
        rows = self._db.execute(_MONTHS)
        return [str(month) for (month,) in rows if month]

    def names(self, kind: Kind, at: datetime | None) -> list[tuple[int, str]]:
        """Return number and name of all topics or authors with a number and an article by then, by name."""
        table = NAME_TABLES[kind]
        rows = self._db.execute(
            f"SELECT number, min(name) FROM {table} x WHERE number IS NOT NULL AND {_SEEN[table]}"  # noqa: S608 - ours
            " GROUP BY number ORDER BY 2, 1",
            {"at": stamp_or_end(at)},
        )
        return [(int(number), str(name)) for number, name in rows]

    def name(self, kind: Kind, number: int) -> str | None:
        """Return the name of the section, topic or author that has a number in the paper."""
        table = "sections" if kind is Kind.SECTION else NAME_TABLES[kind]
        query = f"SELECT min(name) FROM {table} WHERE number = ?"  # noqa: S608 - ours
        row = self._db.execute(query, [number]).fetchone()
        return row[0] if row else None

    def versions(self, article: int, at: datetime | None, *, limit: int) -> list[MenuVersion]:
        """Return the versions of an article up to a time, latest first."""
        rows = self._db["versions"].rows_where(
            "article_id = ? AND first_seen <= ?",
            [article, stamp_or_end(at)],
            select=", ".join(MenuVersion._fields),
            order_by="number DESC",
            limit=limit,
        )
        known = [MenuVersion(**row) for row in rows]
        if not at:
            return known
        return [row._replace(last_seen=min(row.last_seen, stamp(at))) for row in known]


# Only captures of articles, which an index covers.
_EXTENT = """
SELECT (SELECT min(first_seen) FROM versions) AS first,
  (SELECT max(captured_at) FROM captures WHERE article_id IS NOT NULL AND captured_at <= :at),
  (SELECT count(*) FROM articles WHERE first_seen <= :at),
  (SELECT count(*) FROM versions WHERE first_seen <= :at)
WHERE first <= :at
"""

_MONTHS = """
WITH RECURSIVE months (month) AS (
  SELECT substr(max(published), 1, 7) FROM articles
  UNION ALL
  SELECT (SELECT substr(max(published), 1, 7) FROM articles WHERE published < month || '-00') FROM months
  WHERE month IS NOT NULL
) SELECT month FROM months
"""

_SEEN = {
    "tags": "EXISTS (SELECT 1 FROM article_tags WHERE tag_id = x.id AND first_seen <= :at)",
    "authors": "EXISTS (SELECT 1 FROM version_authors JOIN versions v ON v.id = version_id"
    " WHERE author_id = x.id AND v.first_seen <= :at)",
}


class TooLong(StoreError):
    """Queries took longer than their time limit."""


@contextmanager
def time_limit(db: Database, seconds: float) -> Iterator[None]:
    """Let the queries in the block take so many seconds together. Raise :exc:`TooLong` after that."""
    until = monotonic() + seconds
    db.conn.set_progress_handler(lambda: monotonic() > until, _STEPS_BETWEEN_CHECKS)
    try:
        yield
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_INTERRUPT:
            raise
        raise TooLong(f"that takes longer than {seconds:g} s") from error
    finally:
        db.conn.set_progress_handler(None, 0)
