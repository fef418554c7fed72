"""``backup``: a copy of one moment, while a crawl writes; in place whole, or not at all.

The copy is made page by page under one snapshot, beside where it is to be. So it is laid out like the
archive, and programs that send only what changed in a file (rsync, borg, restic) find most of it unchanged.
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
from archive.store.db.held_file import has_older_format
from archive.store.db.transactions import snapshot

PAGES_PER_STEP = 2_000  # pages of the file at once

Advance = Callable[[int, int], object]  # pages done so far, of how many


def back_up(path: Path, out: Path, advance: Advance = lambda _, __: None) -> int:
    """Copy an archive of any age to ``out``; the size of the copy.

    What ``out`` is now is replaced, if it is an archive all of whose captures are in this one too. Raises
    :exc:`StoreError` and its kinds; then all is as it was.
    """
    with closing(open_of_any_age(path)) as db:
        target = _target(path, db, out)
        with part_of(target, mode=path.stat().st_mode) as part:
            copy_whole(path, db, part, advance)
            size = part.stat().st_size
            put_in_place(part, target)
    return size


# -- Where it may go --------------------------------------------------------------------------------------


def _target(path: Path, db: Database, out: Path) -> Path:
    """Where the copy belongs, links followed. Raises :exc:`StoreError` if something is there to be kept."""
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
    beside = [target.with_name(target.name + suffix) for suffix in ("-wal", "-journal")]
    if not has_older_format(target) or any(file.exists() and file.stat().st_size for file in beside):
        raise StoreError(f"{target}: is an archive that was written to, and no mere backup; it stays")


def _refuse_others(path: Path, db: Database, target: Path) -> None:
    """Raise :exc:`StoreError` if the archive there has captures that this one does not have."""
    with closing(open_of_any_age(target)):  # newer, damaged: in its own words
        pass
    with translated(target):
        db.execute("ATTACH ? AS there", [f"{target.as_uri()}?mode=ro&immutable=1"])
        odd = db.execute(ODD).fetchone()
        db.execute("DETACH there")
    if odd:
        raise StoreError(
            f"{target}: no backup of {path}: it holds captures that are not there, as {odd[0]} of {odd[1]}"
        )


ODD = """
SELECT t.url, t.captured_at FROM there.captures t LEFT JOIN main.captures c
  ON c.id = t.id AND c.captured_at = t.captured_at AND c.source = t.source AND c.url = t.url
WHERE c.id IS NULL LIMIT 1
"""


@contextmanager
def part_of(target: Path, *, mode: int) -> Iterator[Path]:
    """A file beside ``target``, empty and ours alone; gone in the end if it was not put in place.

    Raises :exc:`ArchiveBusy` if another process is at it, and :exc:`StoreError` if none can be written.
    """
    part = target.with_name(f"{target.name}.part")
    with _taken(part, mode) as handle:
        os.truncate(handle, 0)  # a killed one may have left half of it
        for suffix in ("-journal", "-wal"):
            part.with_name(part.name + suffix).unlink(missing_ok=True)
        try:
            yield part
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise


@contextmanager
def _taken(part: Path, mode: int) -> Iterator[int]:
    """The file, readable by whom the archive is, made if need be, and locked."""
    try:
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, mode & 0o666)
    except OSError as error:
        raise StoreError(f"{part}: cannot be written: {error.strerror}") from error
    try:
        if not _take(handle, part):
            raise ArchiveBusy(f"{part}: another backup is being written; wait for it to finish")
        yield handle
    finally:
        os.close(handle)


def _take(handle: int, part: Path) -> bool:
    """Lock it. What was put in place between opening and locking is no longer ours to write to."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(handle), part.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


# -- The copy ---------------------------------------------------------------------------------------------


def copy_whole(path: Path, db: Database, part: Path, advance: Advance) -> None:
    """Copy the open archive ``db`` to ``part``. Raise :exc:`DamagedArchive` if the copy is not sound."""
    with closing(sqlite3.connect(part)) as copy:
        with snapshot(db), translated(part):
            db.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # the snapshot is of now
            # A copy that is thrown away if anything happens needs no journal, and is synced once, below.
            copy.execute("PRAGMA synchronous = OFF")
            db.conn.backup(
                copy, pages=PAGES_PER_STEP, progress=lambda _, left, total: advance(total - left, total)
            )
        with translated(part):
            copy.execute("PRAGMA journal_mode = DELETE").fetchone()  # no file beside it, even to read
            found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise DamagedArchive(f"{path}: damaged: {found.splitlines()[-1]}; nothing was copied")


def put_in_place(part: Path, target: Path) -> None:
    """Let it be ``target`` from now on, even if the power fails. Raises :exc:`StoreError`."""
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
