"""A quick check whether an archive has the schema of this release. Some archives fail it that can be opened.

It needs only Python's own sqlite3, since idle crawls load nothing else.
"""

import sqlite3

from archive.store.db.schema import CREATE_SEARCH_INDEX, CREATE_TABLES, MIGRATION_NAMES, statements

_OBJECTS = "SELECT sql, type FROM main.sqlite_schema WHERE sql IS NOT NULL"
_MIGRATIONS = """
SELECT name FROM main._sqlite_migrations
WHERE id AND migration_set = 'taz-archive' AND applied_at IS NOT NULL AND EXISTS
  (SELECT 1 FROM main.sqlite_schema
   WHERE name = '_sqlite_migrations' AND type = 'table' AND sql LIKE 'CREATE TABLE%')
ORDER BY id
"""


def has_release_schema(connection: sqlite3.Connection) -> bool:
    """Return whether all tables and indexes are as this release creates them, and all triggers are ours.

    SQLite stores the text of the statements. Other tables, indexes and views may have been added.
    """
    script = CREATE_TABLES + CREATE_SEARCH_INDEX
    ours = {statement.strip().removesuffix(";") for statement in statements(script)}
    found = dict(connection.execute(_OBJECTS).fetchall())
    others = {kind for sql, kind in found.items() if sql not in ours}
    names = tuple(name for (name,) in connection.execute(_MIGRATIONS))
    return ours <= found.keys() and "trigger" not in others and names == MIGRATION_NAMES
