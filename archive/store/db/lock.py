"""One writer per archive: a kernel lock beside the file, gone with the process that held it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.errors import ArchiveBusy, StoreError

# A look at who holds the lock takes it for microseconds; a run must not end for that.
TRIES, INSTANT = 5, 0.01  # seconds


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Hold the archive's lock, or raise :exc:`ArchiveBusy` at once.

    The lock is on ``taz.db.lock``, not on the archive: closing any handle on the archive itself would
    drop the locks SQLite holds there. The file stays behind, empty; only the kernel's lock counts.
    """
    lock = _beside(path)
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise StoreError(f"{lock}: cannot be written: {error.strerror}") from error
    try:
        _take(handle, path)
        yield
    finally:
        os.close(handle)


def is_held(path: Path) -> bool:
    """Whether somebody writes to the archive right now. Makes no file."""
    try:
        handle = os.open(_beside(path), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # never written to, or nobody's business
        return False
    try:
        return not _taken(handle, fcntl.LOCK_SH)  # for an instant, which a writer waits for
    finally:
        os.close(handle)


def _beside(path: Path) -> Path:
    real = path.resolve()  # by whatever link it was named, one archive has one lock
    return real.with_name(real.name + ".lock")


def _take(handle: int, path: Path) -> None:
    for _ in range(TRIES):
        if _taken(handle, fcntl.LOCK_EX):
            return
        time.sleep(INSTANT)
    raise ArchiveBusy(f"{path}: another run is writing to it; wait for it to finish")


def _taken(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
