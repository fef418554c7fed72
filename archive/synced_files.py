"""Files that are on the disk, whole, once they have their name."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

PART_MARK = ".part-"  # in the names of files that are not whole yet


def write_synced(path: Path, content: bytes) -> None:
    """Write a file next to its place, sync it to the disk, and rename it. Raise :exc:`OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name[:80]}{PART_MARK}{secrets.token_hex(8)}")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    for folder in (path.parent, path.parent.parent):  # which may be new
        sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Sync the names in a folder, so that after a power cut no file is there without those it needs."""
    with suppress(OSError):  # some file systems that machines share cannot
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
