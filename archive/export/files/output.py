"""OUT appears whole or not at all: it is made beside its place, and moved there when it is done.

Something that exists already is replaced only on request, and only if it is a file, or a folder that an
export made. A process that is killed leaves a working folder behind, never half of OUT.
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
MARKS = ("datapackage.json", DUMP_MARK)  # one of these is in every folder that an export made


@contextmanager
def translated(out: Path) -> Iterator[None]:
    """What the disk refuses, in our words."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ExportError(f"{out}: cannot be written: {error.strerror or error}") from error


def refuse_taken(out: Path, *, replace: bool) -> None:
    """Raise :exc:`ExportError` for a place that is taken, or that nothing can be put into."""
    if out.is_symlink() or out.exists():
        if not replace:
            raise ExportError(f"{out}: is there already; --replace writes over it")
        if out.is_dir() and any(out.iterdir()) and not any((out / mark).exists() for mark in MARKS):
            raise ExportError(f"{out}: is a folder that no export made, and is left alone")
        if not out.is_dir() and not out.is_file():
            raise ExportError(f"{out}: is neither a file nor a folder, and is left alone")
    if not out.parent.is_dir():
        raise ExportError(f"{out}: there is no folder {out.parent}")


@contextmanager
def new_folder(out: Path, exchange: Exchange = exchange) -> Iterator[Path]:
    """A folder to fill, which is at ``out`` afterwards, or nowhere if something goes wrong."""
    with translated(out), working_folder(out, exchange) as work:
        made = work.new / out.name
        made.mkdir()
        yield made
        work.put_in_place(made, out)


@contextmanager
def new_files(out: Path) -> Iterator[Path]:
    """A folder for a file and what goes beside it: all files left in it are moved to where ``out`` is to be.

    The file called as ``out`` is goes last, so that what is there tells of nothing that is not.
    """
    with translated(out), working_folder(out) as work:
        yield work.new
        for file in sorted(work.new.iterdir(), key=lambda file: (file.name == out.name, file.name)):
            work.put_in_place(file, out.parent / file.name)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A new file, on the disk when it is closed."""
    with path.open("xb", buffering=1 << 18) as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def description_of(out: Path) -> Path:
    """Where the description of a file of rows stands: ``taz.csv.datapackage.json`` beside ``taz.csv``."""
    return out.with_name(f"{out.name}.datapackage.json")


def same_file(one: Path, other: Path) -> bool:
    """Whether both are the same file, by whatever name."""
    with suppress(OSError):
        return one.exists() and other.exists() and one.samefile(other)
    return False
