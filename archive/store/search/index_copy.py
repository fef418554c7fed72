"""Copy a search index from one database to another that has the same versions, as FTS5 keeps it."""

from collections.abc import Sequence

from sqlite_utils import Database

INDEX_TABLES = ("data", "idx", "docsize")  # in which FTS5 keeps an index
SETTINGS_TABLE = "config"


def copy_index(db: Database, source: str, target: str, tables: Sequence[str] = INDEX_TABLES) -> None:
    """Replace the index of an attached database by that of another one, each given by its name."""
    for table in tables:
        db.execute(f"DELETE FROM {target}.versions_fts_{table}")  # noqa: S608 - ours
        db.execute(f"INSERT INTO {target}.versions_fts_{table} SELECT * FROM {source}.versions_fts_{table}")  # noqa: S608
