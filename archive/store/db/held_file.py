"""The file of an archive that may have been replaced, and how a wrong log is kept from it.

SQLite finds a log by its name: it applies any ``taz.db-wal`` to ``taz.db``, and continues to write to a file
that was replaced or overwritten. Both corrupt a backup that replaces an archive. So a log that cannot belong
to the file is moved away, and a run whose file was replaced discards its own log.
"""

import fcntl
import logging
import os
from contextlib import suppress
from pathlib import Path

from archive.errors import ArchiveBusy, StoreError
from archive.store.db.lock import writing
from archive.store.db.write_ahead_log import FORMAT_BYTES, FORMAT_OFFSET, WAL_FORMAT, has_foreign_log, log_of

logger = logging.getLogger(__name__)


def set_foreign_log_aside(path: Path) -> None:
    """Rename the log of an archive if it belongs to another file. The caller holds the archive's lock.

    Nothing is deleted: the log is still of use with the file it belongs to.
    """
    if not has_foreign_log(path):
        return
    log = log_of(path)
    aside = free_name(log.with_name(f"{log.name}.foreign"))
    try:
        log.rename(aside)
        discard_index(path)
    except OSError as error:
        raise StoreError(
            f"{log}: belongs to another file and cannot be moved ({error.strerror}); move it away"
        ) from error
    logger.warning("%s: belongs to the file that was here before; moved to %s", log, aside.name)


def set_foreign_log_aside_to_read(path: Path) -> bool:
    """Rename a foreign log before reading; return whether it could not be renamed and must be ignored.

    Takes the archive's lock for that. Raise :exc:`StoreError` if another run is writing to the previous file.
    """
    if not has_foreign_log(path):
        return False
    try:
        with writing(path):
            set_foreign_log_aside(path)
    except ArchiveBusy as error:
        raise StoreError(
            f"{path}: replaced while another run is writing to it; wait for that run to end"
        ) from error
    except StoreError:  # the folder cannot be written
        return True
    return False


def free_name(path: Path) -> Path:
    """Return the path, with a number appended if it exists."""
    number, name = 1, path
    while name.exists():
        number += 1
        name = path.with_name(f"{path.name}-{number}")
    return name


def discard_index(path: Path) -> None:
    """Remove SQLite's shared-memory index of a log that was moved or removed."""
    real = path.resolve()
    real.with_name(f"{real.name}-shm").unlink(missing_ok=True)


class HeldFile:
    """A handle on an archive that is written to, opened before SQLite opens the file and closed after it.

    The handle is also locked, so that a second run is refused even if the lock file was deleted. Closing it
    earlier would drop the locks that SQLite holds on the file.
    """

    def __init__(self, path: Path) -> None:
        """Open and lock the file. Raise :exc:`StoreError` if that fails."""
        self._path = path
        self._log: os.stat_result | None = None
        try:
            self._handle = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(f"{path}: cannot be opened: {error.strerror}") from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._handle)
            raise ArchiveBusy(f"{path}: another run is writing to it; wait for it to finish") from None

    def note_log(self) -> None:
        """Remember which log SQLite opened, so that only this one is discarded."""
        self._log = log_of(self._path).stat()

    def refuse_replaced(self) -> None:
        """Raise :exc:`StoreError` if the file was deleted, replaced or overwritten since it was opened."""
        if self.is_replaced():
            raise StoreError(f"{self._path}: deleted or replaced while it was written to; start again")

    def is_replaced(self) -> bool:
        """Return whether the path no longer leads to the file that SQLite writes to."""
        try:
            is_same = os.path.samestat(self._path.stat(), os.fstat(self._handle))
        except FileNotFoundError:
            return True
        return not is_same or not self.has_wal_format()

    def has_wal_format(self) -> bool:
        """Return whether the file has the format of an archive that is written to."""
        return os.pread(self._handle, FORMAT_BYTES, FORMAT_OFFSET) == WAL_FORMAT

    def discard_log(self) -> None:
        """Empty and remove the log, so that SQLite does not copy it into the new file."""
        log = log_of(self._path)
        with suppress(FileNotFoundError):
            if self._log is not None and os.path.samestat(log.stat(), self._log):
                os.truncate(log, 0)
                log.unlink()
                discard_index(self._path)

    def close(self) -> None:
        """Release the file. Call this after SQLite has closed it."""
        os.close(self._handle)
