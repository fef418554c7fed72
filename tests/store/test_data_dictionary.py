"""The data dictionary describes exactly the existing tables and columns, and their types."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from archive.datasette.metadata import QUERIES, TABLE_OPTIONS, VIEW_OPTIONS, datasette_metadata
from archive.store import TABLES, VIEWS, Origin, open_writer
from archive.store.data_dictionary.ddl import create_table
from tests.support.tables import rows


@pytest.fixture
def columns(tmp_path: Path) -> dict[str, list[str]]:
    """The columns of a new archive, without those of SQLite's own tables and FTS5's shadow tables."""
    with open_writer(tmp_path / "taz.db") as archive:
        all_columns = rows(
            archive,
            "SELECT t.name, c.name FROM pragma_table_list t, pragma_table_info(t.name) c"
            " WHERE t.schema = 'main' AND t.type <> 'shadow' AND t.name NOT LIKE 'sqlite%' ORDER BY 1, c.cid",
        )
    found: dict[str, list[str]] = {}
    for table, column in all_columns:
        found.setdefault(table, []).append(column)
    return found


def test_exactly_the_tables_and_columns_of_a_new_archive_are_described_in_order(
    columns: dict[str, list[str]],
) -> None:
    described = {**TABLES, **VIEWS}
    assert {name: list(table.columns) for name, table in described.items()} == columns


@pytest.mark.parametrize(
    "name", [name for name, table in TABLES.items() if table.origin is not Origin.INTERNAL]
)
def test_a_table_has_the_types_and_keys_that_are_described(tmp_path: Path, name: str) -> None:
    with open_writer(tmp_path / "taz.db"):
        pass
    with closing(sqlite3.connect(tmp_path / "taz.db")) as db:
        db.execute("ATTACH ':memory:' AS made")
        db.execute(create_table(name, schema="made"))
        assert declared(db, "main", name) == declared(db, "made", name)


def declared(db: sqlite3.Connection, schema: str, name: str) -> list[tuple[object, ...]]:
    """The columns of a table with type, NOT NULL and place in the key; what they refer to; unique ones."""
    columns = db.execute(f"PRAGMA {schema}.table_info({name})").fetchall()
    references = db.execute(f"PRAGMA {schema}.foreign_key_list({name})").fetchall()
    indexes = db.execute(f"PRAGMA {schema}.index_list({name})").fetchall()
    unique = [
        db.execute(f"PRAGMA {schema}.index_info({index})").fetchall()
        for _, index, _, origin, _ in indexes
        if origin == "u"
    ]
    return [
        *((column, kind, not_null, key) for _, column, kind, not_null, _, key in columns),
        *sorted((column, table, other) for _, _, table, column, other, *_ in references),
        *((parts[0][2], "UNIQUE") for parts in unique if len(parts) == 1),
    ]


def test_every_description_ends_with_a_full_stop() -> None:
    descriptions = [
        description
        for table in [*TABLES.values(), *VIEWS.values()]
        for description in (table.rows, *(column.meaning for column in table.columns.values()))
    ]
    assert not [description for description in descriptions if not description.endswith(".")]


def test_the_metadata_names_only_existing_columns(columns: dict[str, list[str]]) -> None:
    for table, options in {**TABLE_OPTIONS, **VIEW_OPTIONS}.items():
        named = [options[name] for name in ("label_column", "sort", "sort_desc", "fts_pk") if name in options]
        assert {*named, *options.get("facets", [])} <= set(columns[table])


def test_no_query_has_the_name_of_a_table() -> None:
    assert not set(QUERIES) & {*TABLES, *VIEWS}


def test_the_metadata_is_for_the_database_name_that_datasette_uses() -> None:
    assert list(datasette_metadata("paper")["databases"]) == ["paper"]
