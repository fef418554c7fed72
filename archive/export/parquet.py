"""Parquet: typed, compressed with zstd, authors, tags and links as lists of structs.

A folder has one file per month of publication, ``versions/month=2025-04/part.parquet``, a partition as Hive,
DuckDB, pandas and polars know them; ``month`` then is a column. Articles without a date are in
``month=undated``: pandas cannot read a partition of NULL (https://github.com/pandas-dev/pandas/issues/55400).
``versions`` contains only Parquet files, since pandas and polars read every file of a folder. The key
``taz_archive`` of each file's schema says what was exported.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.json as pj
import pyarrow.parquet as pq

from archive.bulk.parquet_rows import ARROW_TYPES, array_of
from archive.export.datapackage import RowsFile, write_datapackage
from archive.export.files.output import whole_file
from archive.export.job import ExportJob, month_of
from archive.store import JSON_COLUMNS, PLAIN_COLUMNS, Column, SelectedVersion, columns_of

ROWS_PER_GROUP = 4_000  # held in memory
PARTITION_FOLDER, PARTITION_FILE = "versions", "part.parquet"


def _arrow_type(column: Column) -> pa.DataType:
    if column.element is None:
        return ARROW_TYPES[column.value_type]
    if column.element is str:
        return pa.list_(pa.string())
    return pa.list_(
        pa.struct([(part.name, _arrow_type(part)) for part in columns_of(column.element).values()])
    )


VERSION_COLUMNS = columns_of(SelectedVersion)
SCHEMA = pa.schema(
    pa.field(name, _arrow_type(column), metadata={"description": column.meaning})
    for name, column in VERSION_COLUMNS.items()
)
NESTED_SCHEMA = pa.schema([SCHEMA.field(name).remove_metadata() for name in JSON_COLUMNS])


def write_file(job: ExportJob, path: Path) -> None:
    with whole_file(path) as file:
        _write(job, job.versions(), file)


def write_folder(job: ExportJob, folder: Path) -> None:
    names = []
    for month, rows in groupby(job.by_month(), key=month_of):
        name = f"{PARTITION_FOLDER}/month={month}/{PARTITION_FILE}"
        (folder / name).parent.mkdir(parents=True)
        with whole_file(folder / name) as file:
            _write(job, rows, file)
        names.append(name)
    write_datapackage(job, folder / "datapackage.json", RowsFile(names[0], "parquet", tuple(names[1:])))


def _write(job: ExportJob, rows: Iterable[SelectedVersion], file: BinaryIO) -> None:
    about = json.dumps(job.about.fields, ensure_ascii=False)
    schema = SCHEMA.with_metadata({"taz_archive": about})
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for group in _groups(rows):
            writer.write_table(table(group).replace_schema_metadata(schema.metadata))


def _groups(rows: Iterable[SelectedVersion]) -> Iterator[list[SelectedVersion]]:
    rows = iter(rows)
    while group := list(islice(rows, ROWS_PER_GROUP)):
        yield group


def table(rows: list[SelectedVersion]) -> pa.Table:
    """Convert rows to an Arrow table. Arrow parses the lists, which are JSON."""
    columns = list(zip(*rows, strict=True))
    plain = [
        array_of(VERSION_COLUMNS[name], values) for name, values in zip(PLAIN_COLUMNS, columns, strict=False)
    ]
    lines = "".join(map(_json_line, *columns[len(PLAIN_COLUMNS) :])).encode()
    nested = pj.read_json(
        pa.BufferReader(lines),
        read_options=pj.ReadOptions(use_threads=False, block_size=len(lines) + 1),
        parse_options=pj.ParseOptions(explicit_schema=NESTED_SCHEMA, unexpected_field_behavior="error"),
    )
    return pa.Table.from_arrays([*plain, *nested.select(JSON_COLUMNS).columns], schema=SCHEMA)


def _json_line(*nested: str) -> str:
    return (
        "{" + ",".join(f'"{name}":{value}' for name, value in zip(JSON_COLUMNS, nested, strict=True)) + "}\n"
    )
