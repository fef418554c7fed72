"""Creates captures from an export's data: the text of a version, and when it was seen and gone."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from archive.model import Capture, Kind, Outcome, PageKey
from archive.pagekey import NUMBER_LIMIT
from archive.renditions.forms import geminispace

SOURCE = "import"


class SeenSpan(NamedTuple):
    """When a version was first and last seen, and since when its article is gone; aware, UTC."""

    first: datetime
    last: datetime
    gone: datetime | None = None


class InvalidRecordError(Exception):
    """Invalid data in an imported file; the message says what was expected and what was found."""


def path_text(file: Path) -> str:
    """Return a path as text; file names are bytes."""
    return os.fsencode(file).decode(errors="replace")


def parse_article_number(number: object) -> int:
    """Return an article's number, negative if provisional. Raises :exc:`InvalidRecordError`."""
    if type(number) is int and (number < 0 or 0 < number < NUMBER_LIMIT):
        return number
    raise InvalidRecordError(f"expected an article's number, found {str(number)[:40]}")


def parse_past_time(value: object, *, now: datetime) -> datetime:
    """Parse a time in the past as aware UTC. Raises :exc:`InvalidRecordError`."""
    try:
        time = datetime.fromisoformat(str(value))
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidRecordError(f'expected a time, found "{str(value)[:40]}"') from error
    if time > now:
        raise InvalidRecordError(f"expected a time in the past, found {time.isoformat()}")
    return time


def shown_time(body: bytes | None, *, now: datetime) -> datetime | None:
    """Return when a page says that it was captured, as those of the archive of geminispace do.

    Raises :exc:`InvalidRecordError` for a time that no calendar has, or that is still to come.
    """
    shown = geminispace.time_shown(body or b"")
    return None if shown is None else parse_past_time(shown, now=now)


def captures_of_version(
    url: str, article: int, body: bytes, rendition: str, span: SeenSpan
) -> Iterator[Capture]:
    """Yield captures of a version when it was first and last seen, and one that finds the article gone.

    An article with a provisional number gets no page key; it is matched by its title again.
    """
    key = PageKey(Kind.ARTICLE, article) if article > 0 else None
    for at in dict.fromkeys([span.first, span.last]):
        yield Capture(
            source=SOURCE,
            url=url,
            captured_at=at,
            key=key,
            body=body,
            rendition=rendition,
            reconstructed=True,
        )
    if span.gone and key:
        yield Capture(
            source=SOURCE, url=url, captured_at=span.gone, key=key, outcome=Outcome.ABSENT, reconstructed=True
        )


def failed_capture(
    file: Path, problem: str, *, now: datetime, url: str | None = None, at: datetime | None = None
) -> Capture:
    """Return a failed capture, taken ``at``.

    By default that is the file's modification time, so that importing the file again adds nothing.
    """
    return Capture(
        source=SOURCE,
        url=url or path_text(file),
        captured_at=at or modification_time(file, now=now),
        outcome=Outcome.FAILED,
        problem=problem,
    )


def modification_time(file: Path, *, now: datetime) -> datetime:
    """Return a file's modification time, or ``now`` if that is in the future or invalid."""
    try:
        time = datetime.fromtimestamp(file.stat(follow_symlinks=file.exists()).st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        return now
    return min(time, now)
