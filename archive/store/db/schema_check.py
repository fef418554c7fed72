"""Whether a file's tables, indexes, triggers and views are those of this release.

Other programs may change them: ``sqlite-utils transform`` makes a table over, without its triggers and with
foreign keys that are no longer deferred. What differs only in spelling is equal here: quotes, white space,
the order of columns, ``DEFAULT '0'`` for ``DEFAULT 0``. What a reader has added is named, and is not a fault.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.store.db.errors import translated
from archive.store.db.schema import migrations

# A comment, a string, a quoted identifier, a word, or any other single character.
TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`|\[[^\]]*\]|\w+|[^\w\s]", re.DOTALL)
# What pragmas do not show of a table, and what would change which rows can be written to it.
CLAUSES = ("check", "collate", "conflict", "deferred")
# Tables of SQLite's, of sqlite-utils' migrations, and those in which FTS5 keeps an index.
INTERNAL = re.compile(
    r"sqlite_.*|_sqlite_migrations|idx__sqlite_migrations_.*|.*_fts_(?:config|content|data|docsize|idx)"
)


class Part(NamedTuple):
    """An object of a schema, and its table. ``kind`` is ``table``, ``index``, ``trigger`` or ``view``."""

    kind: str
    name: str
    table: str
    sql: str

    @property
    def is_plain_table(self) -> bool:
        """Whether it is a table of rows, and not a virtual one."""
        return self.kind == "table" and tokens(self.sql)[1] == "table"

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Trait(NamedTuple):
    """One property of a table, and the column it is of, if it is of one."""

    text: str
    column: str | None = None


class Difference(NamedTuple):
    """An object that is missing, where ``found`` is None, or is not as this release makes it.

    ``traits`` say in what a table differs. Unless it ``is_usable``, what other checks read is not there.
    """

    wanted: Part
    found: Part | None
    traits: tuple[str, ...] = ()
    is_usable: bool = True

    def __str__(self) -> str:
        if self.found is None:
            return f"{self.wanted} is missing"
        return f"{self.wanted} is not that of this release" + "".join(f"; {text}" for text in self.traits)


@contextmanager
def release() -> Iterator[Database]:
    """Open an empty archive of this release, in memory."""
    with closing(Database(memory=True, execute_plugins=False)) as db:
        migrations.apply(db)
        yield db


def differences(db: Database) -> list[Difference]:
    """Return all objects that are missing, or are not those of this release."""
    with release() as empty:
        found = parts(db)
        compared = (_compare(db, found.get(part.name), empty, part) for part in parts(empty).values())
        return [difference for difference in compared if difference]


def is_usable(db: Database) -> bool:
    """Return whether all tables and columns of this release are there."""
    return all(difference.is_usable for difference in differences(db))


def release_parts() -> list[Part]:
    """Return all objects that this release makes."""
    with release() as empty:
        return list(parts(empty).values())


def misfits(db: Database) -> Iterator[str]:
    """Say which columns hold values that STRICT tables of this release cannot hold."""
    with release() as empty:
        for part in parts(empty).values():
            if part.is_plain_table:
                yield from _misfits(db, empty, part.name)


def _misfits(db: Database, empty: Database, table: str) -> Iterator[str]:
    checked = empty.execute(NULLABLE_TYPES, [table]).fetchall()
    sums = ", ".join(f"""sum(typeof("{name}") NOT IN ({types}))""" for name, types in checked)
    counts = db.execute(f"SELECT {sums} FROM {table}").fetchone()  # noqa: S608 - names alone
    for (name, types), count in zip(checked, counts, strict=True):
        if count:
            first = f", first in row {_first(db, table, name, types)}" if checked[0][0] == "id" else ""
            yield f"column {table}.{name}: expected {types}, found something else in {count:,} rows{first}"


def _first(db: Database, table: str, name: str, types: str) -> object:
    query = f"""SELECT min(id) FROM {table} WHERE typeof("{name}") NOT IN ({types})"""  # noqa: S608 - names alone
    return db.execute(query).fetchone()[0]


# What code of ours raises where it is given a value that our schema forbids.
MISREAD = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError, sqlite3.Error)


@contextmanager
def blaming_types(path: Path, db: Database) -> Iterator[None]:
    """Raise :exc:`DamagedArchive` instead of an error that values of wrong types explain.

    They are looked for only then, as that reads the whole file. An error in a sound archive stays a bug.
    """
    try:
        yield
    except MISREAD as error:
        with translated(path):
            fault = next(misfits(db), None)
        if fault is None:
            raise
        raise DamagedArchive(f"{path}: damaged: {fault}") from error


def additions(db: Database) -> list[str]:
    """Return what a reader has added, such as ``index my_titles``, in alphabetical order."""
    with release() as empty:
        found, wanted = parts(db), parts(empty)
        added = [str(part) for name, part in found.items() if name not in wanted]
        for part in wanted.values():
            if part.is_plain_table and part.name in found and found[part.name].is_plain_table:
                new = columns(db, part.name).keys() - columns(empty, part.name).keys()
                added += [f"column {part.name}.{column}" for column in new]
    return sorted(added)


def parts(db: Database) -> dict[str, Part]:
    """Return all objects of a schema by name, except internal ones."""
    rows = db.execute("SELECT type, name, tbl_name, sql FROM main.sqlite_schema WHERE sql IS NOT NULL")
    return {part.name: part for part in map(Part._make, rows) if not INTERNAL.fullmatch(part.name)}


def columns(db: Database, table: str) -> dict[str, str]:
    """Return the columns of a table, and each one's type."""
    return dict(db.execute("SELECT name, type FROM pragma_table_xinfo(?) ORDER BY cid", [table]).fetchall())


def tokens(sql: str) -> tuple[str, ...]:
    """Split SQL into words and signs, without comments, quotes of identifiers, and differences of case."""
    words = (word for word in TOKEN.findall(sql) if not word.startswith(("--", "/*")))
    plain = tuple(word if word.startswith("'") else word.strip('"`[]').lower() or word for word in words)
    return tuple(" ".join(plain).replace(" if not exists ", " ", 1).split(" "))


def _compare(db: Database, found: Part | None, empty: Database, wanted: Part) -> Difference | None:
    is_table = wanted.kind == "table"
    if found is None or found.kind != wanted.kind:
        return Difference(wanted, found, is_usable=not is_table)
    if not (wanted.is_plain_table and found.is_plain_table):
        is_equal = tokens(found.sql) == tokens(wanted.sql)
        return None if is_equal else Difference(wanted, found, is_usable=not is_table)
    traits = tuple(_different_traits(db, found, empty, wanted))
    missing = columns(empty, wanted.name).keys() - columns(db, wanted.name).keys()
    return Difference(wanted, found, traits, is_usable=not missing) if traits else None


def _different_traits(db: Database, found: Part, empty: Database, wanted: Part) -> Iterator[str]:
    """Say in what two tables differ, except in columns that were added to the first."""
    here, there, known = _traits(db, found), _traits(empty, wanted), columns(empty, wanted.name)
    yield from (f"expected {trait.text}" for trait in there if trait not in here)
    for trait in here:
        if trait not in there and (trait.column is None or trait.column in known):
            yield f"found {trait.text}"


def _traits(db: Database, part: Part) -> list[Trait]:
    """Return all that decides which rows a table can hold."""
    return [
        *(
            Trait(f"column {row[0]} {' '.join(filter(None, row[1:]))}", row[0])
            for row in db.execute(_COLUMNS, [part.name])
        ),
        *(
            Trait(f"foreign key {row[0]} to {row[1]}{row[2]}", row[0])
            for row in db.execute(FOREIGN_KEYS, [part.name])
        ),
        *(Trait(f"unique ({names})") for (names,) in db.execute(UNIQUE, [part.name])),
        *(Trait(name) for (name,) in db.execute(OPTIONS, {"name": part.name})),
        *(
            Trait(f"{count} × {word.upper()}")
            for word, count in sorted(Counter(tokens(part.sql)).items())
            if word in CLAUSES
        ),
    ]


# The types, as typeof() names them, that each column of a table can hold.
NULLABLE_TYPES = """
SELECT name, '''' || lower(type) || '''' || iif("notnull" OR pk, '', ', ''null''') FROM pragma_table_info(?)
"""
_COLUMNS = """
SELECT name, upper(type), iif("notnull", 'NOT NULL', ''), 'DEFAULT ' || trim(dflt_value, ''''),
  iif(pk, 'PRIMARY KEY ' || pk, ''), iif(hidden, 'GENERATED', '')
FROM pragma_table_xinfo(?) ORDER BY name
"""
FOREIGN_KEYS = """
SELECT "from", "table", ifnull('.' || "to", '')
  || iif(on_delete = 'NO ACTION' AND on_update = 'NO ACTION', '', ' ' || on_delete || ' ' || on_update)
FROM pragma_foreign_key_list(?) ORDER BY "from"
"""
UNIQUE = """
SELECT
  (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno)) AS names
FROM pragma_index_list(?) l WHERE origin = 'u' ORDER BY names
"""
OPTIONS = """
SELECT 'STRICT' FROM pragma_table_list WHERE schema = 'main' AND name = :name AND strict
UNION ALL SELECT 'WITHOUT ROWID' FROM pragma_table_list WHERE schema = 'main' AND name = :name AND wr
"""
