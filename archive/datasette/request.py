"""What a reader asks for: the parts of an address, read with care, and the archive to answer from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from archive.datasette.html.urls import SiteUrls
from archive.datasette.http.deadline import Deadline
from archive.errors import TazArchiveError
from archive.model import Kind
from archive.pagekey import key_in
from archive.store import Reader
from archive.timestamps import day_of, parse_time

MAX_DIGITS = 12  # digits of a number in the paper's addresses
MAX_TIME_CHARACTERS = 100  # characters; an error repeats them


class BadRequest(TazArchiveError):
    """An address that means nothing: no number, no time, a choice there is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderRequest:
    """One request.

    ``parts`` are those of the path, decoded; ``args`` the first of each name in the ``query``, which is
    as it came. After the ``deadline`` there is no answer but an error.
    """

    archive: Reader
    site: SiteUrls
    parts: Mapping[str, str]
    args: Mapping[str, str]
    query: str
    headers: Mapping[str, str]
    now: datetime
    deadline: Deadline

    @property
    def article(self) -> int:
        """The article's number in the path, or in an address of it given there."""
        return article_number(self.parts["article"])

    @property
    def typography(self) -> str | None:
        """``no`` if edits of typography only are not wanted. Raises :exc:`NotAsked` for anything else."""
        wanted = self.args.get("typography")
        if wanted not in (None, "", "no"):
            raise BadRequest("typography must be no, or left out")
        return wanted or None

    def number(self, name: str) -> int | None:
        """A number in the query; None if it is not there."""
        text = self.args.get(name, "")
        return whole(text, name) if text else None

    def day(self, name: str) -> date | None:
        """A day in the query; None if it is not there."""
        text = self.args.get(name, "")
        return day_of(read_time(text, now=self.now)) if text else None


def article_number(text: str) -> int:
    """``6081430``, ``!6081430``, ``-26``. Raises :exc:`NotAsked`."""
    if _is_number(text.removeprefix("-")):
        return int(text)
    key = key_in(text)
    if key is None or key.kind is not Kind.ARTICLE:
        raise BadRequest(f"“{text[:100]}” names no article; write its number, like 6081430")
    return key.number


def whole(text: str, name: str) -> int:
    """A whole number from 0. Raises :exc:`NotAsked`."""
    if not _is_number(text):
        raise BadRequest(f"{name} must be a number, not “{text[:100]}”")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS


def read_time(text: str, *, now: datetime, end: bool = False) -> datetime:
    """A time as people write it. Raises :exc:`NotAsked`."""
    try:
        return parse_time(text[:MAX_TIME_CHARACTERS], now=now, end=end)
    except ValueError as error:
        raise BadRequest(str(error)) from error


def day_after(day: date) -> date:
    """The next day; the last there is has none but itself."""
    return day if day == date.max else day + timedelta(days=1)
