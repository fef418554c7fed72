"""A slim SQLite database, for Datasette, sqlite-utils and the mail; its table ``about`` says what it is."""

import os
from pathlib import Path

from archive.export.job import Job


def write_file(job: Job, path: Path) -> None:
    job.archive.export.write_sqlite(path, job.about.plain, job.advance)
    with path.open("rb") as file:
        os.fsync(file.fileno())
