"""What an export wrote, known by its bytes or its name, as the captures it amounts to.

What is wrong with a file is a capture too, of outcome ``failed``, as with any other file.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from archive.errors import MissingLibrary
from archive.imports import dumps, jsonl
from archive.imports.revisited_payloads import Bodies
from archive.imports.warc_files import holds_records
from archive.libraries import install_command
from archive.model import Capture

HEAD = 4096  # bytes that tell


def captures_in(file: Path, *, bodies: Bodies, now: datetime) -> Iterator[Capture] | None:
    """The captures that are in a file, one at a time; None if it is no export, but a page or anything else.

    ``bodies`` are the pages that a WARC only refers to. Raises :exc:`MissingLibrary`.
    """
    if not file.is_file():
        return None
    if holds_records(file):
        return _warc(file, bodies, now)
    if jsonl.looks_like(_head(file)):
        return jsonl.captures(file, now=now)
    if dumps.DUMP_FILE_NAME.fullmatch(file.name):
        return dumps.captures(file, now=now)
    return None


def _head(file: Path) -> bytes:
    """Return the first bytes of a file; none of one that cannot be read, which others will say."""
    try:
        with file.open("rb") as opened:
            return opened.read(HEAD)
    except OSError:
        return b""


def _warc(file: Path, bodies: Bodies, now: datetime) -> Iterator[Capture]:
    try:
        from archive.imports import warc  # noqa: PLC0415 - warcio is not everybody's
    except ModuleNotFoundError as error:
        if error.name != "warcio":
            raise
        raise MissingLibrary(f"a WARC needs warcio: {install_command('warcio')}") from error
    return warc.captures(file, bodies=bodies, now=now)
