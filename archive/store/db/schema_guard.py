"""What a file's schema must be before the program reads or writes its tables.

An archive may come from a stranger. In place of a table it can have a view that never ends, or a column that
is computed whenever it is read, and its triggers can change what is stored. All that is refused when the file
is opened; ``verify`` reports it instead, and ``verify --repair`` restores the schema.
"""

import re
from collections.abc import Container, Iterator
from pathlib import Path

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.shell import command
from archive.store.columns import TABLES
from archive.store.db.schema import SEARCH_SQL, statements
from archive.store.db.schema_check import Part, tokens
from archive.store.facts import FACTS

SEARCH_INDEX = "versions_fts"
MIGRATIONS = "_sqlite_migrations"  # of sqlite-utils
MERGED = (*FACTS, "pages", "certificates")


def refuse_disguised_tables(path: Path, db: Database, *, names: frozenset[str] | None = None) -> None:
    """Raise :exc:`DamagedArchive` if one of our tables is a view, a virtual table, or has computed columns.

    ``names`` are the tables looked at, all of them by default.
    """
    for part in _tables_and_views(db):
        if part.name not in (TABLES if names is None else names) or part.name == SEARCH_INDEX:
            continue
        if not part.is_plain_table:
            raise DamagedArchive(f"{path}: damaged: expected a table {part.name}, found {_kind(part)}")
        if computed := [name for name, hidden in _columns(db, part.name) if hidden]:
            raise DamagedArchive(f"{path}: damaged: column {part.name}.{computed[0]} is computed, not stored")


def refuse_unfit_tables(path: Path, db: Database) -> None:
    """Raise :exc:`DamagedArchive` unless all tables and columns of this release are there."""
    found = {part.name: part for part in _tables_and_views(db)}
    for name, table in TABLES.items():
        if problem := _problem(db, found.get(name), name, set(table.columns)):
            hint = command("verify", "--repair", path)
            raise DamagedArchive(f"{path}: damaged: {problem}; `{hint}` restores the schema")


def refuse_unmergeable(path: Path, db: Database) -> None:
    """Raise :exc:`DamagedArchive` unless the tables that a merge reads have the columns of this release."""
    found = {part.name for part in _tables_and_views(db)}
    for name in MERGED:
        if name not in found:
            raise DamagedArchive(f"{path}: damaged: it has no table {name}")
        if missing := TABLES[name].columns.keys() - {column for column, _ in _columns(db, name)}:
            raise DamagedArchive(f"{path}: damaged: table {name} has no column {min(missing)}")


def _problem(db: Database, part: Part | None, name: str, columns: set[str]) -> str | None:
    if part is None:
        return f"it has no table {name}"
    words = tokens(part.sql)
    if name == SEARCH_INDEX:
        return None if words in OUR_INDEXES else f"table {name} is not the search index of this release"
    if missing := columns - {column for column, _ in _columns(db, name)}:
        return f"table {name} has no column {min(missing)}"
    options = words[len(words) - words[::-1].index(")") :]  # what follows the last parenthesis
    return None if name == MIGRATIONS or "strict" in options else f"table {name} is not STRICT"


def _tables_and_views(db: Database) -> list[Part]:
    """Return them with names in small letters, as SQLite compares them."""
    query = "SELECT type, lower(name), tbl_name, sql FROM main.sqlite_schema WHERE type IN ('table', 'view')"
    return [Part._make(row) for row in db.execute(query)]


def _columns(db: Database, table: str) -> list[tuple[str, int]]:
    return db.execute("SELECT name, hidden FROM pragma_table_xinfo(?)", [table]).fetchall()


def _kind(part: Part) -> str:
    return "a view" if part.kind == "view" else "a virtual table"


# -- Triggers ---------------------------------------------------------------------------------------------

OURS = [tokens(sql)[:-1] for sql in statements(SEARCH_SQL)]  # without their ";"
OUR_TRIGGERS = frozenset(words for words in OURS if words[:2] == ("create", "trigger"))
OUR_INDEXES = frozenset(words for words in OURS if words[1] == "virtual")
# What the triggers of `sqlite-utils enable-fts --create-triggers` and `enable-counts` do: they store a row's
# own values, or a count, in one table that a reader added. Nothing else can be told from a loop or a forgery.
COUNT = r"coalesce \( \( select count from (?P=to) where table = '(?P=on)' \) , 0 \) [+-] 1"
VALUE = rf"(?:'delete'|'(?P=on)'|(?:new|old) \. \w+|{COUNT})"
KEEPING = re.compile(
    r"create trigger \w+ after (?:insert|delete|update) on (?P<on>\w+) begin"
    r"(?=(?: insert)(?: or replace)? into (?P<to>\w+) )"
    r"(?: insert(?: or replace)? into (?P=to)(?: \( \w+(?: , \w+)* \))?"
    rf" values \( {VALUE}(?: , {VALUE})* \) ;)+ end"
)

# Tables in which FTS5 keeps an index. A trigger on one crashes SQLite 3.40 when it is written to.
SHADOW = re.compile(r"\w+_(?:config|content|data|docsize|idx)")


def foreign_triggers(db: Database) -> list[Part]:
    """Return the triggers that are not ours and may change what is stored, or never end."""
    query = "SELECT type, name, lower(tbl_name), sql FROM main.sqlite_schema WHERE type = 'trigger'"
    triggers = [Part._make(row) for row in db.execute(query)]
    watched = {trigger.table for trigger in triggers} | TABLES.keys()
    return [trigger for trigger in triggers if not _is_harmless(trigger, watched)]


def _is_harmless(trigger: Part, watched: set[str]) -> bool:
    """Return whether a trigger is ours, or only keeps a table that no other trigger watches up to date."""
    words = tokens(trigger.sql)
    found = KEEPING.fullmatch(" ".join(words))
    if words in OUR_TRIGGERS:
        return True
    return found is not None and found["to"] not in watched and not SHADOW.fullmatch(trigger.table)


def trigger_faults(db: Database, ours: Container[str]) -> Iterator[str]:
    """Say of each foreign trigger what is wrong, but not of those that have the name of one of ``ours``."""
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
    """Remove them, within a transaction of the caller's; return how many there were."""
    found = foreign_triggers(db)
    for trigger in found:
        db.execute('DROP TRIGGER "{}"'.format(trigger.name.replace('"', '""')))
    return len(found)
