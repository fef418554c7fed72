"""JSON lines (https://jsonlines.org): one version a line, all its parts in it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from archive.export.datapackage import Resource, write_datapackage
from archive.export.files.output import whole_file
from archive.export.job import Job
from archive.store import JSON_COLUMNS, PLAIN_COLUMNS, SelectedVersion

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
FILE = "versions.jsonl"


def write_stream(job: Job, file: BinaryIO) -> None:
    file.writelines(line.encode() for line in lines(job))


def write_folder(job: Job, folder: Path) -> None:
    with whole_file(folder / FILE) as file:
        write_stream(job, file)
    write_datapackage(job, folder / "datapackage.json", Resource(FILE, "jsonl"))


def lines(job: Job) -> Iterator[str]:
    """The lines, each with its end."""
    return map(line, job.versions())


def line(told: SelectedVersion) -> str:
    """One version. What SQLite wrote as JSON is put in as it stands."""
    fields = dict(zip(PLAIN_COLUMNS, told, strict=False))
    fields |= {name: bool(fields[name]) for name in ("guessed", "folded", "typography_only")}
    nested = ",".join(
        f'"{name}":{value}' for name, value in zip(JSON_COLUMNS, told[len(PLAIN_COLUMNS) :], strict=True)
    )
    return f"{encode(fields)[:-1]},{nested}}}\n"
