"""Reproducible ZIP files: the same content gives the same bytes."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import IO

# The earliest time in a ZIP file, so that the time of the export is not in it.
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
FILE_MODE = 0o644 << 16  # rw-r--r--, where ZIP stores Unix modes


class HashedFile:
    """A file for writing that computes its size and sha256."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = sha256()
        self.size = 0

    def write(self, block: bytes) -> int:
        self._digest.update(block)
        self.size += len(block)
        return self._file.write(block)

    def flush(self) -> None:
        self._file.flush()

    @property
    def digest(self) -> str:
        """Return ``sha256:…`` of what was written so far."""
        return f"sha256:{self._digest.hexdigest()}"


@contextmanager
def open_member(pack: zipfile.ZipFile, name: str, *, stored: bool = False) -> Iterator[HashedFile]:
    """Open a file in a ZIP file for writing; deflated unless ``stored``."""
    info = zipfile.ZipInfo(name, ZIP_EPOCH)
    info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    info.external_attr = FILE_MODE
    info.create_system = 3  # Unix, wherever it is made
    with pack.open(info, "w", force_zip64=True) as file:
        yield HashedFile(file)
