"""A new SQLite file of plain tables, for exports with a layout of their own."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from errno import EIO
from pathlib import Path

_DISK_ERRORS = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}


class NewTables:
    """Tables to which rows are added."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def create(self, table: str, columns: Mapping[str, str]) -> None:
        """Create a table; ``columns`` are the names of SQLite's types by name."""
        parts = ", ".join(f'"{name}" {sql_type}' for name, sql_type in columns.items())
        self._db.execute(f"CREATE TABLE {table} ({parts})")

    def add(self, table: str, rows: Sequence[Sequence[object]]) -> None:
        """Add rows, each with a value for every column."""
        if rows:
            self._db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608 - our own names

    def index(self, table: str, *columns: str) -> None:
        """Create an index of columns."""
        self._db.execute(f"CREATE INDEX {table}_{'_'.join(columns)} ON {table} ({', '.join(columns)})")


@contextmanager
def new_tables_file(path: Path) -> Iterator[NewTables]:
    """Create a file and write to it in one transaction. Raise ``OSError`` if the disk refuses it."""
    with disk_errors_as_os_errors(), closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = OFF")  # an incomplete file is deleted
        db.execute("BEGIN")
        yield NewTables(db)
        db.execute("COMMIT")


@contextmanager
def disk_errors_as_os_errors() -> Iterator[None]:
    """Raise ``OSError`` for what SQLite says of a disk that refuses a file."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DISK_ERRORS:
            raise
        raise OSError(EIO, str(error)) from error
