"""Restore the tables, indexes, triggers and views of this release, and remove foreign triggers.

Rows, and additions by other programs, are kept.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sqlite_utils import Database

from archive.store.db.schema_check import Difference, SchemaObject, columns, differences, parts
from archive.store.db.schema_guard import drop_foreign_triggers
from archive.store.db.transactions import transaction

_RESTORE_ORDER = ("table", "index", "trigger", "view")  # each may need earlier ones
_OLD_TABLE = "table_before_repair"  # exists only within the transaction
# The types allowed in a STRICT table. An added column keeps its type if it is one of these.
_STRICT_TYPES = ("INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY")


def restore(db: Database) -> Counter[str]:
    """Restore what :func:`archive.store.db.schema_check.differences` finds; return what was done.

    A table stays unchanged if this release's table cannot hold its rows.
    """
    done: Counter[str] = Counter()
    with _without_foreign_keys(db), transaction(db):
        done["foreign triggers removed"] += drop_foreign_triggers(db)
        for difference in sorted(differences(db), key=lambda found: _RESTORE_ORDER.index(found.wanted.kind)):
            done[f"{difference.wanted} restored"] += _restore(db, difference)
    return +done


@contextmanager
def _without_foreign_keys(db: Database) -> Iterator[None]:
    """Allow dropping and renaming tables that others refer to (https://www.sqlite.org/lang_altertable.html)."""
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("PRAGMA legacy_alter_table = ON")
    try:
        yield
    finally:
        db.execute("PRAGMA legacy_alter_table = OFF")
        db.execute("PRAGMA foreign_keys = ON")


def _restore(db: Database, difference: Difference) -> bool:
    wanted, found = difference.wanted, difference.found
    db.execute("SAVEPOINT restoring")
    try:
        if found and found.is_plain_table and wanted.is_plain_table:
            _replace_table(db, wanted)
        else:
            _create(db, wanted, found)
    except (sqlite3.IntegrityError, sqlite3.OperationalError):  # rows do not fit, or a table is missing
        db.execute("ROLLBACK TO restoring")
        return False
    finally:
        db.execute("RELEASE restoring")
    return True


def _create(db: Database, wanted: SchemaObject, found: SchemaObject | None) -> None:
    """Create an object without rows of its own, in place of one of the same name."""
    if found:
        db.execute(f'DROP {found.kind} "{found.name}"')
    elif wanted.name in parts(db):  # created with a restored table
        return
    db.execute(wanted.sql)
    if wanted.kind == "table" and not wanted.is_plain_table:
        db.execute(f"INSERT INTO {wanted.name} ({wanted.name}) VALUES ('rebuild')")  # noqa: S608 - ours


def _replace_table(db: Database, wanted: SchemaObject) -> None:
    """Recreate a table with all its rows, indexes, triggers and added columns."""
    name, theirs = wanted.name, columns(db, wanted.name)
    attached = [
        part for part in parts(db).values() if part.table == name and part.kind in ("index", "trigger")
    ]
    db.execute(f"ALTER TABLE {name} RENAME TO {_OLD_TABLE}")
    db.execute(wanted.sql)
    for column in theirs.keys() - columns(db, name).keys():
        kind = theirs[column].upper()
        quoted = column.replace('"', '""')
        db.execute(f'ALTER TABLE {name} ADD COLUMN "{quoted}" {kind if kind in _STRICT_TYPES else "ANY"}')
    kept = ", ".join(
        '"{}"'.format(column.replace('"', '""')) for column in columns(db, name) if column in theirs
    )
    db.execute(f"INSERT INTO {name} ({kept}) SELECT {kept} FROM {_OLD_TABLE}")  # noqa: S608 - only names
    db.execute(f"DROP TABLE {_OLD_TABLE}")
    for part in attached:
        db.execute(part.sql)
