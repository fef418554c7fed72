"""A dataset of what follows from captures: a folder for each table, with a file for each part.

``versions/article-00006080000.parquet`` has the versions of a part. A part counts once its record is written,
``parts/article-00006080000.json``, which names what it was derived from and the digest of each of its files.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from archive.bulk.json_fields import json_bytes, json_translated, parsed_count, parsed_digest, parsed_text
from archive.bulk.parquet_rows import Limits, arrow_translated, opened, rows_of, table_of, written
from archive.bulk.storage import ROWS_ENDING, Storage
from archive.errors import DatasetError
from archive.store import PART_TABLES, Part, PartRows

RECORDS, RECORD_ENDING = "parts", ".json"
UNFINISHED = "unfinished.json"  # parts that are not derived yet, or failed, with the reason
MAX_RECORD_BYTES = 2**20  # those with skipped captures have a few KB
MAX_TABLE = Limits(rows=5_000_000, size=2**30)  # of one part; those of the paper have a few MB


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file of a part: how many rows it has, and its SHA-256 in hexadecimal digits."""

    rows: int
    digest: str

    @classmethod
    def parsed(cls, fields: Mapping[str, Any]) -> Self:
        """Parse what a record says of a file. Raise :exc:`ValueError`, which says what is wrong."""
        return cls(parsed_count(fields["rows"], MAX_TABLE.rows), parsed_digest(fields["digest"]))


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
        return _file_name(self.part, table)

    @classmethod
    def parsed(cls, fields: Mapping[str, Any]) -> Self:
        """Parse the fields of a record. Raise :exc:`ValueError`, which says what is wrong."""
        tables = {
            table: TableFile.parsed(file) for table, file in fields["tables"].items() if table in PART_TABLES
        }
        if not isinstance(fields["skipped"], list):
            raise ValueError("expected a list of skipped captures")  # noqa: TRY004 - what it says is wrong, not its type
        skipped = tuple(map(parsed_text, fields["skipped"]))
        return cls(Part.named(parsed_text(fields["part"])), parsed_text(fields["key"]), tables, skipped)


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
        name = _file_name(part, table)
        if not found:
            storage.remove(name)
            continue
        content = written(table_of(row_type, found))
        storage.write(name, content)
        tables[table] = TableFile(len(found), sha256(content).hexdigest())
    record = PartRecord(part, key, tables, skipped)
    storage.write(_record_name(part), json_bytes({**asdict(record), "part": part.name}))
    return record


def read_record(storage: Storage, part: Part) -> PartRecord | None:
    """Return the record of a part; None if it was not derived completely."""
    name = _record_name(part)
    content = storage.find(name, most=MAX_RECORD_BYTES)
    return None if content is None else _parsed(content, f"{storage.url}/{name}")


def read_records(storage: Storage) -> list[PartRecord]:
    """Return the records of all parts, in order."""
    names = storage.names(RECORDS, ending=RECORD_ENDING)
    records = list[PartRecord]()
    for name, content in storage.read_all(names, most=MAX_RECORD_BYTES):
        where = f"{storage.url}/{name}"
        records.append(record := _parsed(content, where))
        if name != _record_name(record.part):
            raise DatasetError(f"{where}: is the record of {record.part.name}")
    return sorted(records, key=lambda record: record.part)


def read_table(storage: Storage, record: PartRecord, table: str) -> list[tuple[Any, ...]]:
    """Return the rows of a table of a part. Raise :exc:`DatasetError` if its file has changed."""
    if table not in record.tables:
        return []
    name = record.file_name(table)
    row_type, file, where = PART_TABLES[table], record.tables[table], f"{storage.url}/{name}"
    content = storage.find(name, most=MAX_TABLE.size)
    if content is None:
        raise DatasetError(f"{where}: is missing; {_advice(storage, record.part)}")
    if sha256(content).hexdigest() != file.digest:
        raise DatasetError(f"{where}: differs from its record; {_advice(storage, record.part)}")
    with arrow_translated(where):
        parquet = opened(io.BytesIO(content), row_type, file.rows, where, group=MAX_TABLE, file=MAX_TABLE)
        found = parquet.read(use_threads=False)
        _refuse_impossible_times(found, where)
        return rows_of(row_type, found)


def _advice(storage: Storage, part: Part) -> str:
    return f"delete {storage.url}/{_record_name(part)}, and repeat `derive`"


def note_unfinished(storage: Storage, lines: Sequence[str]) -> None:
    """Write which parts are not derived, and why not. Without any, the dataset is complete."""
    if lines:
        storage.write(UNFINISHED, json_bytes({"parts": lines}))
    else:
        storage.remove(UNFINISHED)


def refuse_unfinished(storage: Storage) -> None:
    """Raise :exc:`DatasetError` if parts are not derived."""
    content = storage.find(UNFINISHED, most=MAX_RECORD_BYTES)
    if content is None:
        return
    where = f"{storage.url}/{UNFINISHED}"
    with json_translated(where, "a list of parts"):
        first, *others = map(parsed_text, json.loads(content)["parts"])
    more = f", and {len(others):,} more" if others else ""
    raise DatasetError(f"{storage.url}: incomplete: {first}{more}; repeat `derive`")


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


def _file_name(part: Part, table: str) -> str:
    return f"{table}/{part.name}{ROWS_ENDING}"


def _parsed(content: bytes, where: str) -> PartRecord:
    with json_translated(where, "the record of a part"):
        return PartRecord.parsed(json.loads(content))
