"""Check the search index against the versions."""

from pathlib import Path

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.store.db.errors import translated
from archive.store.db.transactions import snapshot

_FTS_TABLES = ("data", "idx", "docsize", "config")  # in which FTS5 keeps an index
_COPY_SEARCH_INDEX = (
    """
    CREATE TEMP VIEW checked_versions AS
    SELECT id, title, lead, caption, text, search_spellings FROM main.versions
    """,
    """
    CREATE VIRTUAL TABLE temp.checked USING fts5 (
      title, lead, caption, text, search_spellings,
      content="checked_versions", content_rowid="id", tokenize="unicode61 remove_diacritics 2"
    )
    """,
    *(f"DELETE FROM temp.checked_{table}" for table in _FTS_TABLES),  # noqa: S608 - the four above
    *(f"INSERT INTO temp.checked_{table} SELECT * FROM main.versions_fts_{table}" for table in _FTS_TABLES),  # noqa: S608
)


def is_index_sound(db: Database) -> bool:
    """Check a copy of the search index in a temporary table, since FTS5 must write to check an index.

    The copy takes a temporary file as large as the index; the indexed text is read from the archive.
    """
    with snapshot(db):
        for statement in _COPY_SEARCH_INDEX:
            db.execute(statement)
        try:
            with translated(Path("versions_fts")):
                db.execute("INSERT INTO temp.checked (checked, rank) VALUES ('integrity-check', 1)")
        except DamagedArchive:
            return False
        return True
