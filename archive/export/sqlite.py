"""A slim SQLite database, for Datasette, sqlite-utils and the mail; its table ``about`` says what it is."""

import os
from pathlib import Path

from archive.export.job import Job
from archive.store.export.sqlite import write_slim


def write_file(job: Job, path: Path) -> None:
    write_slim(job.archive.db, path, job.about.plain, job.advance)
    with path.open("rb") as file:
        os.fsync(file.fileno())
