"""Refusal of files whose schema is not safe to read or write.

A foreign archive can have an endless view in place of a table, columns that are computed on reading, and
triggers that change what is stored. These are refused when the file is opened; ``verify`` reports them
instead, and ``verify --repair`` restores the schema.
"""

import re
from collections.abc import Container, Iterator
from pathlib import Path

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.shell_commands import command
from archive.store.data_dictionary.tables import FACTS, TABLES
from archive.store.db.schema import CREATE_SEARCH_INDEX, statements
from archive.store.db.schema_check import SchemaObject, tokens

SEARCH_INDEX = "versions_fts"
MIGRATIONS = "_sqlite_migrations"  # of sqlite-utils
_MERGED_TABLES = (*FACTS, "pages", "certificates")


def refuse_disguised_tables(path: Path, db: Database, *, names: frozenset[str] | None = None) -> None:
    """Raise :exc:`DamagedArchive` if one of our tables is a view, a virtual table, or has computed columns.

    ``names`` are the tables to check, by default all.
    """
    for part in _tables_and_views(db):
        if part.name not in (TABLES if names is None else names) or part.name == SEARCH_INDEX:
            continue
        if not part.is_plain_table:
            raise DamagedArchive(f"{path}: damaged: expected a table {part.name}, found {_kind(part)}")
        if computed := [name for name, hidden in _columns(db, part.name) if hidden]:
            raise DamagedArchive(f"{path}: damaged: column {part.name}.{computed[0]} is computed, not stored")


def refuse_unfit_tables(path: Path, db: Database) -> None:
    """Raise :exc:`DamagedArchive` unless all tables and columns of this release exist."""
    found = {part.name: part for part in _tables_and_views(db)}
    for name, table in TABLES.items():
        if problem := _problem(db, found.get(name), name, set(table.columns)):
            hint = command("verify", "--repair", path)
            raise DamagedArchive(f"{path}: damaged: {problem}; `{hint}` restores the schema")


def refuse_unmergeable(path: Path, db: Database) -> None:
    """Raise :exc:`DamagedArchive` unless the tables that a merge reads have the columns of this release."""
    found = {part.name for part in _tables_and_views(db)}
    for name in _MERGED_TABLES:
        if name not in found:
            raise DamagedArchive(f"{path}: damaged: it has no table {name}")
        if missing := TABLES[name].columns.keys() - {column for column, _ in _columns(db, name)}:
            raise DamagedArchive(f"{path}: damaged: table {name} has no column {min(missing)}")


def _problem(db: Database, part: SchemaObject | None, name: str, columns: set[str]) -> str | None:
    if part is None:
        return f"it has no table {name}"
    words = tokens(part.sql)
    if name == SEARCH_INDEX:
        return None if words in _OUR_INDEXES else f"table {name} is not the search index of this release"
    if missing := columns - {column for column, _ in _columns(db, name)}:
        return f"table {name} has no column {min(missing)}"
    options = words[len(words) - words[::-1].index(")") :]  # what follows the last parenthesis
    return None if name == MIGRATIONS or "strict" in options else f"table {name} is not STRICT"


def _tables_and_views(db: Database) -> list[SchemaObject]:
    """Return all tables and views with lower-case names, as SQLite compares names."""
    query = "SELECT type, lower(name), tbl_name, sql FROM main.sqlite_schema WHERE type IN ('table', 'view')"
    return [SchemaObject._make(row) for row in db.execute(query)]


def _columns(db: Database, table: str) -> list[tuple[str, int]]:
    return db.execute("SELECT name, hidden FROM pragma_table_xinfo(?)", [table]).fetchall()


def _kind(part: SchemaObject) -> str:
    return "a view" if part.kind == "view" else "a virtual table"


# -- Triggers ---------------------------------------------------------------------------------------------

_OUR_STATEMENTS = [tokens(sql)[:-1] for sql in statements(CREATE_SEARCH_INDEX)]  # without their ";"
_OUR_TRIGGERS = frozenset(words for words in _OUR_STATEMENTS if words[:2] == ("create", "trigger"))
_OUR_INDEXES = frozenset(words for words in _OUR_STATEMENTS if words[1] == "virtual")
# The triggers of `sqlite-utils enable-fts --create-triggers` and `enable-counts`: they store a row's own
# values, or a count, in one table of the user. No other trigger is accepted, since it may loop or forge rows.
_COUNT = r"coalesce \( \( select count from (?P=to) where table = '(?P=on)' \) , 0 \) [+-] 1"
_VALUE = rf"(?:'delete'|'(?P=on)'|(?:new|old) \. \w+|{_COUNT})"
_HARMLESS_TRIGGER = re.compile(
    r"create trigger \w+ after (?:insert|delete|update) on (?P<on>\w+) begin"
    r"(?=(?: insert)(?: or replace)? into (?P<to>\w+) )"
    r"(?: insert(?: or replace)? into (?P=to)(?: \( \w+(?: , \w+)* \))?"
    rf" values \( {_VALUE}(?: , {_VALUE})* \) ;)+ end"
)

# The shadow tables of FTS5. A write to one that has a trigger crashes SQLite 3.40.
_SHADOW_TABLE = re.compile(r"\w+_(?:config|content|data|docsize|idx)")


def foreign_triggers(db: Database) -> list[SchemaObject]:
    """Return the triggers that are not ours and may change what is stored, or loop."""
    query = "SELECT type, name, lower(tbl_name), sql FROM main.sqlite_schema WHERE type = 'trigger'"
    triggers = [SchemaObject._make(row) for row in db.execute(query)]
    watched = {trigger.table for trigger in triggers} | TABLES.keys()
    return [trigger for trigger in triggers if not _is_harmless(trigger, watched)]


def _is_harmless(trigger: SchemaObject, watched: set[str]) -> bool:
    """Return whether a trigger is ours, or only updates a table that no other trigger watches."""
    words = tokens(trigger.sql)
    found = _HARMLESS_TRIGGER.fullmatch(" ".join(words))
    if words in _OUR_TRIGGERS:
        return True
    return found is not None and found["to"] not in watched and not _SHADOW_TABLE.fullmatch(trigger.table)


def trigger_faults(db: Database, ours: Container[str]) -> Iterator[str]:
    """Yield the fault of each foreign trigger, except those with the name of one of ``ours``."""
    for trigger in foreign_triggers(db):
        if trigger.name in ours:
            continue
        yield f"{trigger} on {trigger.table} is not part of an archive, and may change what is stored"


def refuse_foreign_triggers(path: Path, db: Database) -> None:
    """Raise :exc:`DamagedArchive` if writing to the archive would run a trigger that is not harmless."""
    for trigger in foreign_triggers(db):
        raise DamagedArchive(
            f"{path}: {trigger} on {trigger.table} is not part of an archive, and may change what is stored;"
            f" `{command('verify', '--repair', path)}` removes it"
        )


def drop_foreign_triggers(db: Database) -> int:
    """Remove foreign triggers within the caller's transaction; return their number."""
    found = foreign_triggers(db)
    for trigger in found:
        db.execute('DROP TRIGGER "{}"'.format(trigger.name.replace('"', '""')))
    return len(found)
