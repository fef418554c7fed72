"""Reads captures of a part from its files, which are untrusted, one row group at a time."""

import heapq
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from operator import itemgetter
from tempfile import SpooledTemporaryFile, gettempdir
from typing import IO

import pyarrow.parquet as pq

from archive.bulk.captures.capture_file import CaptureFile
from archive.bulk.captures.fact_checks import FactChecks
from archive.bulk.captures.fact_sorting import sorted_facts
from archive.bulk.parquet_rows import Limits, arrow_translated, opened, rows_of
from archive.bulk.storage import Storage
from archive.errors import DatasetError
from archive.store import CaptureFact, RunningSummary

MAX_GROUP = Limits(rows=100_000, size=64 * 2**20)  # those written here have 24 MiB at most
_SPOOLED_BYTES = 2**20  # larger files are on the disk while they are read
MAX_FILES_MERGED = 4  # of a part: each has a row group in memory
_Order = tuple[str, int, str, bytes, str, str, str, str, str]
_Row = tuple[_Order, CaptureFact]


def read_facts(storage: Storage, files: Sequence[CaptureFile]) -> Iterator[CaptureFact]:
    """Yield the captures in files of one part in order, each once.

    Raise :exc:`DatasetError`, which names the file, if it is missing or differs from its digest or from what
    its manifest says, or if a capture is invalid or its bytes differ from their digest.
    """
    last: _Order | None = None
    for order, fact in _ordered([_facts_in(storage, file) for file in files]):
        if order != last:
            yield fact
        last = order


def _ordered(files: Sequence[Iterator[_Row]]) -> Iterator[_Row]:
    """Yield the captures of several files in order. Only a few files are open at once."""
    if len(files) <= MAX_FILES_MERGED:
        return heapq.merge(*files, key=itemgetter(0))
    return ((fact.order, fact) for fact in sorted_facts(fact for file in files for _, fact in file))


def _facts_in(storage: Storage, file: CaptureFile) -> Iterator[_Row]:
    """Yield the captures in one file, each with what it is ordered by."""
    where = f"{storage.url}/{file.name}"
    checks, last, summary = FactChecks(file.part), None, RunningSummary()
    for row, fact in enumerate(_rows(storage, file, where), start=1):
        order = fact.order
        if fault := checks.fault(fact) or (last is not None and order <= last and "is out of order"):
            raise DatasetError(f"{where}: the capture in row {row} {fault}")
        summary.add(fact.identity)
        last = order
        yield order, fact
    if summary.total != file.summary:
        raise DatasetError(f"{where}: has other captures than its manifest says")


def _rows(storage: Storage, file: CaptureFile, where: str) -> Iterator[CaptureFact]:
    """Yield the rows of a file; only one row group is in memory at once."""
    with _content(storage, file, where) as content, arrow_translated(where):
        parquet = opened(content, CaptureFact, file.rows, where, group=MAX_GROUP)
        for group in range(parquet.num_row_groups):
            yield from _group(parquet, group)


def _group(parquet: pq.ParquetFile, group: int) -> Iterator[CaptureFact]:
    return map(CaptureFact._make, rows_of(CaptureFact, parquet.read_row_group(group, use_threads=False)))


@contextmanager
def _content(storage: Storage, file: CaptureFile, where: str) -> Iterator[IO[bytes]]:
    """Open a copy of a file whose digest is right. A large one is on the disk, where nothing changes it."""
    content = storage.read(file.name, most=file.size)
    if sha256(content).hexdigest() != file.digest:
        raise DatasetError(f"{where}: its digest differs from its name: it is damaged or incomplete")
    with SpooledTemporaryFile(_SPOOLED_BYTES) as copy:
        try:
            copy.write(content)
            copy.seek(0)
        except OSError as error:
            raise DatasetError(f"{gettempdir()}: {error.strerror}: cannot keep a copy of {where}") from error
        del content
        yield copy
