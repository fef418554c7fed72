"""Recognizes files that an export wrote, by content or name, and reads them as captures.

A problem with a file becomes a capture with the outcome ``failed``.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from archive.errors import MissingLibrary
from archive.imports import dumps, jsonl
from archive.imports.revisited_payloads import RevisitedPayloads
from archive.imports.warc_files import holds_records
from archive.model import Capture
from archive.shell_commands import install_command

HEAD_BYTES = 4096


def captures_in(file: Path, *, bodies: RevisitedPayloads, now: datetime) -> Iterator[Capture] | None:
    """Return an iterator over the captures in a file, or None if the file is not an export.

    ``bodies`` finds the pages that a WARC only refers to. Raises :exc:`MissingLibrary`.
    """
    if not file.is_file():
        return None
    head = _head(file)
    if holds_records(file, head):
        return _warc(file, bodies, now)
    if jsonl.looks_like(head):
        return jsonl.captures(file, now=now)
    if dumps.DUMP_FILE_NAME.fullmatch(file.name):
        return dumps.captures(file, now=now)
    return None


def _head(file: Path) -> bytes:
    """Return the first bytes of a file; empty if it cannot be read, which is reported elsewhere."""
    try:
        with file.open("rb", buffering=0) as opened:
            return opened.read(HEAD_BYTES)
    except OSError:
        return b""


def _warc(file: Path, bodies: RevisitedPayloads, now: datetime) -> Iterator[Capture]:
    try:
        from archive.imports import warc  # noqa: PLC0415 - warcio is optional
    except ModuleNotFoundError as error:
        if error.name != "warcio":
            raise
        raise MissingLibrary(f"reading WARC needs warcio: {install_command('warcio')}") from error
    return warc.captures(file, bodies=bodies, now=now)
