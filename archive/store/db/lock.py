"""The lock that allows one writer per archive: a kernel lock, released when its process ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.errors import ArchiveBusy, StoreError

# is_held() takes the lock for microseconds, which must not make a run fail.
_TRIES, _RETRY_SECONDS = 5, 0.01


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Hold the archive's lock, or raise :exc:`ArchiveBusy` without waiting.

    The lock is on ``taz.db.lock``, not on the archive: closing any handle on the archive would drop the
    locks that SQLite holds on it. The empty file remains; only the kernel's lock counts.
    """
    lock = _lock_file(path)
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise StoreError(f"{lock}: cannot be written: {error.strerror}") from error
    try:
        _acquire(handle, path)
        yield
    finally:
        os.close(handle)


def is_held(path: Path) -> bool:
    """Return whether a run is writing to the archive. Creates no file."""
    try:
        handle = os.open(_lock_file(path), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # never written to, or not readable for us
        return False
    try:
        return not _is_acquired(handle, fcntl.LOCK_SH)  # a writer retries
    finally:
        os.close(handle)


def _lock_file(path: Path) -> Path:
    real = path.resolve()  # one lock per archive, even if it is opened by a link
    return real.with_name(real.name + ".lock")


def _acquire(handle: int, path: Path) -> None:
    for _ in range(_TRIES):
        if _is_acquired(handle, fcntl.LOCK_EX):
            return
        time.sleep(_RETRY_SECONDS)
    raise ArchiveBusy(f"{path}: another run is writing to it; wait for it to finish")


def _is_acquired(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
