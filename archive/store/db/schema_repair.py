"""Restore the tables, indexes, triggers and views of this release, and remove triggers that may do harm.

Rows, and whatever else a reader has added, are kept.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sqlite_utils import Database

from archive.store.db.schema_check import Difference, Part, columns, differences, parts
from archive.store.db.schema_guard import drop_foreign_triggers
from archive.store.db.transactions import transaction

ORDER = ("table", "index", "trigger", "view")  # each may need those before it
ASIDE = "table_before_repair"  # within a transaction only
# The types that a STRICT table may have; a column that a reader added keeps its type if it is one of these.
STRICT_TYPES = ("INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY")


def restore(db: Database) -> Counter[str]:
    """Restore all that :func:`archive.store.db.schema_check.differences` finds; return what was restored.

    A table stays as it is if this release's table cannot hold its rows.
    """
    done: Counter[str] = Counter()
    with _freely(db), transaction(db):
        done["foreign triggers removed"] += drop_foreign_triggers(db)
        for difference in sorted(differences(db), key=lambda found: ORDER.index(found.wanted.kind)):
            done[f"{difference.wanted} restored"] += _restore(db, difference)
    return +done


@contextmanager
def _freely(db: Database) -> Iterator[None]:
    """Let tables be dropped and renamed while others refer to them (https://www.sqlite.org/lang_altertable.html)."""
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
            _make(db, wanted, found)
    except (
        sqlite3.IntegrityError,
        sqlite3.OperationalError,
    ):  # rows that do not fit; what it needs is missing
        db.execute("ROLLBACK TO restoring")
        return False
    finally:
        db.execute("RELEASE restoring")
    return True


def _make(db: Database, wanted: Part, found: Part | None) -> None:
    """Make an object that holds no rows of its own, in place of one of the same name."""
    if found:
        db.execute(f'DROP {found.kind} "{found.name}"')
    elif wanted.name in parts(db):  # a table that was restored has brought it back
        return
    db.execute(wanted.sql)
    if wanted.kind == "table" and not wanted.is_plain_table:
        db.execute(f"INSERT INTO {wanted.name} ({wanted.name}) VALUES ('rebuild')")  # noqa: S608 - ours


def _replace_table(db: Database, wanted: Part) -> None:
    """Make a table over, with all its rows, its indexes and triggers, and the columns that a reader added."""
    name, theirs = wanted.name, columns(db, wanted.name)
    hanging = [
        part for part in parts(db).values() if part.table == name and part.kind in ("index", "trigger")
    ]
    db.execute(f"ALTER TABLE {name} RENAME TO {ASIDE}")
    db.execute(wanted.sql)
    for column in theirs.keys() - columns(db, name).keys():
        kind = theirs[column].upper()
        quoted = column.replace('"', '""')
        db.execute(f'ALTER TABLE {name} ADD COLUMN "{quoted}" {kind if kind in STRICT_TYPES else "ANY"}')
    kept = ", ".join(
        '"{}"'.format(column.replace('"', '""')) for column in columns(db, name) if column in theirs
    )
    db.execute(f"INSERT INTO {name} ({kept}) SELECT {kept} FROM {ASIDE}")  # noqa: S608 - names alone
    db.execute(f"DROP TABLE {ASIDE}")
    for part in hanging:
        db.execute(part.sql)
