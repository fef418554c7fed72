"""Captures made of what an export tells: that an article read so, from then to then, and is gone since."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from archive.model import Capture, Kind, Outcome, PageKey
from archive.pagekey import NUMBER_LIMIT
from archive.renditions import geminispace

SOURCE = "import"


class Span(NamedTuple):
    """Between which times a version was seen, and since when its article is gone; aware, UTC."""

    first: datetime
    last: datetime
    gone: datetime | None = None


class UnfitError(Exception):
    """Something of an export is not as it should be; says what was expected and what was found."""


def name_of(file: Path) -> str:
    """A file's path as text: names are bytes."""
    return os.fsencode(file).decode(errors="replace")


def article_of(number: object) -> int:
    """Return an article number, negative if provisional. Raises :exc:`UnfitError` for anything else."""
    if type(number) is int and (number < 0 or 0 < number < NUMBER_LIMIT):
        return number
    raise UnfitError(f"expected an article's number, found {str(number)[:40]}")


def time_of(value: object, *, now: datetime) -> datetime:
    """An aware time, UTC, that has been. Raises :exc:`UnfitError` for anything else."""
    try:
        time = datetime.fromisoformat(str(value))
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise UnfitError(f'expected a time, found "{str(value)[:40]}"') from error
    if time > now:
        raise UnfitError(f"expected a time that has been, found {time.isoformat()}")
    return time


def time_shown(body: bytes | None, *, now: datetime) -> datetime | None:
    """Return when a page says that it was captured, as those of the archive of geminispace do.

    Raises :exc:`UnfitError` for a time that no calendar has, or that is still to come.
    """
    shown = geminispace.time_shown(body or b"")
    return None if shown is None else time_of(shown, now=now)


def seen(url: str, article: int, body: bytes, rendition: str, span: Span) -> Iterator[Capture]:
    """One capture when a version was first seen, one when it was last seen, and one that finds it gone.

    An article whose number is provisional comes without one, and is found, or named, by its title again.
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


def failed(
    file: Path, problem: str, *, now: datetime, url: str | None = None, at: datetime | None = None
) -> Capture:
    """Return a capture for what could not be read, taken ``at``.

    Without that, its time is the file's own, so that importing the file again adds nothing.
    """
    return Capture(
        source=SOURCE,
        url=url or name_of(file),
        captured_at=at or modified(file, now=now),
        outcome=Outcome.FAILED,
        problem=problem,
    )


def modified(file: Path, *, now: datetime) -> datetime:
    """The file's own time; now if that is still to come, or none that a calendar knows."""
    try:
        time = datetime.fromtimestamp(file.stat(follow_symlinks=file.exists()).st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        return now
    return min(time, now)
