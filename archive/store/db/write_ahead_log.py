"""The write-ahead log of an archive, and whether it belongs to the file.

The header names the format of a file (https://www.sqlite.org/fileformat.html#file_format_version_numbers):
an archive that is being written to has the WAL format; a backup has the rollback format, and never a log.
"""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from archive.store.db.file_header import read_header

FORMAT_OFFSET, FORMAT_BYTES = 18, 2  # in the header
_ROLLBACK_FORMAT = b"\x01\x01"
WAL_FORMAT = b"\x02\x02"


def log_of(path: Path) -> Path:
    """Return the path of the write-ahead log of an archive."""
    real = path.resolve()
    return real.with_name(f"{real.name}-wal")


def last_written(path: Path) -> datetime:
    """Return when an archive or its write-ahead log was last written to, to the second."""
    times = [path.stat().st_mtime]
    with suppress(FileNotFoundError):
        log = log_of(path).stat()
        times += [log.st_mtime] if log.st_size else []  # readers create an empty log
    return datetime.fromtimestamp(int(max(times)), UTC)


def has_foreign_log(path: Path) -> bool:
    """Return whether the log of a file belongs to another file, which had the same name before."""
    try:
        if not log_of(path).stat().st_size:
            return False
        return has_older_format(path)
    except OSError:
        return False


def has_older_format(path: Path) -> bool:
    """Return whether a file has the rollback format of a backup that no run has written to."""
    return read_header(path)[FORMAT_OFFSET : FORMAT_OFFSET + FORMAT_BYTES] == _ROLLBACK_FORMAT
