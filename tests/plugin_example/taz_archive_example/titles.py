"""An export of titles."""

from typing import BinaryIO

from archive.export.job import ExportJob
from archive.store import PLAIN_COLUMNS

TITLE = PLAIN_COLUMNS.index("title")


def write_stream(job: ExportJob, file: BinaryIO) -> None:
    """Write one title per line, in UTF-8."""
    file.writelines(f"{version[TITLE]}\n".encode() for version in job.versions())
