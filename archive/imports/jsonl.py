"""Reads JSON lines that an export wrote: each version becomes a page in the paper's own layout.

Versions and times are restored; the pages as received are not: use WARC for that.
"""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from archive.dump.writer import write_dump
from archive.imports.synthetic_captures import (
    InvalidRecordError,
    SeenSpan,
    captures_of_version,
    failed_capture,
    parse_article_number,
    parse_past_time,
    path_text,
)
from archive.model import Article, Author, Capture, Link, Tag, Teaser
from archive.paper import GOPHER_PORT, HOST
from archive.renditions.charset import MAX_LINES, MAX_PAGE_BYTES
from archive.renditions.forms import gopher
from archive.store import blocks_of

LINE_START = b'{"id":'
REQUIRED_FIELDS = ("id", "version", "first_seen", "last_seen", "title", "text")
MAX_INVALID_LINES = 1_000  # of a file; then the rest is skipped


def looks_like(head: bytes) -> bool:
    """Return whether a file begins like an exported line."""
    return head.startswith(LINE_START) and b'"version":' in head and b'"first_seen":' in head


def captures(file: Path, *, now: datetime) -> Iterator[Capture]:
    """Yield the captures for each line; an invalid line becomes a failed capture."""
    url = path_text(file)
    number = invalid = 0
    try:
        with file.open("rb") as lines:
            while invalid < MAX_INVALID_LINES and (line := lines.readline(MAX_PAGE_BYTES + 1)):
                number += 1
                try:
                    yield from _captures(f"{url}#L{number}", line, now)
                except InvalidRecordError as error:
                    invalid += 1
                    problem = f"line {number}: {error}"
                    if invalid == MAX_INVALID_LINES:
                        problem += f"; after {invalid:,} invalid lines the rest is skipped"
                    yield failed_capture(file, problem, now=now, url=f"{url}#L{number}")
    except OSError as error:
        yield failed_capture(file, f"cannot read the file: {error.strerror}", now=now)


def _captures(url: str, line: bytes, now: datetime) -> Iterator[Capture]:
    fields = _fields(line)
    gone = fields.get("gone_since")
    span = SeenSpan(
        parse_past_time(fields["first_seen"], now=now),
        parse_past_time(fields["last_seen"], now=now),
        parse_past_time(gone, now=now) if gone else None,
    )
    try:
        article = _article(fields)
        body = gopher.encode(write_dump(article), host=HOST, port=GOPHER_PORT)
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise InvalidRecordError(f"expected the fields of an article, found others ({error})") from error
    yield from captures_of_version(url, fields["id"], body, "gopher", span)


def _fields(line: bytes) -> dict[str, Any]:
    if len(line) > MAX_PAGE_BYTES:
        raise InvalidRecordError(f"expected a line of at most {MAX_PAGE_BYTES >> 20} MiB")
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidRecordError(f"expected JSON, found something else ({error})") from error
    if not isinstance(fields, dict) or (missing := [name for name in REQUIRED_FIELDS if name not in fields]):
        lacks = f"an object without {', '.join(missing)}" if isinstance(fields, dict) else "another value"
        raise InvalidRecordError(f"expected a version, found {lacks}")
    parse_article_number(fields["id"])
    if str(fields["text"]).count("\n") > MAX_LINES:
        raise InvalidRecordError(f"expected a text of at most {MAX_LINES:,} lines")
    return fields


def _article(fields: dict[str, Any]) -> Article:
    """Return the article of a version. Raises various errors for values of a wrong type."""
    published = fields.get("published")
    return Article(
        title=_required_text(fields["title"]),
        lead=_text(fields.get("lead")),
        caption=_text(fields.get("caption")),
        dateline=_text(fields.get("dateline")),
        blocks=blocks_of(_required_text(fields["text"])),
        published=date.fromisoformat(published) if published else None,
        links=tuple(Link(**link) for link in fields.get("links") or ()),
        authors=tuple(Author(**author) for author in fields.get("authors") or ()),
        tags=tuple(Tag(**tag) for tag in fields.get("tags") or ()),
        related=tuple(Teaser(**teaser) for teaser in fields.get("related") or ()),
    )


def _required_text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:40]!r} is not a text")
    return value


def _text(value: object) -> str | None:
    return None if value is None else _required_text(value)
