"""Writes captures of a part as Parquet files of bounded size."""

import io
from collections.abc import Iterable
from hashlib import sha256
from itertools import chain

import pyarrow.parquet as pq

from archive.batching import in_batches
from archive.bulk.captures.capture_file import CaptureFile
from archive.bulk.parquet_rows import schema_of, table_of
from archive.bulk.storage import Storage
from archive.store import CaptureFact, Part, RunningSummary

GROUP_ROWS = 10_000
GROUP_BYTES = 8 * 2**20  # of all bodies and texts in a row group but the last: readers hold a row group
FILE_BYTES = 64 * 2**20  # of all bodies and texts in a file but those of its last row group
_DICTIONARY_BYTES = 2**30  # above all bodies of a row group: equal ones are stored once in it
_COMPRESSION_LEVEL = 3  # of zstd
_WITH_STATISTICS = [name for name in CaptureFact._fields if name != "body"]  # those of bodies are of no use


def write_facts(storage: Storage, part: Part, facts: Iterable[CaptureFact]) -> list[CaptureFile]:
    """Write captures of a part, given in order and none twice. They count once a manifest lists the files."""
    groups = in_batches(((fact, _size(fact)) for fact in facts), GROUP_ROWS, GROUP_BYTES)
    return [_write_file(storage, part, chain([first], groups)) for first in groups]


def _write_file(storage: Storage, part: Part, groups: Iterable[list[CaptureFact]]) -> CaptureFile:
    """Write one file of row groups; those beyond its size are not taken."""
    content, summary, size, last = io.BytesIO(), RunningSummary(), 0, ""
    with _writer(content) as writer:
        for group in groups:
            writer.write_table(table_of(CaptureFact, group), len(group))
            for fact in group:
                summary.add(fact.identity)
            last = max(last, *(fact.captured_at for fact in group))
            size += sum(map(_size, group))
            if size > FILE_BYTES:
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
