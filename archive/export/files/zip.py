"""ZIP files that are the same for the same content, and files that know their length and digest."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import IO

# The first day that a ZIP file knows: when it was packed is nobody's business.
WHEN = (1980, 1, 1, 0, 0, 0)
FILE = 0o644 << 16  # a plain file that everybody may read, where the format keeps Unix's modes


class Measured:
    """A file to write to, that counts bytes and takes their sha256."""

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
        """``sha256:…`` of what was written so far."""
        return f"sha256:{self._digest.hexdigest()}"


@contextmanager
def member(pack: zipfile.ZipFile, name: str, *, stored: bool = False) -> Iterator[Measured]:
    """A file in the ZIP file, of any length, deflated unless it is to be ``stored`` as it is."""
    info = zipfile.ZipInfo(name, WHEN)
    info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    info.external_attr = FILE
    info.create_system = 3  # Unix, wherever it is made
    with pack.open(info, "w", force_zip64=True) as file:
        yield Measured(file)
