"""What versions edited, as :mod:`archive.reading.edits` decided when they were recorded."""

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlite_utils import Database

from archive.model import Article
from archive.reading.edits import FIELDS, edits
from archive.store.query import article_versions
from archive.store.query.article_versions import VersionRow
from archive.text.word_diff import Change, change, is_changed


class Edited(NamedTuple):
    """A field that differs between two versions: the two versions to compare it in. See :func:`edited`."""

    field: str
    old: VersionRow
    new: VersionRow


def write_edits(db: Database, first: int, history: Sequence[Article], *, skip: int = 0) -> None:
    """Write what each version of a history edited, but the first ones to ``skip``.

    ``first`` is the id of the first of all; ids are consecutive.
    """
    db.conn.executemany(
        "INSERT INTO version_edits (version, field, before, typography) VALUES (?, ?, ?, ?)",
        [
            (version, edit.field, first + edit.before, edit.typography)
            for version, found in enumerate(edits(history)[skip:], start=first + skip)
            for edit in found
        ],
    )


def edited(db: Database, old: VersionRow, new: VersionRow) -> Iterator[Edited]:
    """Yield the fields edited from one version to another of the same article, in the page's order.

    The old version of a field is the one that shows it best among those that had no later edit of it. A field
    that was edited and then reverted in between is yielded too.
    """
    if old.number > new.number:
        yield from (Edited(field, new=one, old=other) for field, one, other in edited(db, new, old))
        return
    rows = db.execute(FIRST_EDITS, [old.id, new.id]).fetchall()
    before = {
        number: article_versions.version_numbered(db, old.article, number)
        for number in {row[1] for row in rows}
    }
    for field, number in sorted(rows, key=lambda row: FIELDS.index(row[0])):
        yield Edited(field, before[number], new)


def changes(db: Database, old: VersionRow, new: VersionRow) -> list[Change]:
    """Return the fields edited from one version to another, with the words that differ in each."""
    found = (
        change(field, article_versions.wording(db, one), article_versions.wording(db, other))
        for field, one, other in edited(db, old, new)
    )
    return [each for each in found if any(map(is_changed, each.blocks))]


def truncated_fields(db: Database, *versions: VersionRow) -> list[str]:
    """Return the fields of which a source truncated any of these versions, in the page's order."""
    ids = json.dumps([row.id for row in versions])
    rows = db.execute(
        "SELECT DISTINCT field FROM version_cuts WHERE version IN (SELECT value FROM json_each(?))", [ids]
    ).fetchall()
    return [field for field in FIELDS if (field,) in rows]


def is_typography(db: Database, version: int) -> bool:
    """Whether a version, named by its id, edited typography only."""
    query = "SELECT min(typography) FROM version_edits WHERE version = ?"
    (only,) = db.execute(query, [version]).fetchone()
    return bool(only)


# With min() SQLite takes the other columns from the row that has the least.
FIRST_EDITS = """
SELECT field, number FROM
  (SELECT field, before, min(version) FROM version_edits WHERE version > ? AND version <= ? GROUP BY field)
JOIN versions ON id = before
"""
