"""A dataset of what follows from captures: a folder for each table, with a file for each part.

``versions/article-00006080000.parquet`` has the versions of a part. A part counts once its record is written,
``parts/article-00006080000.json``, which names what it was derived from and the digest of each of its files.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from archive.bulk.parquet_rows import opened, rows_of, schema_of, table_of, written
from archive.bulk.storage import Storage
from archive.errors import DatasetError
from archive.store import PART_TABLES, Part, PartRows

RECORDS, RECORD_ENDING, ROWS_ENDING = "parts", ".json", ".parquet"
MAX_TABLE_BYTES = 2**30  # of one part, before compression; those of the paper have a few MB
MAX_TABLE_ROWS = 5_000_000  # of one part


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file of a part: how many rows it has, and its SHA-256 in hexadecimal digits."""

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class PartRecord:
    """A part that was derived.

    - ``key``: a digest of the captures and of the parser that it was derived from, and by
    - ``tables``: its files; a table without rows has none
    - ``skipped``: lines that name the captures that were not parsed, since they killed their process
    """

    part: Part
    key: str
    tables: Mapping[str, TableFile]
    skipped: tuple[str, ...] = ()

    def file_name(self, table: str) -> str:
        """Return the name of the file with a table's rows."""
        return f"{table}/{self.part.name}{ROWS_ENDING}"


def write_part(
    storage: Storage, part: Part, key: str, rows: PartRows, skipped: tuple[str, ...]
) -> PartRecord:
    """Write the rows of a part, and then its record.

    Until then, the part has no record, or one with the same key, which another process has written meanwhile.
    """
    before = read_record(storage, part)
    if before is not None and before.key != key:
        storage.remove(_record_name(part))
    tables: dict[str, TableFile] = {}
    for table, row_type in PART_TABLES.items():
        found = getattr(rows, table)
        name = f"{table}/{part.name}{ROWS_ENDING}"
        if not found:
            storage.remove(name)
            continue
        content = written(table_of(row_type, found))
        storage.write(name, content)
        tables[table] = TableFile(len(found), sha256(content).hexdigest())
    record = PartRecord(part, key, tables, skipped)
    storage.write(_record_name(part), _json(record))
    return record


def read_record(storage: Storage, part: Part) -> PartRecord | None:
    """Return the record of a part; None if it was not derived completely."""
    name = _record_name(part)
    return _parsed(storage.read(name), f"{storage.url}/{name}") if storage.has(name) else None


def read_records(storage: Storage) -> list[PartRecord]:
    """Return the records of all parts, in order."""
    names = storage.names(RECORDS, ending=RECORD_ENDING)
    records = [_parsed(storage.read(name), f"{storage.url}/{name}") for name in names]
    for name, record in zip(names, records, strict=True):
        if name != _record_name(record.part):
            raise DatasetError(f"{storage.url}/{name}: is the record of {record.part.name}")
    return sorted(records, key=lambda record: record.part)


def read_table(storage: Storage, record: PartRecord, table: str) -> list[tuple[Any, ...]]:
    """Return the rows of a table of a part. Raise :exc:`DatasetError` if its file has changed."""
    if table not in record.tables:
        return []
    name = record.file_name(table)
    content = storage.read(name, most=MAX_TABLE_BYTES)
    if sha256(content).hexdigest() != record.tables[table].digest:
        raise DatasetError(f"{storage.url}/{name}: differs from its record; derive it again")
    where = f"{storage.url}/{name}"
    try:
        file = opened(content, where)
        _refuse_unfit(file, PART_TABLES[table], record.tables[table].rows, where)
        found = file.read(use_threads=False)
        _refuse_impossible_times(found, where)
        return rows_of(PART_TABLES[table], found)
    except (pa.ArrowException, ValueError, OverflowError, OSError) as error:
        raise DatasetError(f"{where}: {' '.join(str(error).split())}") from error


def _refuse_unfit(file: pq.ParquetFile, row_type: type, rows: int, where: str) -> None:
    """Raise :exc:`DatasetError` for a file with other columns or rows, or one that would fill the memory."""
    metadata = file.metadata
    if not file.schema_arrow.equals(schema_of(row_type)):
        raise DatasetError(f"{where}: has other columns than this release derives; derive it again")
    if metadata.num_rows != rows:
        raise DatasetError(f"{where}: has {metadata.num_rows:,} rows, not {rows:,}")
    sizes = [metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups)]
    if sum(sizes) > MAX_TABLE_BYTES:
        raise DatasetError(f"{where}: is too large to be read: {sum(sizes):,} bytes")


def _refuse_impossible_times(table: pa.Table, where: str) -> None:
    """Raise :exc:`DatasetError` for a day that no calendar has, and for a time in the future."""
    now = datetime.now(UTC)
    limits = {_TIME: (_FIRST_DAY * _DAY_MS, int(now.timestamp() * 1000)), _DAY: (_FIRST_DAY, _LAST_DAY)}
    for field in table.schema:
        if field.type not in limits:
            continue
        integer = pa.int64() if field.type == _TIME else pa.int32()
        found = pc.min_max(table[field.name].cast(integer)).as_py()
        first, last = limits[field.type]
        if found["min"] is not None and not first <= found["min"] <= found["max"] <= last:
            raise DatasetError(f"{where}: {field.name} has a time that is impossible, or in the future")


_TIME, _DAY = pa.timestamp("ms", "UTC"), pa.date32()
_DAY_MS = 86_400_000
_FIRST_DAY, _LAST_DAY = ((day - date(1970, 1, 1)).days for day in (date.min, date.max))


def _record_name(part: Part) -> str:
    return f"{RECORDS}/{part.name}{RECORD_ENDING}"


def _json(record: PartRecord) -> bytes:
    fields = {**asdict(record), "part": record.part.name}
    return (json.dumps(fields, ensure_ascii=False, indent=1) + "\n").encode()


def _parsed(content: bytes, name: str) -> PartRecord:
    try:
        fields = json.loads(content)
        tables = {
            table: _table_file(**file) for table, file in fields["tables"].items() if table in PART_TABLES
        }
        return PartRecord(Part.named(fields["part"]), str(fields["key"]), tables, _lines(fields["skipped"]))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DatasetError(f"{name}: not the record of a part: {error}") from error


def _table_file(rows: object, digest: object) -> TableFile:
    if type(rows) is not int or not 0 < rows <= MAX_TABLE_ROWS:
        raise ValueError(f"expected a number of rows up to {MAX_TABLE_ROWS:,}, found {str(rows)[:40]}")
    return TableFile(rows, str(digest))


def _lines(found: object) -> tuple[str, ...]:
    if isinstance(found, list) and all(isinstance(line, str) for line in found):
        return tuple(found)
    raise ValueError(f"expected a list of lines, found {str(found)[:40]!r}")
