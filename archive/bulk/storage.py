"""A folder on any file system that fsspec knows: ``captures``, ``s3://bucket/captures``.

A file appears whole or not at all: on a local disk it is renamed into place, and an object store completes an
upload in one step.
"""

import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

from archive.errors import DatasetError, MissingLibrary
from archive.shell_commands import install_command
from archive.synced_files import PART_MARK, write_synced

ROWS_ENDING = ".parquet"
_LEFT_AFTER = timedelta(hours=1)  # no file is written for as long
_READ_AT_ONCE = 16  # small files: an object store takes its time for each
_PASSWORD = re.compile(r"://[^/@]*:[^/@]*@")
_S3_SCHEMES = ("s3://", "s3a://")
# A store that is down or does not answer is an error within a minute or so: s3fs tries twice, botocore twice
# in each of these, and each waits 15 seconds for an answer.
_S3_ATTEMPTS = 2
_S3_OPTIONS = {
    "use_listings_cache": False,  # other processes write to the folder
    "config_kwargs": {"retries": {"mode": "standard", "total_max_attempts": _S3_ATTEMPTS}},
}


class MissingFile(DatasetError):
    """A file is missing."""


@dataclass(frozen=True, slots=True)
class Storage:
    """A folder and the file system that it is on. Names of files are relative, with ``/`` between folders.

    Raises :exc:`DatasetError`, which names the file.
    """

    url: str
    fs: fsspec.AbstractFileSystem
    root: str

    @property
    def location(self) -> str:
        """The URL, or the absolute path of a local folder, as other processes need it."""
        return self.root if isinstance(self.fs, LocalFileSystem) else self.url

    def forget_listings(self) -> None:
        """Forget the names of files that were listed before, as other processes may have written since."""
        self.fs.invalidate_cache()

    def names(self, folder: str = "", *, ending: str = "") -> list[str]:
        """Return the names of the files in a folder, and within it, that end so; none if it is missing."""
        found: list[str] = []
        with self._translated(folder), suppress(FileNotFoundError):
            found = self.fs.find(self._path(folder))
        start = len(self.root.rstrip("/")) + 1
        return sorted(path[start:] for path in found if path.endswith(ending))

    def entries(self) -> list[str]:
        """Return the names of the files and folders in the folder; none if it does not exist."""
        with self._translated(""), suppress(FileNotFoundError):
            return sorted(path.rstrip("/").rpartition("/")[2] for path in self.fs.ls(self.root, detail=False))
        return []

    def has(self, name: str) -> bool:
        """Return whether a file exists."""
        with self._translated(name):
            return bool(self.fs.isfile(self._path(name)))

    def read(self, name: str, *, most: int) -> bytes:
        """Return the content of a file, which may have so many bytes at most."""
        with self._translated(name):
            if self.fs.size(self._path(name)) > most:
                raise DatasetError(f"{self._where(name)}: is larger than {most:,} bytes")
            return bytes(self.fs.cat_file(self._path(name)))

    def find(self, name: str, *, most: int) -> bytes | None:
        """Return the content of a file as :meth:`read` does; None if it is missing."""
        try:
            return self.read(name, most=most)
        except MissingFile:
            return None

    def read_all(self, names: Sequence[str], *, most: int) -> Iterator[tuple[str, bytes]]:
        """Yield small files with their content, in order, several of which are read at once."""
        with ThreadPoolExecutor(_READ_AT_ONCE) as readers:
            for start in range(0, len(names), _READ_AT_ONCE):
                some = names[start : start + _READ_AT_ONCE]
                yield from zip(some, readers.map(partial(self.read, most=most), some), strict=True)

    def write(self, name: str, content: bytes) -> None:
        """Write a file, or replace it."""
        with self._translated(name, missing="cannot be written: its folder or bucket is missing"):
            if isinstance(self.fs, LocalFileSystem):
                write_synced(Path(self._path(name)), content)
            else:
                self.fs.pipe_file(self._path(name), content)

    def remove(self, name: str) -> None:
        """Delete a file; one that is missing is no error."""
        with self._translated(name), suppress(FileNotFoundError):
            self.fs.rm_file(self._path(name))

    def remove_leftovers(self) -> None:
        """Delete what writers on this disk that were killed left behind, unless it may be in use."""
        if not isinstance(self.fs, LocalFileSystem):
            return
        with self._translated(""):
            for part in Path(self.root).glob(f"*/.*{PART_MARK}*"):
                with suppress(FileNotFoundError):
                    if time.time() - part.stat().st_mtime > _LEFT_AFTER.total_seconds():
                        part.unlink()

    def _path(self, name: str) -> str:
        return f"{self.root.rstrip('/')}/{name}" if name else self.root

    def _where(self, name: str) -> str:
        return f"{self.url.rstrip('/')}/{name}" if name else self.url

    @contextmanager
    def _translated(self, name: str, missing: str = "is missing") -> Iterator[None]:
        where = self._where(name)
        try:
            yield
        except FileNotFoundError as error:
            raise MissingFile(f"{where}: {missing}") from error
        except DatasetError:
            raise
        except Exception as error:  # each store has exceptions of its own
            reason = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
            raise DatasetError(f"{where}: {reason}") from error


def open_storage(url: str) -> Storage:
    """Return a folder by its path or URL, whether or not it exists.

    Raise :exc:`MissingLibrary` if the library of its file system is not installed, and :exc:`DatasetError`
    for an invalid URL, one with a password, or a server that some file systems connect to at once.
    """
    if _PASSWORD.search(url):
        raise DatasetError(
            "a URL with a password is refused, since messages show URLs; set the password in fsspec's"
            " configuration or in the environment"
        )
    if "://" not in url:
        return Storage(url, LocalFileSystem(), str(Path(url).absolute()))
    try:
        if not url.startswith(_S3_SCHEMES):
            return Storage(url, *fsspec.core.url_to_fs(url))
        fs, root = fsspec.core.url_to_fs(url, **_S3_OPTIONS)
    except ImportError as error:
        advice = install_command("s3fs") if url.startswith(_S3_SCHEMES) else str(error)
        raise MissingLibrary(f"{url}: needs another library: {advice}") from error
    except Exception as error:  # each file system has exceptions of its own
        raise DatasetError(f"{url}: {' '.join(str(error).split())}") from error
    fs.retries = _S3_ATTEMPTS
    return Storage(url, fs, root)
