"""Write the edits between versions that :mod:`archive.reading.edits` finds."""

from collections.abc import Sequence

from sqlite_utils import Database

from archive.model import Article
from archive.reading.edits import find_edits


def write_edits(db: Database, first: int, history: Sequence[Article], *, skip: int = 0) -> None:
    """Write the edits of each version of a history, except of the first ``skip`` versions.

    ``first`` is the id of the first version; ids are consecutive.
    """
    db.conn.executemany(
        "INSERT INTO version_edits (version_id, field, before_id, typography) VALUES (?, ?, ?, ?)",
        [
            (version, edit.field, first + edit.before, edit.typography_only)
            for version, found in enumerate(find_edits(history)[skip:], start=first + skip)
            for edit in found
        ],
    )
