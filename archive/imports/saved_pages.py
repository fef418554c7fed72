"""Read files that hold one saved page each, whose name may hold the article's number."""

import os
import stat
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from archive.imports.detect import HEAD_BYTES
from archive.imports.foreign_files import format_of
from archive.imports.synthetic_captures import (
    SOURCE,
    InvalidRecordError,
    modification_time,
    path_text,
    shown_time,
)
from archive.model import Capture, Outcome, PageKey
from archive.pagekey import ROOT, key_in
from archive.renditions.charset import MAX_PAGE_BYTES


class PageOptions(NamedTuple):
    """The page in all files, when it was captured and its rendition; None: each file says so itself."""

    key: PageKey | None = None
    captured_at: datetime | None = None
    rendition: str | None = None


def files_in(paths: Iterable[Path], *, skipped: Iterable[str]) -> Iterator[Path]:
    """Yield files, and of directories all files below them, sorted by name.

    Files in directories that are hidden or have a name in ``skipped`` are left out. Yield a directory that
    cannot be listed too, so that its problem is reported.
    """
    skipped = frozenset(skipped)
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        unlisted: list[OSError] = []
        for folder, folders, names in os.walk(path, onerror=unlisted.append):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (
                Path(folder, name)
                for name in sorted(names)
                if not name.startswith(".") and name not in skipped
            )
        yield from (Path(error.filename) for error in unlisted)


def saved_page(file: Path, options: PageOptions, *, now: datetime) -> Capture:
    """Return the capture of a file's page; one that cannot be read has the outcome ``failed``."""
    body, problem = _read(file)
    captured_at = options.captured_at
    try:
        captured_at = captured_at or shown_time(body, now=now)
    except InvalidRecordError as error:
        problem = problem or f"invalid time of capture in its head: {error}"
    return Capture(
        source=SOURCE,
        url=path_text(file),
        captured_at=captured_at or modification_time(file, now=now),
        key=options.key or _key(file.name),
        body=body,
        outcome=Outcome.FAILED if problem else Outcome.OK,
        problem=problem,
        rendition=options.rendition,
    )


def _read(file: Path) -> tuple[bytes | None, str | None]:
    """Return the bytes of a file, or the problem with it. Pipes and devices are not read."""
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            return None, f"expected a file, found {_kind(status.st_mode)}"
        if status.st_size > MAX_PAGE_BYTES:
            found = f"{status.st_size / 2**20:,.0f} MiB"
            return None, f"expected a page of at most {MAX_PAGE_BYTES >> 20} MiB, found {found}"
        body = file.read_bytes()
    except OSError as error:
        return None, f"cannot be read: {error.strerror}"
    what = format_of(body[:HEAD_BYTES], file.suffix)
    return (None, f"expected a page, found {what}") if what else (body, None)


def _kind(mode: int) -> str:
    return "a directory that cannot be listed" if stat.S_ISDIR(mode) else "a pipe or device"


def _key(name: str) -> PageKey | None:
    # Twice, since a file named for a URL with %21 may encode it once more.
    key = key_in(unquote(unquote(name)))
    return None if key == ROOT else key
