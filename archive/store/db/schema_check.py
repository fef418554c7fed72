"""Comparison of a file's tables, indexes, triggers and views with those of this release.

Other programs may change them: ``sqlite-utils transform`` recreates a table without its triggers and with
foreign keys that are not deferred. Differences in spelling are ignored: quotes, white space, the order of
columns, ``DEFAULT '0'`` for ``DEFAULT 0``. Additions by other programs are listed, but are not faults.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.store.db.errors import translated
from archive.store.db.migrations import migrations

# A comment, a string, a quoted identifier, a word, or any other single character.
_TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`|\[[^\]]*\]|\w+|[^\w\s]", re.DOTALL)
# Clauses that pragmas do not show and that affect which rows a table can hold.
_CLAUSES = ("check", "collate", "conflict", "deferred")
# Tables of SQLite, of sqlite-utils' migrations, and the shadow tables of FTS5.
_INTERNAL = re.compile(
    r"sqlite_.*|_sqlite_migrations|idx__sqlite_migrations_.*|.*_fts_(?:config|content|data|docsize|idx)"
)


class SchemaObject(NamedTuple):
    """An object of a schema and its table. ``kind`` is ``table``, ``index``, ``trigger`` or ``view``."""

    kind: str
    name: str
    table: str
    sql: str

    @property
    def is_plain_table(self) -> bool:
        """Whether the object is a table, and not a virtual one."""
        return self.kind == "table" and [*islice(_words(self.sql), 2)][1:] == ["table"]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Trait(NamedTuple):
    """A property of a table, or of its ``column``."""

    text: str
    column: str | None = None


class Difference(NamedTuple):
    """An object that differs from this release, or is missing if ``found`` is None.

    ``traits`` are the differences of a table. Unless it ``is_usable``, tables or columns that other checks
    read are missing.
    """

    wanted: SchemaObject
    found: SchemaObject | None
    traits: tuple[str, ...] = ()
    is_usable: bool = True

    def __str__(self) -> str:
        if self.found is None:
            return f"{self.wanted} is missing"
        return f"{self.wanted} differs from this release" + "".join(f"; {text}" for text in self.traits)


@contextmanager
def release() -> Iterator[Database]:
    """Create an empty archive of this release in memory."""
    with closing(Database(memory=True, execute_plugins=False)) as db:
        migrations.apply(db)
        yield db


def differences(db: Database) -> list[Difference]:
    """Return all objects that are missing or differ from this release."""
    with release() as empty:
        found = parts(db)
        compared = (_compare(db, found.get(part.name), empty, part) for part in parts(empty).values())
        return [difference for difference in compared if difference]


def is_usable(db: Database) -> bool:
    """Return whether all tables and columns of this release exist."""
    return all(difference.is_usable for difference in differences(db))


def release_parts() -> list[SchemaObject]:
    """Return all objects of this release's schema."""
    with release() as empty:
        return list(parts(empty).values())


def wrong_types(db: Database) -> Iterator[str]:
    """Yield a line for each column with values that this release's STRICT tables cannot hold."""
    with release() as empty:
        for part in parts(empty).values():
            if part.is_plain_table:
                yield from _wrong_types(db, empty, part.name)


def _wrong_types(db: Database, empty: Database, table: str) -> Iterator[str]:
    checked = empty.execute(_ALLOWED_TYPES, [table]).fetchall()
    sums = ", ".join(f"""sum(typeof("{name}") NOT IN ({types}))""" for name, types in checked)
    counts = db.execute(f"SELECT {sums} FROM {table}").fetchone()  # noqa: S608 - only names
    for (name, types), count in zip(checked, counts, strict=True):
        if count:
            first = f", first in row {_first(db, table, name, types)}" if checked[0][0] == "id" else ""
            yield f"column {table}.{name}: expected {types}, found something else in {count:,} rows{first}"


def _first(db: Database, table: str, name: str, types: str) -> object:
    query = f"""SELECT min(id) FROM {table} WHERE typeof("{name}") NOT IN ({types})"""  # noqa: S608 - only names
    return db.execute(query).fetchone()[0]


# Errors that our code may raise for a value that our schema forbids.
_TYPE_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    sqlite3.Error,
)


@contextmanager
def type_errors_as_damage(path: Path, db: Database) -> Iterator[None]:
    """Raise :exc:`DamagedArchive` for an error in the block if the archive has values of wrong types.

    The search for them reads the whole file, so it is made only after an error. Errors in a sound archive are
    bugs and pass unchanged.
    """
    try:
        yield
    except _TYPE_ERRORS as error:
        with translated(path):
            fault = next(wrong_types(db), None)
        if fault is None:
            raise
        raise DamagedArchive(f"{path}: damaged: {fault}") from error


def additions(db: Database) -> list[str]:
    """Return what other programs added, such as ``index my_titles``, in alphabetical order."""
    with release() as empty:
        found, wanted = parts(db), parts(empty)
        added = [str(part) for name, part in found.items() if name not in wanted]
        for part in wanted.values():
            if part.is_plain_table and part.name in found and found[part.name].is_plain_table:
                new = columns(db, part.name).keys() - columns(empty, part.name).keys()
                added += [f"column {part.name}.{column}" for column in new]
    return sorted(added)


def parts(db: Database) -> dict[str, SchemaObject]:
    """Return all objects of a schema by name, except internal ones."""
    rows = db.execute("SELECT type, name, tbl_name, sql FROM main.sqlite_schema WHERE sql IS NOT NULL")
    return {part.name: part for part in map(SchemaObject._make, rows) if not _INTERNAL.fullmatch(part.name)}


def columns(db: Database, table: str) -> dict[str, str]:
    """Return the columns of a table and their types."""
    return dict(db.execute("SELECT name, type FROM pragma_table_xinfo(?) ORDER BY cid", [table]).fetchall())


def tokens(sql: str) -> tuple[str, ...]:
    """Split SQL into words and signs in lower case, without comments and quotes of identifiers."""
    return tuple(" ".join(_words(sql)).replace(" if not exists ", " ", 1).split(" "))


def _words(sql: str) -> Iterator[str]:
    for match in _TOKEN.finditer(sql):
        word = match[0]
        if word.startswith("'"):
            yield word
        elif not word.startswith(("--", "/*")):
            yield word.strip('"`[]').lower() or word


def _compare(
    db: Database, found: SchemaObject | None, empty: Database, wanted: SchemaObject
) -> Difference | None:
    is_table = wanted.kind == "table"
    if found is None or found.kind != wanted.kind:
        return Difference(wanted, found, is_usable=not is_table)
    if not (wanted.is_plain_table and found.is_plain_table):
        is_equal = found.sql == wanted.sql or tokens(found.sql) == tokens(wanted.sql)
        return None if is_equal else Difference(wanted, found, is_usable=not is_table)
    traits = tuple(_different_traits(db, found, empty, wanted))
    missing = columns(empty, wanted.name).keys() - columns(db, wanted.name).keys()
    return Difference(wanted, found, traits, is_usable=not missing) if traits else None


def _different_traits(
    db: Database, found: SchemaObject, empty: Database, wanted: SchemaObject
) -> Iterator[str]:
    """Yield the differences of two tables, except columns that were added to the first."""
    here, there, known = _traits(db, found), _traits(empty, wanted), columns(empty, wanted.name)
    yield from (f"expected {trait.text}" for trait in there if trait not in here)
    for trait in here:
        if trait not in there and (trait.column is None or trait.column in known):
            yield f"found {trait.text}"


def _traits(db: Database, part: SchemaObject) -> list[Trait]:
    """Return all properties that affect which rows a table can hold."""
    return [
        *(
            Trait(f"column {row[0]} {' '.join(filter(None, row[1:]))}", row[0])
            for row in db.execute(_COLUMN_TRAITS, [part.name])
        ),
        *(
            Trait(f"foreign key {row[0]} to {row[1]}{row[2]}", row[0])
            for row in db.execute(_FOREIGN_KEYS, [part.name])
        ),
        *(Trait(f"unique ({names})") for (names,) in db.execute(_UNIQUE_CONSTRAINTS, [part.name])),
        *(Trait(name) for (name,) in db.execute(_TABLE_OPTIONS, {"name": part.name})),
        *(
            Trait(f"{count} × {word.upper()}")
            for word, count in sorted(Counter(tokens(part.sql)).items())
            if word in _CLAUSES
        ),
    ]


# The types that each column of a table can hold, as typeof() names them.
_ALLOWED_TYPES = """
SELECT name, '''' || lower(type) || '''' || iif("notnull" OR pk, '', ', ''null''') FROM pragma_table_info(?)
"""
_COLUMN_TRAITS = """
SELECT name, upper(type), iif("notnull", 'NOT NULL', ''), 'DEFAULT ' || trim(dflt_value, ''''),
  iif(pk, 'PRIMARY KEY ' || pk, ''), iif(hidden, 'GENERATED', '')
FROM pragma_table_xinfo(?) ORDER BY name
"""
_FOREIGN_KEYS = """
SELECT "from", "table", ifnull('.' || "to", '')
  || iif(on_delete = 'NO ACTION' AND on_update = 'NO ACTION', '', ' ' || on_delete || ' ' || on_update)
FROM pragma_foreign_key_list(?) ORDER BY "from"
"""
_UNIQUE_CONSTRAINTS = """
SELECT
  (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno)) AS names
FROM pragma_index_list(?) l WHERE origin = 'u' ORDER BY names
"""
_TABLE_OPTIONS = """
SELECT 'STRICT' FROM pragma_table_list WHERE schema = 'main' AND name = :name AND strict
UNION ALL SELECT 'WITHOUT ROWID' FROM pragma_table_list WHERE schema = 'main' AND name = :name AND wr
"""
