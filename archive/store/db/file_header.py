"""The first bytes of a database file, read without dropping the locks that SQLite holds on it.

A process that closes any handle on a file loses all its locks on that file
(https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
A reader without its lock cannot prevent a writer from removing the log when it ends, and from then on the
archive seems damaged to it. So handles stay open. Handles of deleted files, and the least recently used ones
of more than :data:`MAX_IDLE_HANDLES`, are closed if nothing else in this process has their files open.
"""

import os
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock

HEADER_BYTES = 100  # https://www.sqlite.org/fileformat.html#the_database_header
MAX_IDLE_HANDLES = 32  # handles kept open on files that nothing else in the process has open

_handles: OrderedDict[tuple[int, int], int] = OrderedDict()  # by device and inode, least recently used first
_lock = Lock()


def read_header(path: Path) -> bytes:
    """Return the first :data:`HEADER_BYTES` bytes of a file, or all of a shorter one."""
    with _lock:
        handle = _handles.get(_identity(path.stat()))
        if handle is None:
            _close_idle()
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        identity = _identity(os.fstat(handle))
        _handles[identity] = handle
        _handles.move_to_end(identity)
        return os.pread(handle, HEADER_BYTES, 0)


def _close_idle() -> None:
    """Close handles of deleted files, and the least recently used ones if there are too many."""
    deleted = {known for known, handle in _handles.items() if not os.fstat(handle).st_nlink}
    if not deleted and len(_handles) < MAX_IDLE_HANDLES:
        return
    in_use = Counter(_open_files())
    idle = [known for known in _handles if in_use[known] == 1]
    for known in idle:
        if known in deleted or len(_handles) >= MAX_IDLE_HANDLES:
            os.close(_handles.pop(known))


def _open_files() -> Iterator[tuple[int, int]]:
    """Yield the file of each handle of this process; nothing if the handles cannot be listed."""
    with suppress(OSError):
        for handle in list(Path("/dev/fd").iterdir()):
            with suppress(OSError):  # the listing's own handle, closed by now
                yield _identity(os.fstat(int(handle.name)))


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
