"""Write what versions edited, as :mod:`archive.reading.edits` decides it."""

from collections.abc import Sequence

from sqlite_utils import Database

from archive.model import Article
from archive.reading.edits import find_edits


def write_edits(db: Database, first: int, history: Sequence[Article], *, skip: int = 0) -> None:
    """Write what each version of a history edited, but the first ones to ``skip``.

    ``first`` is the id of the first of all; ids are consecutive.
    """
    db.conn.executemany(
        "INSERT INTO version_edits (version_id, field, before_id, typography) VALUES (?, ?, ?, ?)",
        [
            (version, edit.field, first + edit.before, edit.typography_only)
            for version, found in enumerate(find_edits(history)[skip:], start=first + skip)
            for edit in found
        ],
    )
