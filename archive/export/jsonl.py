"""JSON lines (https://jsonlines.org): one version per line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from archive.export.datapackage import RowsFile, write_datapackage
from archive.export.files.output import whole_file
from archive.export.job import ExportJob
from archive.store import JSON_COLUMNS, PLAIN_COLUMNS, SelectedVersion

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
JSONL_FILE = "versions.jsonl"


def write_stream(job: ExportJob, file: BinaryIO) -> None:
    file.writelines(line.encode() for line in lines(job))


def write_folder(job: ExportJob, folder: Path) -> None:
    with whole_file(folder / JSONL_FILE) as file:
        write_stream(job, file)
    write_datapackage(job, folder / "datapackage.json", RowsFile(JSONL_FILE, "jsonl"))


def lines(job: ExportJob) -> Iterator[str]:
    return map(line, job.versions())


def line(row: SelectedVersion) -> str:
    """Return the line of a version. Columns that SQLite returns as JSON are inserted unchanged."""
    fields = dict(zip(PLAIN_COLUMNS, row, strict=False))
    fields |= {
        name: bool(fields[name])
        for name in ("paragraphs_inferred", "umlauts_transliterated", "typography_only")
    }
    nested = ",".join(
        f'"{name}":{value}' for name, value in zip(JSON_COLUMNS, row[len(PLAIN_COLUMNS) :], strict=True)
    )
    return f"{encode(fields)[:-1]},{nested}}}\n"
