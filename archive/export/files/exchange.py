"""Exchange two files or folders atomically, where the system and the file system support it."""

import ctypes
import os
from pathlib import Path

AT_FDCWD = -100  # Linux's fcntl.h: relative paths are relative to the current folder
RENAME_EXCHANGE = 2  # Linux's fs.h
RENAME_SWAP = 2  # macOS's stdio.h


def exchange(one: Path, other: Path) -> bool:
    """Exchange what two paths name, so that both always exist. Return False if that is not supported.

    Linux has renameat2(2), on most of its file systems but not on NFS; macOS has renamex_np(2).
    """
    library = ctypes.CDLL(None)
    paths = os.fsencode(one), os.fsencode(other)
    if hasattr(library, "renameat2"):
        return not library.renameat2(AT_FDCWD, paths[0], AT_FDCWD, paths[1], RENAME_EXCHANGE)
    if hasattr(library, "renamex_np"):
        return not library.renamex_np(*paths, RENAME_SWAP)
    return False
