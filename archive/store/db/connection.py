"""Opening an archive: which files are refused, and how SQLite is configured."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from time import monotonic

from sqlite_utils import Database, Migrations

from archive.errors import DamagedArchive, NewerArchive, NotAnArchive, StoreError
from archive.shell_commands import command
from archive.store.db.errors import translated
from archive.store.db.file_header import read_header
from archive.store.db.held_file import HeldFile, set_foreign_log_aside, set_foreign_log_aside_to_read
from archive.store.db.migrations import migrations
from archive.store.db.schema import APPLICATION_ID
from archive.store.db.schema_guard import MIGRATIONS, refuse_disguised_tables, refuse_foreign_triggers

_MAGIC = b"SQLite format 3\0"
_CLOCK_CHECK_STEPS = 10_000  # instructions of SQLite's virtual machine between two checks of the time
BUSY_TIMEOUT_SECONDS = 10  # for a reader during a checkpoint, and for a writer while another program writes
_MAX_CHECK_SECONDS = 10  # for the checks on opening


class ArchiveDatabase(Database):
    """A connection to an archive. ``held`` is the archive's file if the connection writes."""

    held: HeldFile | None = None


def open_to_read(
    path: Path, *, patience: float = BUSY_TIMEOUT_SECONDS, as_is: bool = False, steps: Migrations = migrations
) -> Database:
    """Open an archive of this release read-only. Raise :exc:`StoreError` or a subclass if that is impossible.

    The file is never changed. ``as_is`` skips the checks of the schema, to examine it.
    """
    db = open_of_any_age(path, patience=patience, as_is=as_is, steps=steps)
    with translated(path), _closed_on_failure(db):
        if steps.pending(db):
            raise StoreError(
                f"{path}: an archive of an earlier release; open it once with a command that writes"
            )
    return db


def open_of_any_age(
    path: Path, *, patience: float = BUSY_TIMEOUT_SECONDS, as_is: bool = False, steps: Migrations = migrations
) -> Database:
    """Open an archive of this or an earlier release read-only, to copy or replace it as a whole."""
    refuse_missing(path)
    refuse_non_archive(path)
    with translated(path):
        db = _connect_to_read(path, patience)
        with _closed_on_failure(db):
            # Only for readers: it would prevent our own triggers from writing to the search index.
            db.execute("PRAGMA trusted_schema = OFF")
            _check(path, db, steps, as_is=as_is)
    return db


def refuse_unopenable(path: Path) -> None:
    """Raise :exc:`StoreError` if an archive of this or an earlier release cannot be opened."""
    open_of_any_age(path).close()


def open_to_write(path: Path, *, as_is: bool = False, steps: Migrations = migrations) -> ArchiveDatabase:
    """Open an archive for writing, create it if it is missing, and apply ``steps``.

    The caller holds its lock. WAL, so that readers never wait. synchronous=NORMAL: a power failure may lose
    the last commits, whose pages are fetched again, but never corrupts the file. ``as_is`` skips the checks
    of the schema, to restore it.
    """
    refuse_non_archive(path)
    with translated(path):
        db = connect(f"{path.absolute().as_uri()}?mode=rwc")
        with _closed_on_failure(db):
            _check(path, db, steps, as_is=as_is)
            if not as_is:
                refuse_foreign_triggers(path, db)
            _make_ready_to_write(db, steps)
    return db


def _make_ready_to_write(db: Database, steps: Migrations) -> None:
    # First, so that even after a crash the file can be recognised.
    if db.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    steps.apply(db)
    db.execute("PRAGMA journal_mode = WAL").fetchone()
    db.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # creates the log
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA foreign_keys = ON")


@contextmanager
def held_to_write(path: Path, *, as_is: bool = False) -> Iterator[ArchiveDatabase]:
    """Open an archive for writing, and close it without harm to a file that has replaced it.

    The caller holds its lock.
    """
    held = HeldFile(path)
    try:
        set_foreign_log_aside(path)
        db = _open_held(path, held, as_is=as_is)
        held.note_log()
        db.held = held
        try:
            yield db
        except DamagedArchive:  # also raised for a replaced file
            held.refuse_replaced()
            raise
        finally:
            if held.is_replaced():
                held.discard_log()
            db.close()
    finally:
        held.close()


def _open_held(path: Path, held: HeldFile, *, as_is: bool) -> ArchiveDatabase:
    """Open an archive for writing. Raise :exc:`StoreError` if it was replaced, which may look like damage."""
    had_log = held.has_wal_format()
    try:
        return open_to_write(path, as_is=as_is)
    except DamagedArchive:
        if had_log:
            held.refuse_replaced()
        raise


def limit(db: Database, seconds: float) -> None:
    """Interrupt every query of ``db`` that runs later than this many seconds from now."""
    deadline = monotonic() + seconds
    db.conn.set_progress_handler(lambda: monotonic() > deadline, _CLOCK_CHECK_STEPS)


def _check(path: Path, db: Database, steps: Migrations, *, as_is: bool) -> None:
    """Refuse disguised tables and newer archives, before anything else is read."""
    limit(db, _MAX_CHECK_SECONDS)
    refuse_disguised_tables(path, db, names=frozenset({MIGRATIONS}) if as_is else None)
    _refuse_newer(path, db, steps)
    db.conn.set_progress_handler(None, 0)


@contextmanager
def _closed_on_failure(db: Database) -> Iterator[None]:
    """Close a connection if the block fails, in which case no caller receives it."""
    try:
        yield
    except BaseException:
        db.close()
        raise


def _connect_to_read(path: Path, patience: float) -> Database:
    """Connect; in a read-only folder as immutable, since SQLite cannot create its index of the log there."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    if set_foreign_log_aside_to_read(path):
        return connect(f"{uri}&immutable=1", patience)
    db = connect(uri, patience)
    try:
        with _closed_on_failure(db):
            db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError as error:
        _refuse_unread_log(path, error)
        return connect(f"{uri}&immutable=1", patience)
    return db


def _refuse_unread_log(path: Path, error: sqlite3.OperationalError) -> None:
    """Raise if the log has changes that cannot be read without creating a file in the folder."""
    log = path.with_name(f"{path.name}-wal")
    if not log.exists() or not log.stat().st_size:
        return
    if not log.with_name(f"{path.name}-shm").exists() and not has_writable_folder(path):
        raise StoreError(
            f"{path}: {log.name} holds changes that only a user who may write to"
            f" {path.absolute().parent} can read; as such a user, run: taz-archive verify --repair {path}"
        ) from error
    raise error


def has_writable_folder(path: Path) -> bool:
    """Return whether SQLite can create the files that it needs to read while another process writes."""
    return os.access(path.absolute().parent, os.W_OK)


def connect(uri: str, patience: float = BUSY_TIMEOUT_SECONDS) -> ArchiveDatabase:
    """Connect to a file without any check."""
    # A server opens the connection in one thread and uses it in another.
    connection = sqlite3.connect(uri, uri=True, timeout=patience, check_same_thread=False)
    # Installed plugins of sqlite-utils must not change what is stored.
    return ArchiveDatabase(connection, execute_plugins=False)


def _is_fresh(path: Path) -> bool:
    """Return whether a file is missing or empty. Raise :exc:`StoreError` if it is not a file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return True
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}") from error
    if not S_ISREG(status.st_mode):
        raise NotAnArchive(f"{path}: not an archive (not a regular file)")
    return status.st_size == 0


def refuse_missing(path: Path) -> None:
    """Raise :exc:`StoreError` if a file is missing or empty."""
    if _is_fresh(path):
        raise StoreError(f"{path}: no such archive; `{command('crawl', path)}` creates one")


def refuse_non_archive(path: Path) -> None:
    """Raise :exc:`NotAnArchive` unless the file is an archive. A missing or empty file is accepted.

    The header is read without SQLite, which would create journal files for a foreign database.
    """
    if _is_fresh(path):
        return
    try:
        header = read_header(path)
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}") from error
    if not header.startswith(_MAGIC):
        raise NotAnArchive(f"{path}: not an archive (not an SQLite file)")
    # https://www.sqlite.org/fileformat.html#application_id
    mark = int.from_bytes(header[68:72])
    if mark != APPLICATION_ID and (mark or not _has_our_tables(path)):
        raise NotAnArchive(f"{path}: not an archive, but another SQLite database")


def _has_our_tables(path: Path) -> bool:
    """Return whether a file without our application id is an archive restored from a dump.

    ``sqlite3 taz.db .dump | sqlite3 new.db`` keeps the tables, migrations included, but not the header. Only
    names are read, in a mode that creates no files.
    """
    with suppress(sqlite3.Error), closing(connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1")) as db:
        return bool(db.execute(_HAS_OUR_TABLES).fetchone()[0])
    return False


_HAS_OUR_TABLES = """
SELECT count(*) = 4 FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'
  AND name IN ('_sqlite_migrations', 'captures', 'pages', 'payloads')
"""


def is_archive(path: Path) -> bool:
    """Return whether a file is an archive, of any release."""
    try:
        refuse_non_archive(path)
    except StoreError:
        return False
    return not _is_fresh(path)


def _refuse_newer(path: Path, db: Database, steps: Migrations) -> None:
    with closing(Database(memory=True, execute_plugins=False)) as empty:
        known = {step.name for step in steps.pending(empty)}
    if newer := [applied.name for applied in steps.applied(db) if applied.name not in known]:
        raise NewerArchive(
            f"{path}: written by taz-archive {newer[-1]}, newer than this one; upgrade to open it"
        )
