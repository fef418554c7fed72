"""A small SQLite database without captures; its table ``about`` describes the export."""

import os
from pathlib import Path

from archive.export.job import ExportJob


def write_file(job: ExportJob, path: Path) -> None:
    job.archive.export.write_sqlite(path, job.about.plain, job.selection.as_of, job.advance)
    with path.open("rb") as file:
        os.fsync(file.fileno())
