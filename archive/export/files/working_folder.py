"""Working folders, in which files are written next to their destination and then moved there.

A working folder is called ``.NAME.part-XXXXXXXX``. It contains a file that its process keeps locked, the new
files in ``new``, and replaced ones in ``old``. A process that is killed leaves its folder behind, unlocked;
the next export to the same parent folder removes it.
"""

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from archive.export.files.exchange import exchange

LOCK = "taz-archive.lock"

Exchange = Callable[[Path, Path], bool]


class WorkingFolder(NamedTuple):
    """A working folder of this process. ``exchange`` is how it exchanges two folders."""

    path: Path
    exchange: Exchange

    @property
    def new(self) -> Path:
        """Return the folder for new files."""
        return self.path / "new"

    @property
    def old(self) -> Path:
        """Return the folder for replaced files, which keep their names."""
        return self.path / "old"

    def put_in_place(self, made: Path, out: Path) -> None:
        """Move a file or folder to ``out``, in one step if the system can.

        Where it cannot exchange two folders, there is an instant in which ``out`` does not exist. If the
        process is killed in that instant, the next one moves the old folder back.
        """
        if out.is_symlink() or not out.is_dir():
            made.replace(out)
        elif not self.exchange(made, out):
            out.rename(self.old / out.name)
            made.rename(out)


@contextmanager
def working_folder(out: Path, exchange: Exchange = exchange) -> Iterator[WorkingFolder]:
    """Create a working folder next to ``out``, and delete it afterwards."""
    path = Path(tempfile.mkdtemp(prefix=f".{out.name[:100]}.part-", dir=out.parent))
    work = WorkingFolder(path, exchange)
    try:
        with _locked(path / LOCK):
            work.new.mkdir()
            work.old.mkdir()
            yield work
    finally:
        _remove(work)


@contextmanager
def _locked(lock: Path) -> Iterator[None]:
    """Hold a lock, whose file is locked before it gets its name. Where locks are unknown it never gets it."""
    unnamed = lock.with_suffix(".new")
    handle = os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            unnamed.rename(lock)
        yield
    finally:
        os.close(handle)


def remove_leftovers(parent: Path) -> None:
    """Delete the working folders in ``parent`` that processes of this user left when they were killed."""
    with suppress(OSError):
        for lock in list(parent.glob(f".*.part-*/{LOCK}")):
            if _is_left_over(lock):
                _remove(WorkingFolder(lock.parent, exchange))


def _is_left_over(lock: Path) -> bool:
    """Return whether a lock is in a folder of this user, and no process holds it."""
    try:
        folder = lock.parent.lstat()
        handle = os.open(lock, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return stat.S_ISDIR(folder.st_mode) and folder.st_uid == os.geteuid()


def _remove(work: WorkingFolder) -> None:
    """Move back what was moved out of the way and not replaced, and delete the folder.

    Its lock is deleted last, so that a process killed meanwhile leaves a folder that can still be recognized.
    """
    with suppress(OSError):
        for file in list(work.old.glob("*")):
            place = work.path.parent / file.name
            if not os.path.lexists(place):
                file.rename(place)
        for part in (work.new, work.old, work.path):
            shutil.rmtree(part, ignore_errors=True)
