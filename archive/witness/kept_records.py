"""The records of published roots, in a folder next to the archive: ``taz.db.roots``.

A record is a file of one line, whose bytes are published as they are. Stamps of it are next to it, and their
names begin with its name: ``20250410T120000.000Z-5f2e….json`` and ``20250410T120000.000Z-5f2e….json.ots``.
"""

import re
from collections.abc import Container, Iterator
from pathlib import Path
from typing import NamedTuple

from archive.errors import WitnessError
from archive.proofs.root_record import (
    MAX_ROOT_RECORD_BYTES,
    InvalidRecord,
    RootRecord,
    read_record,
    write_record,
)
from archive.synced_files import write_synced

RECORD_ENDING = ".json"
_DIGITS = 16  # of the root, in names
_RECORD_NAME = re.compile(r"\.json(?=\.)")  # its end in the name of a stamp


class KeptRecord(NamedTuple):
    """A record in the folder. ``content`` is what is published."""

    file: Path
    record: RootRecord
    content: bytes


def roots_folder(archive: Path) -> Path:
    """Return the folder next to an archive."""
    real = archive.resolve()
    return real.with_name(f"{real.name}.roots")


def files_in(folder: Path, ending: str) -> list[Path]:
    """Return the files of a folder with an ending, by name; none for a missing one. Raise WitnessError."""
    try:
        return sorted(file for file in folder.iterdir() if file.suffix == ending and file.name[0] != ".")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise WitnessError(f"{folder}: cannot be read: {error.strerror}") from error


def record_of_stamp(stamp: Path, records: Container[str]) -> str | None:
    """Return the name of the record, of these, that a stamp is of; None if it is not there."""
    beginnings = (stamp.name[: ending.end()] for ending in _RECORD_NAME.finditer(stamp.name))
    return next((name for name in beginnings if name in records), None)


def kept_records(folder: Path) -> Iterator[KeptRecord | InvalidRecord]:
    """Yield the records in a folder by name, and errors that name the files without one."""
    for file in files_in(folder, RECORD_ENDING):
        try:
            yield read_kept(file)
        except InvalidRecord as error:
            yield error


def read_kept(file: Path) -> KeptRecord:
    """Return the record in a file. Raise :exc:`InvalidRecord`, with the file's name."""
    content = read_bounded(file, MAX_ROOT_RECORD_BYTES)
    try:
        return KeptRecord(file, read_record(content), content)
    except InvalidRecord as error:
        raise InvalidRecord(f"{file}: {error}") from error


def read_bounded(file: Path, most: int) -> bytes:
    """Return the bytes of a file, of which one more than ``most`` are read. Raise :exc:`InvalidRecord`."""
    try:
        if not file.is_file():  # a pipe would wait for a writer
            raise InvalidRecord(f"{file}: is not a file")
        with file.open("rb") as opened:
            return opened.read(most + 1)
    except OSError as error:
        raise InvalidRecord(f"{file}: cannot be read: {error.strerror}") from error


def keep(folder: Path, record: RootRecord) -> KeptRecord:
    """Return the kept record of a root; write it first if it is missing. Raise :exc:`WitnessError`."""
    digits = record.root[:_DIGITS]
    for file in files_in(folder, RECORD_ENDING):
        if file.stem.endswith(f"-{digits}") and (kept := _readable(file)).record.root == record.root:
            return kept
    moment = record.computed_at.replace("-", "").replace(":", "")
    kept = KeptRecord(folder / f"{moment}-{digits}{RECORD_ENDING}", record, write_record(record))
    write_kept(kept.file, kept.content)
    return kept


def write_kept(file: Path, content: bytes) -> None:
    """Write a file of the folder, whole or not at all. Raise :exc:`WitnessError`."""
    try:
        write_synced(file, content)
    except OSError as error:
        raise WitnessError(f"{file}: cannot be written: {error.strerror}") from error


def _readable(file: Path) -> KeptRecord:
    try:
        return read_kept(file)
    except InvalidRecord as error:
        raise WitnessError(f"{error}; move it away") from error
