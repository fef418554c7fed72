"""Derived datasets are untrusted: what is wrong with a record or a file of rows is an error that names it."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archive.bulk.derive.derived_dataset import (
    MAX_RECORD_BYTES,
    MAX_TABLE,
    read_record,
    read_records,
    read_table,
)
from archive.bulk.parquet_rows import table_of, written
from archive.bulk.storage import open_storage
from archive.cli.main import cli
from archive.errors import DatasetError
from archive.store import PART_TABLES, Part

PART = Part("article", 6_080_000)
TABLE = {"rows": 1, "digest": "0" * 64}
RECORD = {"part": PART.name, "key": "key", "tables": {"links": TABLE}, "skipped": []}


def recorded(folder: Path, record: Any) -> Path:
    """Write a record of any content, and return its file."""
    file = folder / "parts" / f"{PART.name}.json"
    file.parent.mkdir()
    file.write_bytes(record if isinstance(record, bytes) else json.dumps(record).encode())
    return file


@pytest.mark.parametrize(
    "record",
    [
        {**RECORD, "tables": {"links": {**TABLE, "rows": "x"}}},
        {**RECORD, "tables": {"links": {**TABLE, "rows": True}}},
        {**RECORD, "tables": {"links": {**TABLE, "rows": 0}}},
        {**RECORD, "tables": {"links": {**TABLE, "rows": MAX_TABLE.rows + 1}}},
        {**RECORD, "tables": {"links": {**TABLE, "digest": "../links"}}},
        {**RECORD, "tables": {"links": {**TABLE, "digest": 1}}},
        {**RECORD, "tables": {"links": {"rows": 1}}},
        {**RECORD, "tables": {"links": None}},
        {**RECORD, "tables": []},
        {**RECORD, "skipped": [1]},
        {**RECORD, "skipped": ["\ud800"]},
        {**RECORD, "skipped": "gopher"},
        {**RECORD, "key": 1},
        {**RECORD, "part": 1},
        {**RECORD, "part": "../article-00006080000"},
        {"part": PART.name},
        [],
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_an_invalid_record_is_an_error_that_names_it(tmp_path: Path, record: Any) -> None:
    recorded(tmp_path, record)
    with pytest.raises(DatasetError, match=rf"parts/{PART.name}\.json: not the record of a part: "):
        read_records(open_storage(str(tmp_path)))


def test_a_huge_record_is_not_read(tmp_path: Path) -> None:
    with recorded(tmp_path, RECORD).open("r+b") as file:
        file.truncate(2**40)  # takes no space
    with pytest.raises(DatasetError, match=f"is larger than {MAX_RECORD_BYTES:,} bytes"):
        read_records(open_storage(str(tmp_path)))


def test_parts_without_rows_make_shards_without_articles(tmp_path: Path) -> None:
    recorded(tmp_path, {**RECORD, "tables": {}})
    done = CliRunner().invoke(cli, ["assemble", str(tmp_path / "taz.db"), str(tmp_path), "--shards", "2"])
    assert (done.exit_code, done.output.count("0 articles")) == (0, 2), done.output


def test_a_text_that_many_rows_have_is_in_memory_once(tmp_path: Path) -> None:
    row_type, count = PART_TABLES["links"], 100
    row = row_type(60_800_010_001, 1, "x" * 2**20, None, None, None, None)
    content = written(table_of(row_type, [row._replace(position=n) for n in range(count)]))
    assert len(content) < 2**20
    recorded(
        tmp_path, {**RECORD, "tables": {"links": {"rows": count, "digest": sha256(content).hexdigest()}}}
    )
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / f"{PART.name}.parquet").write_bytes(content)
    storage = open_storage(str(tmp_path))
    record = read_record(storage, PART)
    assert record
    rows = list(map(row_type._make, read_table(storage, record, "links")))
    assert {id(row.text) for row in rows} == {id(rows[0].text)}
