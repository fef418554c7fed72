"""What an export wrote, known by its bytes or its name, as the captures it amounts to.

What is wrong with a file is a capture too, of outcome ``failed``, as with any other file.
"""

import gzip
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from archive.errors import MissingLibrary
from archive.imports import dumps, rows
from archive.model import Capture

MARK = b"WARC/1."
GZIP = b"\x1f\x8b"
HEAD = 4096  # bytes that tell

Find = Callable[
    [str], bytes | None
]  # the digest of a page, ``sha256:…`` → its bytes, if the archive has them


def captures_in(file: Path, *, find: Find, now: datetime) -> Iterator[Capture] | None:
    """The captures that are in a file, one at a time; None if it is no export, but a page or anything else.

    ``find`` is asked for pages that a WARC only refers to. Raises :exc:`MissingLibrary`.
    """
    head = _head(file)
    if head.startswith(MARK):
        return _warc(file, find, now)
    if rows.looks_like(head):
        return rows.captures(file, now=now)
    if dumps.NAME.fullmatch(file.name):
        return dumps.captures(file, now=now)
    return None


def _head(file: Path) -> bytes:
    """The first bytes of a file, unpacked; none of what cannot be read, which others will say."""
    try:
        if not file.is_file():
            return b""
        with file.open("rb") as opened:
            head = opened.read(HEAD)
        if head.startswith(GZIP):
            with gzip.open(file) as unpacked:
                return unpacked.read(len(MARK))
    except (OSError, EOFError, zlib.error):
        return b""
    return head


def _warc(file: Path, find: Find, now: datetime) -> Iterator[Capture]:
    try:
        from archive.imports import warc  # noqa: PLC0415 - warcio is not everybody's
    except ModuleNotFoundError as error:
        if error.name != "warcio":
            raise
        raise MissingLibrary("a WARC needs warcio: pip install 'taz-archive[export]'") from error
    return warc.captures(file, find=find, now=now)
