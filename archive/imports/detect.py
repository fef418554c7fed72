"""Recognizes files and datasets that an export wrote, by content or name, and reads them as captures.

A problem with a file becomes a capture with the outcome ``failed``.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from archive.imports import dumps, jsonl
from archive.imports.revisited_payloads import RevisitedPayloads
from archive.imports.warc_files import holds_records
from archive.libraries import needing
from archive.model import Capture

if TYPE_CHECKING:
    from archive.imports.datasets import CaptureDataset

HEAD_BYTES = 4096
_MANIFEST_NAME = re.compile(r"[0-9a-f]{64}\.json")


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


def is_dataset(folder: Path) -> bool:
    """Return whether a folder is a dataset of captures: its manifests are named by digests."""
    with suppress(OSError):  # reported where the folder's files are listed
        return any(_MANIFEST_NAME.fullmatch(file.name) for file in (folder / "manifests").iterdir())
    return False


def open_dataset(place: str) -> "CaptureDataset":
    """Open a dataset of captures by its path or URL. Raises :exc:`MissingLibrary`."""
    with needing(f"{place}: reading captures", "fsspec", "pyarrow"):
        from archive.imports.datasets import CaptureDataset  # noqa: PLC0415 - pyarrow is optional
    return CaptureDataset(place)


def _head(file: Path) -> bytes:
    """Return the first bytes of a file; empty if it cannot be read, which is reported elsewhere."""
    try:
        with file.open("rb", buffering=0) as opened:
            return opened.read(HEAD_BYTES)
    except OSError:
        return b""


def _warc(file: Path, bodies: RevisitedPayloads, now: datetime) -> Iterator[Capture]:
    with needing("reading WARC", "warcio"):
        from archive.imports import warc  # noqa: PLC0415 - warcio is optional
    return warc.captures(file, bodies=bodies, now=now)
