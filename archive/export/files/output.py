"""Writes OUT completely or not at all: in a working folder next to it, then moved into place.

An existing OUT is replaced only on request, and only if it is a file or a folder that an export made. A
process that is killed leaves a working folder behind, never an incomplete OUT.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from archive.errors import ExportError
from archive.export.files.exchange import exchange
from archive.export.files.working_folder import Exchange, working_folder

DUMP_MARK = "taz-archive.json"
EXPORT_MARKS = ("datapackage.json", DUMP_MARK)  # every folder that an export made contains one of these


@contextmanager
def translated(out: Path) -> Iterator[None]:
    """Translate an OSError to an ExportError."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ExportError(f"{out}: cannot be written: {error.strerror or error}") from error


def refuse_taken(out: Path, *, replace: bool) -> None:
    """Raise :exc:`ExportError` if ``out`` exists and must not be replaced, or cannot be created."""
    if out.is_symlink() or out.exists():
        if not replace:
            raise ExportError(f"{out}: already exists; use --replace to overwrite it")
        if out.is_dir() and any(out.iterdir()) and not any((out / mark).exists() for mark in EXPORT_MARKS):
            raise ExportError(f"{out}: is a folder that no export made, so it is not replaced")
        if not out.is_dir() and not out.is_file():
            raise ExportError(f"{out}: is neither a file nor a folder, so it is not replaced")
    if not out.parent.is_dir():
        raise ExportError(f"{out}: the folder {out.parent} does not exist")


@contextmanager
def new_folder(out: Path, exchange: Exchange = exchange) -> Iterator[Path]:
    """Yield a folder to fill, which is moved to ``out`` afterwards, or deleted after an error."""
    with translated(out), working_folder(out, exchange) as work:
        made = work.new / out.name
        made.mkdir()
        yield made
        work.put_in_place(made, out)


@contextmanager
def new_files(out: Path) -> Iterator[Path]:
    """Yield a folder for files, which are moved to the folder of ``out`` afterwards.

    The file with the name of ``out`` is moved last, after the files that describe it.
    """
    with translated(out), working_folder(out) as work:
        yield work.new
        for file in sorted(work.new.iterdir(), key=lambda file: (file.name == out.name, file.name)):
            work.put_in_place(file, out.parent / file.name)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a new file; sync it to the disk before it is closed."""
    with path.open("xb", buffering=1 << 18) as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def description_of(out: Path) -> Path:
    """Return the path of a file's description: ``taz.csv.datapackage.json`` for ``taz.csv``."""
    return out.with_name(f"{out.name}.datapackage.json")


def same_file(one: Path, other: Path) -> bool:
    with suppress(OSError):
        return one.exists() and other.exists() and one.samefile(other)
    return False
