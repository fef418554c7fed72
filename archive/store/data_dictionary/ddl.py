"""SQL statements that create tables as the data dictionary describes them."""

from collections.abc import Collection, Iterator

from archive.store.data_dictionary.column import Column
from archive.store.data_dictionary.tables import TABLES


def create_table(
    name: str, *, schema: str, without: Collection[str] = (), nullable: Collection[str] = ()
) -> str:
    """Return the statement that creates a table in a schema of SQLite.

    ``without`` are columns to leave out, ``nullable`` columns that may be NULL, other than in an archive.
    """
    table = TABLES[name]
    columns = [column for column in table.columns.values() if column.name not in without]
    parts = [_column(column, table.key, column.nullable or column.name in nullable) for column in columns]
    options = "STRICT"
    if len(table.key) > 1:
        parts.append(f"PRIMARY KEY ({', '.join(table.key)})")
        options += ", WITHOUT ROWID"
    return f"CREATE TABLE {schema}.{name} ({', '.join(parts)}) {options}"


def _column(column: Column, key: tuple[str, ...], nullable: bool) -> str:  # noqa: FBT001
    return " ".join(_words(column, key, nullable))


def _words(column: Column, key: tuple[str, ...], nullable: bool) -> Iterator[str]:  # noqa: FBT001
    yield f'"{column.name}" {column.sql_type}'
    if key == (column.name,):
        yield "PRIMARY KEY"
    elif not nullable:
        yield "NOT NULL"
    if column.unique:
        yield "UNIQUE"
    if column.references:
        yield f"REFERENCES {column.references} (id)"
