"""A file of records, one a line, to which each new one is appended."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from archive.errors import WitnessError
from archive.proofs.root_record import MAX_ROOT_RECORD_BYTES, InvalidRecord, RootRecord, read_record
from archive.synced_files import sync_folder
from archive.witness.kept_records import KeptRecord
from archive.witness.publication import ALREADY_PUBLISHED, Publication


class RecordFile:
    """A witness: a file of JSON lines, as on a disk that can be written once or in a synchronized folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)

    def publish(self, kept: KeptRecord) -> Publication:
        """Append a record, unless the file has its root. Raise :exc:`WitnessError`."""
        return Publication("appended") if append_record(self.path, kept) else ALREADY_PUBLISHED


def append_record(path: Path, kept: KeptRecord) -> bool:
    """Append a record to a file, synced to the disk. Return whether the file did not have its root.

    Raise :exc:`WitnessError`, and change nothing, for a file that has anything but whole lines of records.
    """
    with _opened(path) as file:
        if kept.record.root in _roots(file, path):
            return False
        _append(file, kept.content, path)
    sync_folder(path.parent)
    return True


def _roots(file: BinaryIO, path: Path) -> set[str]:
    try:
        return {record.root for record in _records_in(file, path)}
    except InvalidRecord as error:
        raise WitnessError(f"{error}; mend it, or give another file") from error


def read_records(path: Path) -> list[RootRecord]:
    """Return all records of a file, in order. Raise :exc:`InvalidRecord`, which names the file and line."""
    try:
        if not path.is_file():  # a pipe would wait for a writer
            raise InvalidRecord(f"{path}: is not a file" if path.exists() else f"{path}: no such file")
        with path.open("rb") as file:
            return list(_records_in(file, path))
    except OSError as error:
        raise InvalidRecord(f"{path}: cannot be read: {error.strerror}") from error


def _records_in(file: BinaryIO, path: Path) -> Iterator[RootRecord]:
    number = 0
    while line := file.readline(MAX_ROOT_RECORD_BYTES + 1):
        number += 1
        if not line.endswith(b"\n") and len(line) <= MAX_ROOT_RECORD_BYTES:
            raise InvalidRecord(f"{path}: line {number} is not complete")
        try:
            yield read_record(line)
        except InvalidRecord as error:
            raise InvalidRecord(f"{path}: line {number}: {error}") from error


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file to append to it, which no other run does meanwhile."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        handle = os.open(path, flags, 0o644)
    except OSError as error:
        raise WitnessError(f"{path}: cannot be written: {error.strerror}") from error
    with os.fdopen(handle, "rb") as file:
        _refuse_other_than_file(handle, path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise WitnessError(f"{path}: another run is writing to it; try again later") from error
        yield file


def _refuse_other_than_file(handle: int, path: Path) -> None:
    if not S_ISREG(os.fstat(handle).st_mode):
        raise WitnessError(f"{path}: is not a file")


def _append(file: BinaryIO, line: bytes, path: Path) -> None:
    size = os.fstat(file.fileno()).st_size
    try:
        written = os.write(file.fileno(), line)
        if written != len(line):
            os.ftruncate(file.fileno(), size)
            raise WitnessError(f"{path}: cannot be written: the disk is full")
        os.fsync(file.fileno())
    except OSError as error:
        raise WitnessError(f"{path}: cannot be written: {error.strerror}") from error
