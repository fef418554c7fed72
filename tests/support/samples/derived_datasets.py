"""Derived datasets of made-up captures, whole or with a changed file."""

from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

from archive.bulk.derive.derived_dataset import read_record, read_table, write_part
from archive.bulk.storage import open_storage
from archive.model import Capture
from archive.store import PART_TABLES, Part, PartRows, derive_part
from tests.support.samples.capture_facts import facts_by_part


def derived_dataset(folder: Path, captures: Iterable[Capture]) -> Path:
    storage = open_storage(str(folder))
    for part, facts in facts_by_part(captures).items():
        write_part(storage, part, "key", derive_part(facts), ())
    return folder


def change_part(
    folder: Path, part: Part, table: str, change: Callable[[list[Any]], object], skipped: tuple[str, ...] = ()
) -> None:
    """Change the rows of a table of a part, and write the part with a record that fits."""
    storage = open_storage(str(folder))
    record = read_record(storage, part)
    assert record
    rows = PartRows(
        **{
            field.name: list(map(PART_TABLES[field.name]._make, read_table(storage, record, field.name)))
            for field in fields(PartRows)
        }
    )
    change(getattr(rows, table))
    write_part(storage, part, record.key, rows, skipped)
