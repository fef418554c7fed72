"""``restore``: replace an archive by a backup. The replaced file is kept."""

import os
from contextlib import closing, suppress
from pathlib import Path

from archive.errors import StoreError
from archive.store.db.connection import open_of_any_age
from archive.store.db.held_file import discard_index, free_name, set_foreign_log_aside
from archive.store.db.lock import writing
from archive.store.db.write_ahead_log import log_of
from archive.store.maintenance.backup import CopyProgress, copy_whole, part_of, put_in_place


def restore(path: Path, backup: Path, advance: CopyProgress = lambda _, __: None) -> Path | None:
    """Put a copy of ``backup``, an archive of any release, in place of the archive at ``path``.

    Return the new name of the file that was there, which keeps its log; None if there was no file. Raise
    :exc:`StoreError` and its kinds; then everything is as before.
    """
    path = path.resolve()
    if path.exists() and path.samefile(backup):
        raise StoreError(f"{backup}: is the archive itself; name a backup")
    with writing(path), closing(open_of_any_age(backup)) as db:
        with part_of(path, mode=backup.stat().st_mode) as part:
            copy_whole(backup, db, part, advance)
            aside = _linked_aside(path)
            put_in_place(part, path)
        if aside:
            _take_log_along(path, aside)
        else:  # the log of a file that was lost
            set_foreign_log_aside(path)
    return aside


def _linked_aside(path: Path) -> Path | None:
    """Give the file a second name, so that at each instant there is one at ``path``."""
    aside = free_name(path.with_name(f"{path.name}.replaced"))
    try:
        os.link(path, aside)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be kept as {aside.name} ({error.strerror}); move it away, with {path.name}-wal"
        ) from error
    return aside


def _take_log_along(path: Path, aside: Path) -> None:
    """Rename the old file's log too. If the process is killed before, the next command sets the log aside."""
    log = log_of(path)
    with suppress(FileNotFoundError):
        log.rename(log_of(aside))
    discard_index(path)
