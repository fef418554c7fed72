"""The first bytes of a database file, read without harm to the locks that SQLite holds on it.

A process that closes any handle on a file loses all its locks on that file
(https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
A reader that lost its lock cannot keep a writer from removing the log when it ends, and takes the archive for
damaged from then on. So handles are kept open, those of the files that were read last.
"""

import os
from collections import OrderedDict
from pathlib import Path
from threading import Lock

SIZE = 100  # bytes of the header; https://www.sqlite.org/fileformat.html#the_database_header
MOST = 32  # files, more than one process has open as databases

_handles: OrderedDict[tuple[int, int], int] = OrderedDict()  # by device and inode, the last used at the end
_lock = Lock()


def read_header(path: Path) -> bytes:
    """Return the first :data:`SIZE` bytes of a file, or all of a shorter one. Raise :exc:`OSError`."""
    with _lock:
        known = _handles.get(_identity(path.stat()))
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC) if known is None else known
        _keep(handle)
        return os.pread(handle, SIZE, 0)


def _keep(handle: int) -> None:
    """Keep a handle open, and close the one that was used least lately if there are too many."""
    identity = _identity(os.fstat(handle))
    _handles[identity] = handle
    _handles.move_to_end(identity)
    if len(_handles) > MOST:
        _, oldest = _handles.popitem(last=False)
        os.close(oldest)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
