"""What SQLite finds wrong with a file or a disk, as our errors."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.errors import DamagedArchive, StoreError

# Result codes (https://www.sqlite.org/rescode.html) that say the file is at fault, not our own SQL.
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
HINDERED = frozenset(
    {
        *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR),
        *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_PROTOCOL),
        *(sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT),
    }
)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """What SQLite finds wrong with the file or the disk, in our words. A bug in our SQL stays one."""
    try:
        yield
    except UnicodeDecodeError as error:  # what SQLite holds as text is none
        raise DamagedArchive(f"{path}: damaged: {error}") from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the extended part
        if code in DAMAGED or "decode to UTF-8" in str(error):
            raise DamagedArchive(f"{path}: damaged: {error}") from error
        if code == sqlite3.SQLITE_INTERRUPT:
            raise StoreError(f"{path}: that took too long; ask for less") from error
        if code in HINDERED:
            raise StoreError(f"{path}: {error}") from error
        raise


def hindrance(path: Path, error: BaseException) -> StoreError | None:
    """Map a sqlite3 error to a StoreError; return None for any other exception."""
    if not isinstance(error, sqlite3.Error):
        return None
    try:
        with translated(path):
            raise error
    except StoreError as told:
        return told
    except sqlite3.Error:
        return None
