"""Writes captures of a part as Parquet files of bounded size."""

import io
from collections.abc import Iterable
from hashlib import sha256
from itertools import chain
from typing import NamedTuple

import pyarrow.parquet as pq

from archive.batching import in_batches
from archive.bulk.captures.capture_file import CaptureFile
from archive.bulk.parquet_rows import schema_of, table_of
from archive.bulk.storage import Storage
from archive.store import CaptureFact, Part, RunningSummary

_DICTIONARY_BYTES = 2**30  # above all bodies of a row group: equal ones are stored once in it
_COMPRESSION_LEVEL = 3  # of zstd
_WITH_STATISTICS = [name for name in CaptureFact._fields if name != "body"]  # those of bodies are of no use


class FileLimits(NamedTuple):
    """Rows of a row group, and bytes of all bodies and texts in a row group and in a file.

    The last capture of a row group, and the last row group of a file, may exceed them.
    """

    group_rows: int = 10_000
    group_bytes: int = 8 * 2**20  # readers hold a row group
    file_bytes: int = 64 * 2**20


def write_facts(
    storage: Storage, part: Part, facts: Iterable[CaptureFact], limits: FileLimits | None = None
) -> list[CaptureFile]:
    """Write captures of a part, given in order and none twice. They count once a manifest lists the files."""
    limits = limits or FileLimits()
    groups = in_batches(((fact, _size(fact)) for fact in facts), limits.group_rows, limits.group_bytes)
    return [_write_file(storage, part, chain([first], groups), limits.file_bytes) for first in groups]


def _write_file(storage: Storage, part: Part, groups: Iterable[list[CaptureFact]], most: int) -> CaptureFile:
    """Write one file of row groups; those beyond its size are not taken."""
    content, summary, size, last = io.BytesIO(), RunningSummary(), 0, ""
    with _writer(content) as writer:
        for group in groups:
            writer.write_table(table_of(CaptureFact, group), len(group))
            for fact in group:
                summary.add(fact.identity)
            last = max(last, *(fact.captured_at for fact in group))
            size += sum(map(_size, group))
            if size > most:
                break
    written = content.getvalue()
    file = CaptureFile.of(part, sha256(written).hexdigest(), len(written), summary.total, last)
    storage.write(file.name, written)
    return file


def _writer(file: io.BytesIO) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        file,
        schema_of(CaptureFact),
        compression="zstd",
        compression_level=_COMPRESSION_LEVEL,
        dictionary_pagesize_limit=_DICTIONARY_BYTES,
        write_statistics=_WITH_STATISTICS,
    )


def _size(fact: CaptureFact) -> int:
    return len(fact.body or b"") + len(fact.url) + len(fact.problem or "")
