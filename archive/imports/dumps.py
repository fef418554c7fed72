"""Dump files that an export wrote: their names tell which article they are of, and when it read so."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from archive.imports.synthetic_captures import Span, UnfitError, article_of, failed, name_of, seen, time_of
from archive.model import Capture
from archive.renditions.charset import MAX_PAGE_BYTES

TIME = r"[0-9]{8}T[0-9]{9}Z"
# "!6081430.v2.20250410T120000000Z-20250411T060000000Z.gone-20250412T060000000Z.txt"
DUMP_FILE_NAME = re.compile(
    rf"!(?P<article>-?[0-9]+)\.v[0-9]+\.(?P<first>{TIME})-(?P<last>{TIME})(?:\.gone-(?P<gone>{TIME}))?\.txt"
)


def captures(file: Path, *, now: datetime) -> Iterator[Capture]:
    """The captures that a file of such a name stands for."""
    url = name_of(file)
    match = DUMP_FILE_NAME.fullmatch(file.name)
    assert match
    try:
        article = article_of(int(match["article"]))
        times = [_time(match[name], now) for name in ("first", "last", "gone")]
        first, last, gone = times
        assert first
        assert last
        body = _body(file)
    except UnfitError as error:
        yield failed(file, str(error), now=now)
    except OSError as error:
        yield failed(file, f"cannot be read: {error.strerror}", now=now)
    else:
        yield from seen(url, article, body, "text", Span(first, last, gone))


def _body(file: Path) -> bytes:
    if file.stat().st_size > MAX_PAGE_BYTES:
        raise UnfitError(f"expected a page of at most {MAX_PAGE_BYTES >> 20} MiB")
    return file.read_bytes()


def _time(bare: str | None, now: datetime) -> datetime | None:
    """``20250410T120000000Z`` → a time."""
    return None if bare is None else time_of(f"{bare[:15]}.{bare[15:18]}+00:00", now=now)
