"""Translation of SQLite's errors to those of :mod:`archive.errors`."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.errors import DamagedArchive, StoreError

# Result codes (https://www.sqlite.org/rescode.html) of a damaged file, and of a file, disk or limit that
# prevents a query. All other codes are bugs in our SQL.
_DAMAGE_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_HINDRANCE_CODES = frozenset(
    {
        *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR),
        *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_PROTOCOL),
        *(sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT),
    }
)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise a :exc:`StoreError` for SQLite's errors about the file or the disk; let all others pass."""
    try:
        yield
    except UnicodeDecodeError as error:  # SQLite does not check that text is UTF-8
        raise DamagedArchive(f"{path}: damaged: {error}") from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the extended part
        if code in _DAMAGE_CODES or "decode to UTF-8" in str(error):
            raise DamagedArchive(f"{path}: damaged: {error}") from error
        if code == sqlite3.SQLITE_INTERRUPT:
            raise StoreError(f"{path}: the query took too long; ask for less") from error
        if code in _HINDRANCE_CODES:
            raise StoreError(f"{path}: {error}") from error
        raise


def as_store_error(path: Path, error: BaseException) -> StoreError | None:
    """Map a sqlite3 error to a StoreError; return None for any other exception."""
    if not isinstance(error, sqlite3.Error):
        return None
    try:
        with translated(path):
            raise error
    except StoreError as translation:
        return translation
    except sqlite3.Error:
        return None
