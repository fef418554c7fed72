"""JSON lines that an export wrote: each line a version, here the page that the paper would make of it.

The wording comes back as it was, and when; not the pages as they were received, which a WARC has.
"""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from archive.dump.writer import write_dump
from archive.imports.synthetic_captures import Span, UnfitError, article_of, failed, name_of, seen, time_of
from archive.model import Article, Author, Capture, Link, Tag, Teaser
from archive.paper import GOPHER_PORT, HOST
from archive.renditions import gopher
from archive.renditions.charset import MAX_LINES, MAX_PAGE_BYTES
from archive.store import blocks_of

MARK = b'{"id":'
NEEDED = ("id", "version", "first_seen", "last_seen", "title", "text")
MOST_UNFIT = 1_000  # lines of a file that are not as they should be: each is compared with those before


def looks_like(head: bytes) -> bool:
    """Whether a file begins as such lines do."""
    return head.startswith(MARK) and b'"version":' in head and b'"first_seen":' in head


def captures(file: Path, *, now: datetime) -> Iterator[Capture]:
    """The captures that the lines stand for. A line that is not as it should be is a failed one."""
    url = name_of(file)
    number = unfit = 0
    try:
        with file.open("rb") as lines:
            while unfit < MOST_UNFIT and (line := lines.readline(MAX_PAGE_BYTES + 1)):
                number += 1
                try:
                    yield from _captures(f"{url}#L{number}", line, now)
                except UnfitError as error:
                    unfit += 1
                    rest = f"; after {unfit:,} such lines the rest is not read" if unfit == MOST_UNFIT else ""
                    yield failed(file, f"line {number}: {error}{rest}", now=now, url=f"{url}#L{number}")
    except OSError as error:
        yield failed(file, f"cannot be read: {error.strerror}", now=now)


def _captures(url: str, line: bytes, now: datetime) -> Iterator[Capture]:
    fields = _fields(line)
    gone = fields.get("gone_since")
    span = Span(
        time_of(fields["first_seen"], now=now),
        time_of(fields["last_seen"], now=now),
        time_of(gone, now=now) if gone else None,
    )
    try:
        article = _article(fields)
        body = gopher.encode(write_dump(article), host=HOST, port=GOPHER_PORT)
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise UnfitError(f"expected an article's parts, found others ({error})") from error
    yield from seen(url, fields["id"], body, "gopher", span)


def _fields(line: bytes) -> dict[str, Any]:
    if len(line) > MAX_PAGE_BYTES:
        raise UnfitError(f"expected a line of at most {MAX_PAGE_BYTES >> 20} MiB")
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UnfitError(f"expected JSON, found something else ({error})") from error
    if not isinstance(fields, dict) or (missing := [name for name in NEEDED if name not in fields]):
        lacks = f"an object without {', '.join(missing)}" if isinstance(fields, dict) else "another value"
        raise UnfitError(f"expected a version, found {lacks}")
    article_of(fields["id"])
    if str(fields["text"]).count("\n") > MAX_LINES:
        raise UnfitError(f"expected a text of at most {MAX_LINES:,} lines")
    return fields


def _article(fields: dict[str, Any]) -> Article:
    """The version's article. Whatever is of another type than it should be raises some error."""
    published = fields.get("published")
    return Article(
        title=_needed(fields["title"]),
        lead=_text(fields.get("lead")),
        caption=_text(fields.get("caption")),
        dateline=_text(fields.get("dateline")),
        blocks=blocks_of(_needed(fields["text"])),
        published=date.fromisoformat(published) if published else None,
        links=tuple(Link(**link) for link in fields.get("links") or ()),
        authors=tuple(Author(**author) for author in fields.get("authors") or ()),
        tags=tuple(Tag(**tag) for tag in fields.get("tags") or ()),
        related=tuple(Teaser(**teaser) for teaser in fields.get("related") or ()),
    )


def _needed(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:40]!r} is no text")
    return value


def _text(value: object) -> str | None:
    return None if value is None else _needed(value)
