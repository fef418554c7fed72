"""What the columns mean is said of exactly the columns there are."""

from pathlib import Path

import pytest

from archive.store import open_writer
from archive.store.columns import TABLES
from archive.store.metadata import QUERIES, TABLE_OPTIONS, VIEW_OPTIONS, datasette_metadata
from archive.store.views import VIEWS


@pytest.fixture
def columns(tmp_path: Path) -> dict[str, list[str]]:
    """The columns of a fresh archive; SQLite's own tables and those within FTS5's index left out."""
    with open_writer(tmp_path / "taz.db") as archive:
        rows = archive.db.execute(
            "SELECT t.name, c.name FROM pragma_table_list t, pragma_table_info(t.name) c"
            " WHERE t.schema = 'main' AND t.type <> 'shadow' AND t.name NOT LIKE 'sqlite%' ORDER BY 1, c.cid"
        ).fetchall()
    found: dict[str, list[str]] = {}
    for table, column in rows:
        found.setdefault(table, []).append(column)
    return found


def test_every_table_and_column_of_a_fresh_archive_is_described_in_its_order_and_no_other(
    columns: dict[str, list[str]],
) -> None:
    described = {**TABLES, **VIEWS}
    assert {name: list(table.columns) for name, table in described.items()} == columns


def test_every_meaning_is_a_sentence() -> None:
    meanings = [
        meaning
        for table in [*TABLES.values(), *VIEWS.values()]
        for meaning in (table.rows, *table.columns.values())
    ]
    assert not [meaning for meaning in meanings if not meaning.endswith(".")]


def test_datasette_is_told_of_columns_that_exist(columns: dict[str, list[str]]) -> None:
    for table, options in {**TABLE_OPTIONS, **VIEW_OPTIONS}.items():
        named = [options[name] for name in ("label_column", "sort", "sort_desc", "fts_pk") if name in options]
        assert {*named, *options.get("facets", [])} <= set(columns[table])


def test_no_query_hides_a_table_of_its_name() -> None:
    assert not set(QUERIES) & {*TABLES, *VIEWS}


def test_the_database_is_called_what_datasette_calls_it() -> None:
    assert list(datasette_metadata("paper")["databases"]) == ["paper"]
