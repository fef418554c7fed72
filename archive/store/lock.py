"""One writer per archive: a kernel lock beside the file, gone with the process that held it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.errors import ArchiveBusy, StoreError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Hold the archive's lock, or raise :exc:`ArchiveBusy` at once.

    The lock is on ``taz.db.lock``, not on the archive: closing any handle on the archive itself would
    drop the locks SQLite holds there. The file stays behind, empty; only the kernel's lock counts.
    """
    real = path.resolve()  # by whatever link it was named, one archive has one lock
    lock = real.with_name(real.name + ".lock")
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"{lock}: cannot be written: {error.strerror}") from error
    try:
        _take(handle, path)
        yield
    finally:
        os.close(handle)


def _take(handle: int, path: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ArchiveBusy(f"{path}: another run is writing to it; wait for it to finish") from error
