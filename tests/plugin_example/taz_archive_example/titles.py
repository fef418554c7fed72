"""An export of titles."""

from typing import BinaryIO

from archive.export.job import Job
from archive.store import PLAIN_COLUMNS

TITLE = PLAIN_COLUMNS.index("title")


def write_stream(job: Job, file: BinaryIO) -> None:
    """Write one title per line, in UTF-8."""
    file.writelines(f"{version[TITLE]}\n".encode() for version in job.versions())
