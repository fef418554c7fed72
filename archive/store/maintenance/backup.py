"""``backup``: copy an archive while a crawl writes to it. The copy is complete or not there at all.

The copy is made page by page in one snapshot, next to its target. It has the same layout as the archive, so
that rsync, borg and restic find most of it unchanged.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlite_utils import Database

from archive.errors import ArchiveBusy, DamagedArchive, StoreError
from archive.store.db.connection import open_of_any_age, refuse_non_archive
from archive.store.db.errors import translated
from archive.store.db.transactions import snapshot
from archive.store.db.write_ahead_log import has_older_format

FILE_PAGES_PER_STEP = 2_000

CopyProgress = Callable[[int, int], object]  # file pages copied so far, and their total


def back_up(path: Path, out: Path, advance: CopyProgress = lambda _, __: None) -> int:
    """Copy an archive of any release to ``out``. Returns the size of the copy in bytes.

    An existing ``out`` is replaced if it is an archive whose captures are all in this one. Raises
    :exc:`StoreError` or a subclass; then nothing has changed.
    """
    with closing(open_of_any_age(path)) as db:
        target = _target(path, db, out)
        with part_of(target, mode=path.stat().st_mode) as part:
            copy_whole(path, db, part, advance)
            size = part.stat().st_size
            put_in_place(part, target)
    return size


# -- The target ------------------------------------------------------------------------------------------


def _target(path: Path, db: Database, out: Path) -> Path:
    """Return the target with links followed. Raises :exc:`StoreError` if it must not be replaced."""
    target = out.resolve()
    if target.exists() and target.samefile(path):
        raise StoreError(f"{out}: is the archive itself")
    refuse_non_archive(target)
    if target.exists() and target.stat().st_size:
        _refuse_written(target)
        _refuse_others(path, db, target)
    return target


def _refuse_written(target: Path) -> None:
    """Raise :exc:`StoreError` for an archive that a run has written to."""
    logs = [target.with_name(target.name + suffix) for suffix in ("-wal", "-journal")]
    if not has_older_format(target) or any(file.exists() and file.stat().st_size for file in logs):
        raise StoreError(f"{target}: is an archive that was written to, and no mere backup; it stays")


def _refuse_others(path: Path, db: Database, target: Path) -> None:
    """Raise :exc:`StoreError` if the target has captures that this archive does not have."""
    with closing(open_of_any_age(target)):  # raises if it is newer or damaged
        pass
    with translated(target):
        db.execute("ATTACH ? AS there", [f"{target.as_uri()}?mode=ro&immutable=1"])
        foreign = db.execute(_FOREIGN_CAPTURE).fetchone()
        db.execute("DETACH there")
    if foreign:
        url, at = foreign
        raise StoreError(
            f"{target}: no backup of {path}: it holds captures that are not there, as {url} of {at}"
        )


_FOREIGN_CAPTURE = """
SELECT t.url, t.captured_at FROM there.captures t LEFT JOIN main.captures c
  ON c.id = t.id AND c.captured_at = t.captured_at AND c.source = t.source AND c.url = t.url
WHERE c.id IS NULL LIMIT 1
"""


@contextmanager
def part_of(target: Path, *, mode: int) -> Iterator[Path]:
    """Create an empty, locked file next to ``target``, and delete it if the block raises.

    Raises :exc:`ArchiveBusy` if another process has locked it, and :exc:`StoreError` if it cannot be written.
    """
    part = target.with_name(f"{target.name}.part")
    with _locked(part, mode):
        empty(part)  # a killed process may have left a partial copy
        try:
            yield part
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise


def empty(part: Path) -> None:
    """Empty a file, and remove what SQLite keeps next to it."""
    os.truncate(part, 0)
    for suffix in ("-journal", "-wal"):
        part.with_name(part.name + suffix).unlink(missing_ok=True)


@contextmanager
def _locked(part: Path, mode: int) -> Iterator[None]:
    """Open the file, created with the archive's permissions, and lock it."""
    try:
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, mode & 0o666)
    except OSError as error:
        raise StoreError(f"{part}: cannot be written: {error.strerror}") from error
    try:
        if not _lock(handle, part):
            raise ArchiveBusy(f"{part}: is being written by another process; wait for it to finish")
        yield
    finally:
        os.close(handle)


def _lock(handle: int, part: Path) -> bool:
    """Lock the file. Returns False if it is locked, or was renamed between opening and locking."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(handle), part.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


# -- The copy ---------------------------------------------------------------------------------------------


def copy_whole(path: Path, db: Database, part: Path, advance: CopyProgress) -> None:
    """Copy the open archive ``db`` to ``part``. Raise :exc:`DamagedArchive` if the copy is not sound."""
    with closing(sqlite3.connect(part)) as copy:
        with snapshot(db), translated(part):
            db.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # begins the snapshot
            # The copy is deleted on any error, so it needs no journal; it is synced once, below.
            copy.execute("PRAGMA synchronous = OFF")
            db.conn.backup(
                copy, pages=FILE_PAGES_PER_STEP, progress=lambda _, left, total: advance(total - left, total)
            )
        with translated(part):
            copy.execute(
                "PRAGMA journal_mode = DELETE"
            ).fetchone()  # so that reading it creates no further files
            found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise DamagedArchive(f"{path}: damaged: {found.splitlines()[-1]}; nothing was copied")


def put_in_place(part: Path, target: Path) -> None:
    """Rename ``part`` to ``target``, synced to disk. Raises :exc:`StoreError`."""
    try:
        _sync(part)
        part.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise StoreError(f"{target}: cannot be written: {error.strerror}") from error


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
