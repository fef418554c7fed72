"""The history of one article: its versions in brief, their captures, and the times it was gone."""

import json
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlite_utils import Database

from archive.dump.grammar import clean
from archive.errors import NothingFound
from archive.reading.edits import EDITORIAL_FIELDS
from archive.store.query.versions import why_unknown


class VersionSummary(NamedTuple):
    """A version in brief. Times are stamps.

    ``changed`` names the fields it edited. ``words`` counts the words of its text, ``more`` how many
    more these are than in the version before: None if a source truncated either text.
    """

    id: int
    number: int
    first_seen: str
    last_seen: str
    title: str
    cuts: int
    words: int
    more: int | None
    changed: tuple[str, ...]


class Sightings(NamedTuple):
    """The number of captures of a version, and their sources."""

    captures: int
    sources: tuple[str, ...]


class Absence(NamedTuple):
    """A time in which an article was gone. ``back`` is when it was found again, None if it is still gone."""

    since: str
    captures: int
    back: str | None


class History:
    """The history of one article."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def versions(self, article: int) -> list[VersionSummary]:
        """Return all versions of an article, oldest first. Raise :exc:`NothingFound` if it has none."""
        rows = self._db.execute(_VERSIONS, [article]).fetchall()
        if not rows:
            raise NothingFound(why_unknown(self._db, article))
        words_more = "SELECT version, words_more FROM changes WHERE article_id = ?"
        more = dict(self._db.execute(words_more, [article]).fetchall())
        return [
            VersionSummary._make([*brief, more.get(brief[1], brief[-1]), _in_order(json.loads(changed))])
            for *brief, changed in rows
        ]

    def sightings(self, article: int) -> dict[int, Sightings]:
        """Return the captures of each version, by the version's id."""
        rows = self._db.execute(
            "SELECT version_id, count(*), json_group_array(DISTINCT source) FROM captures"
            " WHERE article_id = ? AND version_id IS NOT NULL GROUP BY version_id",
            [article],
        )
        return {
            row: Sightings(count, tuple(sorted(map(clean, json.loads(sources)))))
            for row, count, sources in rows
        }

    def absences(self, article: int) -> list[Absence]:
        """Return the times an article was gone after it was first read, oldest first."""
        rows = self._db.execute(
            "SELECT captured_at, outcome FROM captures WHERE article_id = ? AND outcome IN ('ok', 'absent')"
            " ORDER BY captured_at, id",
            [article],
        ).fetchall()
        first = next((at for at, (_, outcome) in enumerate(rows) if outcome == "ok"), len(rows))
        return _absences(rows[first:])


def _in_order(fields: Collection[str]) -> tuple[str, ...]:
    return tuple(field for field in EDITORIAL_FIELDS if field in fields)


_VERSIONS = """
SELECT v.id, v.number, v.first_seen, v.last_seen, v.title, v.truncation_count, v.words,
  (SELECT json_group_array(field) FROM version_edits WHERE version_id = v.id)
FROM versions v WHERE v.article_id = ? ORDER BY v.number
"""


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
