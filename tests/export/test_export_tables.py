"""What others read of csv, jsonl, parquet and sqlite: the very values the archive has."""

import asyncio
import csv
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from datasette.app import Datasette  # type: ignore[import-untyped]  # it ships no types

from archive.store import JSON_COLUMNS, SelectedVersion, columns_of
from archive.timestamps import stamp
from tests.support.samples.exported_archive import (
    HOSTILE,
    LISTED,
    TITLE,
    VISITS,
    needs_readers,
    python,
    taz_archive,
    tool,
)

Rows = list[dict[str, Any]]
BOOLEANS = ("paragraphs_inferred", "umlauts_transliterated", "typography_only")
Export = Callable[..., Path]


@pytest.fixture
def export(archive: Path, tmp_path: Path) -> Export:
    def export(name: str, form: str, *args: object) -> Path:
        ended = taz_archive("export", archive, tmp_path / name, "--format", form, "--versions", "all", *args)
        assert ended.code == 0, ended.stderr
        return tmp_path / name

    return export


@pytest.fixture(scope="module")
def truth(archive: Path) -> Rows:
    """What `jsonl` says, read by Python itself."""
    ended = taz_archive("export", archive, "-", "--format", "jsonl", "--versions", "all")
    return [json.loads(line) for line in ended.lines]


def test_every_column_is_described() -> None:
    assert not [column.name for column in columns_of(SelectedVersion).values() if not column.meaning]


def test_jsonl_has_what_the_archive_has(archive: Path, truth: Rows) -> None:
    with closing(sqlite3.connect(archive)) as db:
        rows = db.execute(
            "SELECT article_id, number, first_seen, last_seen, title, lead, caption, dateline,"
            " published, text,"
            " words, truncation_count FROM versions ORDER BY id"
        ).fetchall()
        names = [name for (name,) in db.execute("SELECT name FROM authors ORDER BY name")]
    fields = ("id", "version", "first_seen", "last_seen", "title", "lead", "caption", "dateline", "published")
    assert [
        tuple(row[name] for name in (*fields, "text", "words", "truncation_count")) for row in truth
    ] == rows
    assert sorted({author["name"] for row in truth for author in row["authors"]}) == names


def test_links_lie_where_their_words_are(truth: Rows) -> None:
    links = [(row["text"], link) for row in truth for link in row["links"] if link["text"]]
    assert links
    assert all(text[link["start"] : link["end"]] == link["text"] for text, link in links)


PANDAS = {
    "jsonl": "pd.read_json(sys.argv[1], lines=True, dtype=False)",
    "csv": "pd.read_csv(sys.argv[1], keep_default_na=False)",
}


@pytest.mark.slow  # imports pandas and matplotlib
@needs_readers
@pytest.mark.parametrize("form", PANDAS)
def test_pandas_reads_it_losslessly(export: Export, truth: Rows, form: str) -> None:
    program = f"""
import json, sys
import pandas as pd
frame = {PANDAS[form]}
print(json.dumps(frame.astype(object).where(frame.notna(), None).to_dict("records")))
"""
    rows: Rows = json.loads(python(program, export(f"taz.{form}", form)))
    assert (rows if form == "jsonl" else [of_cells(row) for row in rows]) == truth


def of_cells(row: dict[str, Any]) -> dict[str, Any]:
    """A row of csv as the docs say to read it: an empty cell is NULL, but for the text."""
    said = {name: value if value != "" or name == "text" else None for name, value in row.items()}
    said |= {
        name: bool(int(row[name]))
        for name in ("paragraphs_inferred", "umlauts_transliterated", "typography_only")
    }
    return said | {name: json.loads(row[name]) for name in JSON_COLUMNS}


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_sqlite_utils_inserts_it_losslessly(export: Export, truth: Rows, tmp_path: Path, form: str) -> None:
    out = export(f"taz.{form}", form)
    flag = "--nl" if form == "jsonl" else "--csv"
    tool("sqlite-utils", "insert", tmp_path / "new.db", "t", out, flag)
    with closing(sqlite3.connect(tmp_path / "new.db")) as db:
        db.row_factory = sqlite3.Row
        rows = [dict(row) for row in db.execute("SELECT * FROM t ORDER BY rowid")]
    if form == "csv":
        rows = [of_cells(row) for row in rows]
    for row in rows:
        row |= {
            name: int(row[name]) for name in ("id", "version", "version_count", "words", "truncation_count")
        }
        row |= {
            name: bool(row[name])
            for name in ("paragraphs_inferred", "umlauts_transliterated", "typography_only")
        }
        row |= {name: json.loads(row[name]) for name in JSON_COLUMNS if isinstance(row[name], str)}
    assert rows == truth


def test_csv_keeps_formulas_as_they_are_and_says_how_many(archive: Path) -> None:
    ended = taz_archive("export", archive, "-", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(ended.streamed.decode(), newline="")))
    begin = sum(row[name][:1] in tuple("=+-@") for row in rows for name in WORDY)
    said = f"{begin} cells begin like a formula; for a spreadsheet, export with --spreadsheet"
    assert ended.stderr == f"taz-archive: {said}\n"
    assert begin >= 6
    assert [row["title"] for row in rows if row["id"] == str(HOSTILE)] == [TITLE]


WORDY = ("title", "lead", "caption", "dateline", "text")


def test_a_spreadsheet_takes_no_cell_for_a_formula(archive: Path) -> None:
    ended = taz_archive("export", archive, "-", "--format", "csv", "--spreadsheet")
    assert ended.stderr == ""
    assert ended.streamed.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(ended.streamed.decode("utf-8-sig"), newline="")))
    cells = [cell for row in rows for name, cell in row.items() if name != "id"]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert [row["title"] for row in rows if row["id"] == str(HOSTILE)] == [f"'{TITLE}"]


# -- Parquet ----------------------------------------------------------------------------------------------


def untyped(row: dict[str, Any]) -> dict[str, Any]:
    """A row of Parquet with its times and dates as the archive writes them."""
    said = dict(row)
    for name in ("first_seen", "last_seen", "gone_since"):
        time = said[name]
        said[name] = time and time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said["published"] = said["published"] and said["published"].isoformat()
    return said


def test_pyarrow_reads_the_values_of_jsonl(export: Export, truth: Rows) -> None:
    table = pq.read_table(export("taz.parquet", "parquet"))
    assert [untyped(row) for row in table.to_pylist()] == truth
    assert {field.name: field.metadata[b"description"].decode() for field in table.schema} == {
        name: column.meaning for name, column in columns_of(SelectedVersion).items()
    }


def test_polars_and_duckdb_read_them_too(export: Export, truth: Rows) -> None:
    out = export("taz.parquet", "parquet")
    assert [untyped(row) for row in pl.read_parquet(out).to_dicts()] == truth
    queried = duckdb.sql(f"SELECT id, version, title, authors, links, published FROM '{out}'").fetchall()
    assert [(*row[:-1], row[-1] and row[-1].isoformat()) for row in queried] == [
        tuple(row[name] for name in ("id", "version", "title", "authors", "links", "published"))
        for row in truth
    ]


@pytest.fixture
def months(truth: Rows) -> list[tuple[int, int, str]]:
    """Each version's article, number and month of publication."""
    found = [(row["id"], row["version"], (row["published"] or "undated")[:7]) for row in truth]
    assert "undated" in {month for _, _, month in found}
    return sorted(found)


def test_a_folder_is_partitioned_by_month_of_publication(
    export: Export, months: list[tuple[int, int, str]]
) -> None:
    folder = export("taz", "parquet") / "versions"
    assert {path.name for path in folder.iterdir()} == {f"month={month}" for _, _, month in months}
    for found in (
        ds.dataset(folder, partitioning="hive").to_table(columns=["id", "version", "month"]).to_pylist(),
        pl.read_parquet(folder).select("id", "version", "month").to_dicts(),
        duckdb.sql(f"SELECT id, version, month FROM '{folder}/*/*.parquet'").pl().to_dicts(),
    ):
        assert sorted(tuple(row.values()) for row in found) == months


@pytest.mark.slow  # imports pandas and matplotlib
@needs_readers
def test_pandas_reads_the_folder_with_articles_without_a_date(
    export: Export, months: list[tuple[int, int, str]]
) -> None:
    program = """
import json, sys
import pandas as pd
rows = pd.read_parquet(sys.argv[1])[["id", "version", "month"]]
print(json.dumps(rows.astype({"month": "str"}).values.tolist()))
"""
    found = json.loads(python(program, export("taz", "parquet") / "versions"))
    assert sorted(tuple(row) for row in found) == months


# -- What describes them ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["taz.csv", "taz.jsonl", "taz.parquet", "csv", "jsonl", "parquet"])
@pytest.mark.slow
def test_frictionless_finds_the_data_package_valid(
    export: Export, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = export(name, name.rpartition(".")[2])
    described = out / "datapackage.json" if out.is_dir() else out.with_name(f"{name}.datapackage.json")
    monkeypatch.chdir(described.parent)
    report = json.loads(tool("frictionless", "validate", "--json", described.name))
    assert report["valid"], report
    assert [task["valid"] for task in report["tasks"]] == [True]
    if "parquet" not in name:
        assert (
            report["tasks"][0]["stats"]["rows"]
            == json.loads(described.read_text())["taz_archive"]["versions"]
        )


# -- SQLite -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("args", [[], ["--as-of", "2025-04-02"], ["--topic", "Verkehr"]])
def test_the_slim_database_is_sound(export: Export, args: list[str]) -> None:
    with closing(sqlite3.connect(export("slim.db", "sqlite", *args))) as db:
        db.execute("INSERT INTO versions_fts (versions_fts, rank) VALUES ('integrity-check', 1)")
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert not tables & {"captures", "payloads", "pages", "crawls"}
        about = dict(db.execute("SELECT key, value FROM about").fetchall())
        (versions,) = db.execute("SELECT count(*) FROM versions").fetchone()
    assert about["versions"] == str(versions)


def test_its_rows_are_the_archives(archive: Path, export: Export) -> None:
    same = {
        "versions": "id, article_id, number, first_seen, last_seen, title, lead, text, words,"
        " truncation_count,"
        " search_spellings",
        "articles": "id, title, published, first_seen, last_seen, latest_version_id, version_count,"
        " state, url",
        "links": 'version_id, position, text, start, "end", target, article_id, article_number',
        "version_authors": "version_id, author_id, position",
        "authors": "id, name, number",
        "article_tags": "article_id, tag_id, first_seen, last_seen",
        "tags": "id, name, number",
        "related_articles": "article_id, related_id, related_number, title, text, first_seen, last_seen",
        "sections": "id, number, name",
        "placements": "section_id, position, article_id, article_number, first_seen, last_seen",
    }
    with (
        closing(sqlite3.connect(archive)) as old,
        closing(sqlite3.connect(export("slim.db", "sqlite"))) as new,
    ):
        for table, columns in same.items():
            query = f"SELECT {columns} FROM {table} ORDER BY {columns}"
            assert new.execute(query).fetchall() == old.execute(query).fetchall(), table


def test_its_placements_are_those_of_selected_articles_until_then(export: Export) -> None:
    """The section listed the first article at the first and third visit, and the second at the third."""
    query = (
        "SELECT position, article_id, first_seen, last_seen FROM placements"
        " JOIN sections s ON s.id = section_id WHERE s.number = 4611 ORDER BY position"
    )
    first, second, third = map(stamp, VISITS[:3])
    expected = {
        ("--as-of", second): [(1, LISTED[0], first, first)],
        ("--as-of", third): [(1, LISTED[0], first, third), (2, LISTED[1], third, third)],
        ("--search", "Quarzstrasse"): [(1, LISTED[0], first, third), (2, LISTED[1], third, third)],
        ("--author", "O'Hara"): [],
    }
    for at, (args, rows) in enumerate(expected.items()):
        with closing(sqlite3.connect(export(f"slim{at}.db", "sqlite", *args))) as db:
            assert db.execute(query).fetchall() == rows


def test_sqlite_utils_searches_it(export: Export) -> None:
    out = export("slim.db", "sqlite")
    found = json.loads(tool("sqlite-utils", "search", out, "versions", "Quarzstrasse"))
    assert sorted(row["article_id"] for row in found) == [900001, 900002]


def test_datasette_opens_and_searches_it(export: Export) -> None:
    out = export("slim.db", "sqlite", "--as-of", "2025-04-03")

    async def answers() -> list[Any]:
        datasette = Datasette([str(out)])
        paths = ("/slim/versions.json?_search=quarzstrasse&_shape=array", "/slim/articles", "/slim/about")
        return [await datasette.client.get(path) for path in paths]

    found, *pages = asyncio.run(answers())
    assert sorted(row["article_id"] for row in found.json()) == [900001, 900002]
    assert [page.status_code for page in pages] == [200, 200]
