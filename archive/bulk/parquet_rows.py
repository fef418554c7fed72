"""Rows of the data dictionary as Parquet files, and back.

Times are UTC with milliseconds, days are dates. The same rows give the same bytes with the same release of
pyarrow.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import IO, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from archive.errors import DatasetError
from archive.store import Column, ColumnType, columns_of

ARROW_TYPES = {
    ColumnType.INTEGER: pa.int64(),
    ColumnType.NUMBER: pa.float64(),
    ColumnType.STRING: pa.string(),
    ColumnType.BYTES: pa.binary(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.TIME: pa.timestamp("ms", "UTC"),
    ColumnType.DAY: pa.date32(),
}
_CAST_FROM = {ColumnType.TIME: pa.string(), ColumnType.DAY: pa.string()}  # Arrow parses them


@cache
def schema_of(row_type: type) -> pa.Schema:
    """Return the Arrow schema of a row type; each field has the column's meaning."""
    return pa.schema(
        pa.field(name, ARROW_TYPES[column.value_type], column.nullable, {"description": column.meaning})
        for name, column in columns_of(row_type).items()
    )


def table_of(row_type: type, rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Return rows as an Arrow table."""
    columns = list(zip(*rows, strict=True)) or [()] * len(columns_of(row_type))
    arrays = [array_of(*pair) for pair in zip(columns_of(row_type).values(), columns, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema_of(row_type))


def array_of(column: Column, values: Iterable[Any]) -> pa.Array:
    """Return the values of a column, as the archive stores them, as an Arrow array."""
    kind = column.value_type
    if kind is ColumnType.BOOLEAN:  # 0 and 1, or False and True
        return pa.array((None if value is None else bool(value) for value in values), pa.bool_())
    return pa.array(values, _CAST_FROM.get(kind, ARROW_TYPES[kind])).cast(ARROW_TYPES[kind])


def rows_of(row_type: type, table: pa.Table) -> list[tuple[Any, ...]]:
    """Return the rows of an Arrow table, as the archive stores them."""
    columns = columns_of(row_type)
    values = [_values(column, table[name]) for name, column in columns.items()]
    return list(zip(*values, strict=True))


def _values(column: Column, values: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_dictionary(values.type):
        return [value for chunk in values.chunks for value in _shared(chunk)]
    if column.value_type is ColumnType.TIME:
        values = _stamps(values)
    elif column.value_type is ColumnType.DAY:
        values = values.cast(pa.string())
    elif column.value_type is ColumnType.BOOLEAN:
        values = values.cast(pa.int8())
    return list(values.to_pylist())


def _stamps(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return times as text. This takes a sixth of the time of ``strftime``, or of a cast with a time zone."""
    text = values.cast(pa.timestamp("ms")).cast(pa.string())  # 2025-04-10 12:00:00.000
    return pc.binary_join_element_wise(pc.binary_replace_slice(text, 10, 11, "T"), "Z", "")


def _shared(values: pa.DictionaryArray) -> Iterator[Any]:
    """Yield values of which equal ones are one object: a page of many rows is in memory once."""
    distinct = values.dictionary.to_pylist()
    for index in values.indices.to_pylist():
        yield None if index is None else distinct[index]


def written(table: pa.Table) -> bytes:
    """Return a table as a Parquet file, compressed with zstd."""
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd")
    return file.getvalue()


# -- Untrusted files --------------------------------------------------------------------------------------


class Limits(NamedTuple):
    """How many rows may be in memory at once, and how many bytes as encoded, before compression.

    The bytes of a column whose values repeat are few, however many rows have them. So readers keep equal
    texts and bytes once, and rows are limited, too.
    """

    rows: int
    size: int


def opened(
    content: IO[bytes], row_type: type, rows: int, where: str, *, group: Limits, file: Limits | None = None
) -> pq.ParquetFile:
    """Open a Parquet file that should have so many rows of a type. Raise :exc:`DatasetError` if it is unfit.

    ``group`` limits each row group, and ``file`` the whole file. Call this within :func:`arrow_translated`.
    """
    metadata = pq.read_metadata(content)
    _refuse_unfit(metadata, row_type, rows, where)
    _refuse_large(metadata, where, group, file)
    return pq.ParquetFile(content, metadata=metadata, read_dictionary=_shared_columns(row_type))


@contextmanager
def arrow_translated(where: str) -> Iterator[None]:
    """Translate what pyarrow raises for an invalid file to :exc:`DatasetError`, which names it."""
    try:
        yield
    except (pa.ArrowException, ValueError, KeyError, OverflowError, OSError) as error:
        raise DatasetError(f"{where}: not a valid Parquet file: {' '.join(str(error).split())}") from error


def _shared_columns(row_type: type) -> list[str]:
    """Return the columns whose equal values are in memory once."""
    return [
        field.name
        for field in schema_of(row_type)
        if pa.types.is_string(field.type) or pa.types.is_binary(field.type)
    ]


def _refuse_unfit(metadata: pq.FileMetaData, row_type: type, rows: int, where: str) -> None:
    if not metadata.schema.to_arrow_schema().equals(schema_of(row_type)):
        raise DatasetError(f"{where}: has other columns than this release writes")
    if metadata.num_rows != rows:
        raise DatasetError(f"{where}: has {metadata.num_rows:,} rows, not {rows:,}")


def _refuse_large(metadata: pq.FileMetaData, where: str, group: Limits, file: Limits | None) -> None:
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    for number, one in enumerate(groups):
        if one.num_rows > group.rows or not 0 <= one.total_byte_size <= group.size:
            raise DatasetError(f"{where}: row group {number} is too large to be read")
    size = sum(one.total_byte_size for one in groups)
    if file and (metadata.num_rows > file.rows or size > file.size):
        raise DatasetError(f"{where}: is too large to be read: {metadata.num_rows:,} rows of {size:,} bytes")
