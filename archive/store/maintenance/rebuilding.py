"""Rebuild a damaged file: copy its facts to a new file and derive the rest from them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlite_utils import Database

from archive.errors import DamagedArchive, StoreError
from archive.progress import Advance
from archive.store.db.connection import BUSY_TIMEOUT_SECONDS, connect, open_to_write
from archive.store.db.errors import translated
from archive.store.db.lock import writing
from archive.store.db.transactions import transaction
from archive.store.ingest.row_writer import DERIVED_TABLES
from archive.store.ingest.sections import derive_section, section_numbers
from archive.store.maintenance.backup import part_of, put_in_place
from archive.store.rederivation import pending

ROWS_PER_TRANSACTION = 500  # rows of facts, which may be large, or articles
# All tables but those of SQLite, of the search index and of the migrations.
_TABLES = """
SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
  AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_*' ORDER BY name
"""
_COMMON_COLUMNS = """
SELECT name FROM pragma_table_info(?, 'damaged') JOIN pragma_table_info(?, 'main') USING (name) ORDER BY 1
"""


def rebuild(path: Path, advance: Advance, *, patience: float = BUSY_TIMEOUT_SECONDS) -> int:
    """Replace the archive's file by a rebuilt one. Returns the number of articles derived.

    ``patience`` is how many seconds to wait for other programs to close the file. Raises
    :exc:`DamagedArchive` if facts cannot be read. After any error the file is unchanged.
    """
    path = path.resolve()
    with writing(path), part_of(path, mode=path.stat().st_mode) as part:
        with _new(path, part) as db:
            with translated(path):
                _copy_facts(path, db)
            with translated(part):
                done = _derive_all(part, db, advance)
        retire_log(path, patience)
        put_in_place(part, path)
    return done


@contextmanager
def _new(path: Path, part: Path) -> Iterator[Database]:
    """Create an empty archive in ``part``, with the damaged one attached."""
    with closing(open_to_write(part)) as db:
        # Articles are derived after the captures that refer to them; nothing is rolled back.
        for pragma in ("foreign_keys = OFF", "journal_mode = MEMORY", "synchronous = OFF"):
            db.execute(f"PRAGMA {pragma}").fetchone()
        db.execute("ATTACH ? AS damaged", [f"{path.absolute().as_uri()}?mode=ro"])
        yield db
        db.execute("DETACH damaged")
        db.execute("PRAGMA journal_mode = WAL").fetchone()


def _copy_facts(path: Path, db: Database) -> None:
    """Copy facts from their tables, without using indexes, which may be damaged."""
    try:
        _copy_tables(db)
    except sqlite3.IntegrityError as error:  # a value of a wrong type, or none where one is needed
        raise DamagedArchive(f"{path}: damaged: {error}") from error


def _copy_tables(db: Database) -> None:
    tables = [(name, no_rowid) for name, no_rowid in db.execute(_TABLES) if name not in DERIVED_TABLES]
    for name, no_rowid in tables:
        columns = [column for (column,) in db.execute(_COMMON_COLUMNS, [name, name])]
        if not columns:
            continue
        derived = {"version_id"} if name == "captures" else set()
        listed = ", ".join(f'"{column}"' for column in columns if column not in derived)
        copy = f"INSERT INTO main.{name} ({listed}) SELECT {listed} FROM damaged.{name} NOT INDEXED"  # noqa: S608 - ours
        if no_rowid:
            with transaction(db):
                db.execute(copy)
        else:
            _copy_rows(db, name, copy)


def _copy_rows(db: Database, name: str, copy: str) -> None:
    last: int | None = -(2**63)
    while last is not None:
        with transaction(db):
            db.execute(f"{copy} WHERE rowid > ? ORDER BY rowid LIMIT {ROWS_PER_TRANSACTION}", [last])
            (newest,) = db.execute(f"SELECT max(rowid) FROM main.{name}").fetchone()  # noqa: S608 - ours
        last = newest if newest != last else None


def _derive_all(part: Path, db: Database, advance: Advance) -> int:
    """Derive all articles and sections. Return the number of articles."""
    query = "SELECT DISTINCT article_id FROM captures WHERE article_id IS NOT NULL"
    with transaction(db):
        articles = [article for (article,) in db.execute(query)]
        pending.mark_articles(db, articles)
    if damaged := pending.derive_pending(db, part, advance).damaged:
        raise DamagedArchive(damaged[0])
    with transaction(db):
        for number in section_numbers(db):
            derive_section(db, number)
    return len(articles)


def retire_log(path: Path, patience: float) -> None:
    """Delete the old file's write-ahead log, which SQLite would apply to the new file."""
    uri = f"{path.absolute().as_uri()}?mode=rw"
    with translated(path), closing(connect(uri, patience)) as db:
        (mode,) = db.execute("PRAGMA journal_mode = DELETE").fetchone()
    if mode != "delete":
        raise StoreError(f"{path}: is open in another program; close it there, and try again")
