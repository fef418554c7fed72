"""Opening an archive: what is refused, and how SQLite is set."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from time import monotonic

from sqlite_utils import Database, Migrations

from archive.errors import DamagedArchive, NewerArchive, NotAnArchive, StoreError
from archive.shell import command
from archive.store.db.errors import translated
from archive.store.db.file_header import read_header
from archive.store.db.held_file import HeldFile, set_foreign_log_aside, set_foreign_log_aside_to_read
from archive.store.db.schema import APPLICATION_ID, migrations
from archive.store.db.schema_guard import MIGRATIONS, refuse_disguised_tables, refuse_foreign_triggers

MAGIC = b"SQLite format 3\0"
STEPS_BETWEEN = 10_000  # of SQLite's machine, between two looks at the clock
PATIENCE = 10  # seconds a reader waits for a checkpoint, a writer for a stray writer
OPENING = 10  # seconds that the checks on opening may take


class ArchiveDatabase(Database):
    """The connection to an archive. ``held`` is its file if this is the run that writes to it."""

    held: HeldFile | None = None


def open_to_read(
    path: Path, *, patience: float = PATIENCE, as_is: bool = False, steps: Migrations = migrations
) -> Database:
    """Open an archive read-only. Raise :exc:`StoreError` and its kinds; the file is never changed.

    ``as_is`` opens an archive whose schema is only to be checked.
    """
    db = open_of_any_age(path, patience=patience, as_is=as_is, steps=steps)
    with translated(path), _closed_on_failure(db):
        if steps.pending(db):
            raise StoreError(
                f"{path}: an archive of an earlier release; open it once with a command that writes"
            )
    return db


def open_of_any_age(
    path: Path, *, patience: float = PATIENCE, as_is: bool = False, steps: Migrations = migrations
) -> Database:
    """Open an archive of this release or an earlier one read-only, to copy or replace it as a whole."""
    refuse_missing(path)
    refuse_strangers(path)
    with translated(path):
        db = _connect_to_read(path, patience)
        with _closed_on_failure(db):
            # Not where rows are written: there it would forbid our own triggers to write to the search index.
            db.execute("PRAGMA trusted_schema = OFF")
            _check(path, db, steps, as_is=as_is)
    return db


def refuse_unopenable(path: Path) -> None:
    """Raise the :exc:`StoreError` that opening an archive would raise, of this release or an earlier one."""
    open_of_any_age(path).close()


def open_to_write(path: Path, *, as_is: bool = False, steps: Migrations = migrations) -> ArchiveDatabase:
    """Open an archive to write to. Create it if it is missing, and apply ``steps``. Hold its lock before.

    WAL, so that readers never wait; synchronous=NORMAL: a power failure may lose the last commits,
    which are fetched again, never the file's consistency. ``as_is`` opens one whose schema is to be restored.
    """
    refuse_strangers(path)
    with translated(path):
        db = connect(f"{path.absolute().as_uri()}?mode=rwc")
        with _closed_on_failure(db):
            _check(path, db, steps, as_is=as_is)
            if not as_is:
                refuse_foreign_triggers(path, db)
            _make_ready_to_write(db, steps)
    return db


def _make_ready_to_write(db: Database, steps: Migrations) -> None:
    # Before WAL and all else, so that even a crash now leaves a file that tells what it is.
    if db.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    steps.apply(db)
    db.execute("PRAGMA journal_mode = WAL").fetchone()
    db.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # makes the log
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA foreign_keys = ON")


@contextmanager
def held_to_write(path: Path, *, as_is: bool = False) -> Iterator[ArchiveDatabase]:
    """Open an archive to write to, and close it without harm to a file that was put in its place meanwhile.

    Hold its lock before.
    """
    held = HeldFile(path)
    try:
        set_foreign_log_aside(path)
        db = _open_held(path, held, as_is=as_is)
        held.note_log()
        db.held = held
        try:
            yield db
        except DamagedArchive:  # as what was put in its place seems to SQLite
            held.refuse_replaced()
            raise
        finally:
            if held.is_replaced():
                held.discard_log()
            db.close()
    finally:
        held.close()


def _open_held(path: Path, held: HeldFile, *, as_is: bool) -> ArchiveDatabase:
    """Open it to write to. An archive that is replaced meanwhile may seem damaged."""
    had_log = held.has_wal_format()
    try:
        return open_to_write(path, as_is=as_is)
    except DamagedArchive:
        if had_log:
            held.refuse_replaced()
        raise


def limit(db: Database, seconds: float) -> None:
    """Let what is asked of ``db`` from now on take so long in all, then fail with :exc:`StoreError`."""
    deadline = monotonic() + seconds
    db.conn.set_progress_handler(lambda: monotonic() > deadline, STEPS_BETWEEN)


def _check(path: Path, db: Database, steps: Migrations, *, as_is: bool) -> None:
    """Refuse what must not be read. Read nothing before that."""
    limit(db, OPENING)
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
    """WAL wants a file beside the archive even to read; where none can be made, nobody writes either."""
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
    """Raise where the log beside an archive holds what cannot be read without writing beside it."""
    log = path.with_name(f"{path.name}-wal")
    if not log.exists() or not log.stat().st_size:
        return
    if not log.with_name(f"{path.name}-shm").exists() and not has_writable_folder(path):
        raise StoreError(
            f"{path}: {log.name} holds changes that can only be read by a user who may write to"
            f" {path.absolute().parent}; as such a user run once: taz-archive verify --repair {path}"
        ) from error
    raise error


def has_writable_folder(path: Path) -> bool:
    """Whether files can be made beside an archive, as SQLite does to read while another process writes."""
    return os.access(path.absolute().parent, os.W_OK)


def connect(uri: str, patience: float = PATIENCE) -> ArchiveDatabase:
    """Whatever file it is; see the functions above for what is to be refused."""
    # A server opens it in one thread and reads in another.
    connection = sqlite3.connect(uri, uri=True, timeout=patience, check_same_thread=False)
    # No plugins of sqlite-utils: what somebody installed there must not change what is stored here.
    return ArchiveDatabase(connection, execute_plugins=False)


def _is_fresh(path: Path) -> bool:
    """Whether there is nothing yet. Raises :exc:`StoreError` for what can never hold an archive."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return True
    except OSError as error:
        raise StoreError(f"{path}: cannot be looked at: {error.strerror}") from error
    if not S_ISREG(status.st_mode):
        raise NotAnArchive(f"{path}: not an archive (not a file)")
    return status.st_size == 0


def refuse_missing(path: Path) -> None:
    """Raise :exc:`StoreError` where there is nothing yet."""
    if _is_fresh(path):
        raise StoreError(f"{path}: no archive is there; `{command('crawl', path)}` makes one")


def refuse_strangers(path: Path) -> None:
    """Raise :exc:`NotAnArchive` for a file that is none; one that is missing or empty can become one.

    Looks at the header before SQLite does, which would create journal files beside a stranger.
    """
    if _is_fresh(path):
        return
    try:
        header = read_header(path)
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}") from error
    if not header.startswith(MAGIC):
        raise NotAnArchive(f"{path}: not an archive (not an SQLite file)")
    # https://www.sqlite.org/fileformat.html#application_id
    mark = int.from_bytes(header[68:72])
    if mark != APPLICATION_ID and (mark or not _has_our_tables(path)):
        raise NotAnArchive(f"{path}: not an archive, but an SQLite database of something else")


def _has_our_tables(path: Path) -> bool:
    """Whether a file without a mark is an archive that ``sqlite3 taz.db .dump | sqlite3 new.db`` has copied.

    A dump keeps tables, and with them the migrations applied, but no header. Looks at names alone, in a mode
    that lays no file beside a stranger's.
    """
    with suppress(sqlite3.Error), closing(connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1")) as db:
        return bool(db.execute(OUR_TABLES).fetchone()[0])
    return False


OUR_TABLES = """
SELECT count(*) = 4 FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'
  AND name IN ('_sqlite_migrations', 'captures', 'pages', 'payloads')
"""


def is_archive(path: Path) -> bool:
    """Whether there is an archive there, of whatever release."""
    try:
        refuse_strangers(path)
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
