"""The selection of an export: versions or captures, as of a time, of a section, a topic or an author.

The selected ids are stored in a temporary table, once, so that everything an export writes belongs to one
selection, however long it takes; :mod:`archive.store.export.selected_rows` reads them. A snapshot contains
nothing that came after ``as_of``, except that truncations may have been healed by later captures.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from archive.errors import NothingFound
from archive.model import Kind
from archive.pagekey import wanted_number
from archive.store.db.schema import VERSIONS_PER_ARTICLE
from archive.store.menus.sections import Sections
from archive.store.query.as_of import gone_since, last_read, stamp_or_end, version_as_of
from archive.store.query.listing import ids_named
from archive.store.search import fts
from archive.timestamps import display_stamp, stamp

_START_OF_TIME = "0001-01-01T00:00:00.000Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What to export.

    ``since`` and ``until``, both included, bound when a version was first seen or a capture was taken.
    ``as_of`` selects from the archive as it was then. ``every``: all versions, not only the latest by
    ``until``. ``section``, ``topic`` and ``author`` are part of a name, in any case, or a number (``4611``,
    ``!p4611``); ``search`` is a query of :meth:`.Search.versions`.
    """

    as_of: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    every: bool = False
    section: str | None = None
    topic: str | None = None
    author: str | None = None
    search: str | None = None

    @property
    def of_all_versions(self) -> "Selection":
        """The same selection, of all versions whenever they were first seen."""
        return replace(self, every=True, since=None, until=None)

    @property
    def is_narrowed(self) -> bool:
        """Return whether only some articles are selected."""
        return any(part is not None for part in (self.section, self.topic, self.author, self.search))


class VersionCounts(NamedTuple):
    """The numbers of selected articles and versions, and the stamps between which they were seen."""

    articles: int
    versions: int
    first_seen: str | None
    last_seen: str | None


class CaptureCounts(NamedTuple):
    """The numbers of selected captures, their articles and payloads, and their first and last stamps."""

    articles: int
    captures: int
    payloads: int
    first_seen: str | None
    last_seen: str | None


def select_versions(db: Database, selection: Selection) -> VersionCounts:
    """Store the selected versions in ``temp.selected``. Raise :exc:`NothingFound` if none match."""
    db.execute("DROP TABLE IF EXISTS temp.selected")
    db.execute(
        "CREATE TEMP TABLE selected (version_id INTEGER PRIMARY KEY, article_id INTEGER NOT NULL,"
        " first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, version_count INTEGER NOT NULL, gone_since TEXT)"
    )
    conditions = _conditions(db, selection)
    values = times_of(selection) | {name: value for name, (_, value) in conditions.items()}
    db.conn.execute(_select_versions(selection, [sql for sql, _ in conditions.values()]), values)
    counted = VersionCounts._make(
        db.execute(
            "SELECT count(DISTINCT article_id), count(*), min(first_seen), max(last_seen) FROM temp.selected"
        ).fetchone()
    )
    if not counted.versions:
        raise NothingFound(_why_nothing(db, selection))
    return counted


def select_captures(db: Database, selection: Selection) -> CaptureCounts:
    """Store the selected captures in ``temp.chosen``: all, or those of articles with a selected version.

    ``first`` is the first selected capture with the same bytes. Raise :exc:`NothingFound` if none match.
    """
    if selection.is_narrowed:
        select_versions(db, selection.of_all_versions)
    db.execute("DROP TABLE IF EXISTS temp.chosen")
    db.execute("CREATE TEMP TABLE chosen (place INTEGER PRIMARY KEY, capture INTEGER, first INTEGER)")
    condition = "c.article_id IN (SELECT article_id FROM temp.selected)" if selection.is_narrowed else "1"
    db.conn.execute(_select_captures(condition), times_of(selection))
    counted = CaptureCounts._make(db.execute(_COUNT_CAPTURES).fetchone())
    if not counted.captures:
        raise NothingFound(_why_nothing(db, selection))
    return counted


_COUNT_CAPTURES = """
SELECT count(DISTINCT c.article_id), count(*), count(DISTINCT c.payload_id), min(c.captured_at),
  max(c.captured_at)
FROM temp.chosen JOIN captures c ON c.id = capture
"""

# A version seen before and after a time was last seen before it with the article's last reading by then.
_LAST_SEEN = f"iif(v.last_seen <= :as_of, v.last_seen, {last_read('v.article_id', ':as_of')})"


def _select_captures(condition: str) -> str:
    """Return SQL that stores the selected captures; those of the same time in the order of recording."""
    return f"""
    INSERT INTO temp.chosen (capture, first)
    SELECT c.id, iif(c.payload_id IS NULL, c.id,
      first_value(c.id) OVER (PARTITION BY c.payload_id ORDER BY c.captured_at, c.id))
    FROM captures c WHERE c.captured_at >= :since AND c.captured_at <= min(:as_of, :until) AND {condition}
    ORDER BY c.captured_at, c.id
    """  # noqa: S608 - one of two conditions above


def _select_versions(selection: Selection, conditions: list[str]) -> str:
    latest = version_as_of("a.id", ":as_of") if selection.as_of else "a.latest_version_id"
    one = version_as_of("a.id", "min(:as_of, :until)") if selection.until else latest
    which = "v.article_id = known.id AND v.first_seen <= :as_of" if selection.every else "v.id = known.one"
    return f"""
    WITH known AS MATERIALIZED (SELECT a.id, {latest} AS latest, {one} AS one FROM articles a),
    seen AS (
      SELECT v.id, v.article_id, v.first_seen, {_LAST_SEEN} AS last_seen, known.latest
      FROM known CROSS JOIN versions v ON {which}
      WHERE {" AND ".join(["v.first_seen BETWEEN :since AND :until", *conditions])}
    )
    INSERT INTO temp.selected (version_id, article_id, first_seen, last_seen, version_count, gone_since)
    SELECT id, article_id, first_seen, last_seen, latest - article_id * {VERSIONS_PER_ARTICLE},
      iif(id = latest, {gone_since("seen.article_id", ":as_of", "seen.last_seen")}, NULL)
    FROM seen ORDER BY id
    """  # noqa: S608 - made of our own text


def times_of(selection: Selection) -> dict[str, object]:
    """Return the stamps between which something is selected, as parameters of statements."""
    return {
        "as_of": stamp_or_end(selection.as_of),
        "since": stamp(selection.since) if selection.since else _START_OF_TIME,
        "until": stamp_or_end(selection.until),
    }


def _conditions(db: Database, selection: Selection) -> dict[str, tuple[str, str]]:
    """What the chosen must be, in SQL, each with its value, by the option that wants it."""
    found: dict[str, tuple[str, str]] = {}
    if selection.section is not None:
        found["section"] = (_SECTION, json.dumps(Sections(db).named(selection.section, selection.as_of)))
    if selection.topic is not None:
        found["topic"] = (_TOPIC, _ids(db, "tags", Kind.TOPIC, selection.topic))
    if selection.author is not None:
        found["author"] = (_AUTHOR, _ids(db, "authors", Kind.AUTHOR, selection.author))
    if selection.search is not None:
        match = fts.first_match(db, selection.search)
        found["search"] = (
            "v.id IN (SELECT rowid FROM versions_fts WHERE versions_fts MATCH :search)",
            match or '""',
        )
    return found


_SECTION = """v.article_id IN (SELECT p.article_id FROM sections s JOIN placements p ON p.section_id = s.id
  WHERE p.first_seen <= :as_of AND s.number IN (SELECT value FROM json_each(:section)))"""
_TOPIC = """v.article_id IN (SELECT article_id FROM article_tags t
  WHERE t.first_seen <= :as_of AND t.tag_id IN (SELECT value FROM json_each(:topic)))"""
_AUTHOR = """v.id IN (SELECT version_id FROM version_authors
  WHERE author_id IN (SELECT value FROM json_each(:author)))"""


def _ids(db: Database, table: str, kind: Kind, wanted: str) -> str:
    number = wanted_number(kind, wanted)
    if number is None:
        return ids_named(db, table, wanted)
    rows = db[table].rows_where("number = ?", [number], select="id", order_by="id")
    return json.dumps([row["id"] for row in rows])


def _why_nothing(db: Database, selection: Selection) -> str:
    (first,) = db.execute("SELECT min(first_seen) FROM articles").fetchone()
    if first is None:
        return "nothing to export: the archive holds no article yet"
    as_of = selection.as_of and stamp(selection.as_of)
    if as_of and as_of < first:
        return f"nothing to export: the archive begins {display_stamp(first)}"
    if selection.is_narrowed:
        return "nothing to export: no article matches"
    return "nothing to export: nothing was first seen in that time"
