"""A dataset of what follows from captures: a folder for each table, with a file for each part.

``versions/article-00006080000.parquet`` has the versions of a part. A part counts once its record is written,
``parts/article-00006080000.json``, which names what it was derived from and the digest of each of its files.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

import pyarrow as pa

from archive.bulk.parquet_rows import opened, rows_of, table_of, written
from archive.bulk.storage import Storage
from archive.errors import DatasetError
from archive.store import PART_TABLES, Part, PartRows

RECORDS, RECORD_ENDING, ROWS_ENDING = "parts", ".json", ".parquet"


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
    """Write the rows of a part, and then its record. Until then, the part has none."""
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
    return [_parsed(storage.read(name), f"{storage.url}/{name}") for name in names]


def read_table(storage: Storage, record: PartRecord, table: str) -> list[tuple[Any, ...]]:
    """Return the rows of a table of a part. Raise :exc:`DatasetError` if its file has changed."""
    if table not in record.tables:
        return []
    name = record.file_name(table)
    content = storage.read(name)
    if sha256(content).hexdigest() != record.tables[table].digest:
        raise DatasetError(f"{storage.url}/{name}: differs from its record; derive it again")
    try:
        return rows_of(PART_TABLES[table], opened(content, name).read())
    except (pa.ArrowException, KeyError, OSError) as error:
        raise DatasetError(f"{storage.url}/{name}: {' '.join(str(error).split())}") from error


def _record_name(part: Part) -> str:
    return f"{RECORDS}/{part.name}{RECORD_ENDING}"


def _json(record: PartRecord) -> bytes:
    fields = {**asdict(record), "part": record.part.name}
    return (json.dumps(fields, ensure_ascii=False, indent=1) + "\n").encode()


def _parsed(content: bytes, name: str) -> PartRecord:
    try:
        fields = json.loads(content)
        tables = {
            table: TableFile(**file) for table, file in fields["tables"].items() if table in PART_TABLES
        }
        return PartRecord(Part.named(fields["part"]), str(fields["key"]), tables, tuple(fields["skipped"]))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DatasetError(f"{name}: not the record of a part: {error}") from error
