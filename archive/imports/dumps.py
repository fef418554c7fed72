"""Reads dump files that an export wrote; the name holds the article's number and the version's times."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from archive.imports.synthetic_captures import (
    InvalidRecordError,
    SeenSpan,
    captures_of_version,
    failed_capture,
    parse_article_number,
    parse_past_time,
    path_text,
)
from archive.model import Capture
from archive.renditions.charset import MAX_PAGE_BYTES

TIME_PATTERN = r"[0-9]{8}T[0-9]{9}Z"
# "!6081430.v2.20250410T120000000Z-20250411T060000000Z.gone-20250412T060000000Z.txt"
DUMP_FILE_NAME = re.compile(
    rf"!(?P<article>-?[0-9]+)\.v[0-9]+\.(?P<first>{TIME_PATTERN})-(?P<last>{TIME_PATTERN})(?:\.gone-(?P<gone>{TIME_PATTERN}))?\.txt"
)


def captures(file: Path, *, now: datetime) -> Iterator[Capture]:
    url = path_text(file)
    match = DUMP_FILE_NAME.fullmatch(file.name)
    assert match
    try:
        article = parse_article_number(int(match["article"]))
        times = [_time(match[name], now) for name in ("first", "last", "gone")]
        first, last, gone = times
        assert first
        assert last
        body = _body(file)
    except InvalidRecordError as error:
        yield failed_capture(file, str(error), now=now)
    except OSError as error:
        yield failed_capture(file, f"cannot read the file: {error.strerror}", now=now)
    else:
        yield from captures_of_version(url, article, body, "text", SeenSpan(first, last, gone))


def _body(file: Path) -> bytes:
    if file.stat().st_size > MAX_PAGE_BYTES:
        raise InvalidRecordError(f"expected a page of at most {MAX_PAGE_BYTES >> 20} MiB")
    return file.read_bytes()


def _time(bare: str | None, now: datetime) -> datetime | None:
    """``20250410T120000000Z`` → a time."""
    return None if bare is None else parse_past_time(f"{bare[:15]}.{bare[15:18]}+00:00", now=now)
