"""A reader's request: its parameters, validated, and the archive to read from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from gettext import NullTranslations

from archive.datasette.html.urls import SiteUrls
from archive.datasette.http.deadline import Deadline
from archive.errors import TazArchiveError
from archive.languages import translations
from archive.model import Kind
from archive.pagekey import key_in
from archive.store import Reader
from archive.timestamps import day_of, parse_time

MAX_DIGITS = 12  # of a number in the paper's URLs
MAX_TIME_CHARACTERS = 100  # an error message repeats them


class BadRequest(TazArchiveError):
    """A request with an invalid parameter: not a number, not a time, an unknown choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderRequest:
    """One request.

    ``parts`` are the named groups of the path, decoded; ``args`` the first value of each name in the query.
    ``query`` is the undecoded query string. ``language`` is that of the response, not the paper's. After the
    ``deadline`` the response is an error.
    """

    archive: Reader
    site: SiteUrls
    parts: Mapping[str, str]
    args: Mapping[str, str]
    query: str
    headers: Mapping[str, str]
    now: datetime
    deadline: Deadline
    language: str

    @property
    def translations(self) -> NullTranslations:
        """Return the texts of the reader's language."""
        return translations(self.language)

    @property
    def article(self) -> int:
        """Return the article's number in the path, which may also contain the article's URL."""
        return article_number(self.parts["article"])

    @property
    def typography(self) -> str | None:
        """Return ``no`` to leave out edits of typography only, else None. Raises :exc:`BadRequest`."""
        wanted = self.args.get("typography")
        if wanted not in (None, "", "no"):
            raise BadRequest("invalid typography: use no, or leave it out")
        return wanted or None

    def number(self, name: str) -> int | None:
        text = self.args.get(name, "")
        return whole(text, name) if text else None

    def day(self, name: str) -> date | None:
        text = self.args.get(name, "")
        return day_of(read_time(text, now=self.now)) if text else None


def article_number(text: str) -> int:
    """Parse an article's number: ``6081430``, ``!6081430`` or ``-26``. Raises :exc:`BadRequest`."""
    if _is_number(text.removeprefix("-")):
        return int(text)
    key = key_in(text)
    if key is None or key.kind is not Kind.ARTICLE:
        raise BadRequest(f"“{text[:100]}” is not an article: use its number, like 6081430")
    return key.number


def whole(text: str, name: str) -> int:
    """Parse a whole number from 0. Raises :exc:`BadRequest`."""
    if not _is_number(text):
        raise BadRequest(f"{name} must be a number, not “{text[:100]}”")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS


def read_time(text: str, *, now: datetime, end: bool = False) -> datetime:
    """Parse a time, as the TIME options do. Raises :exc:`BadRequest`."""
    try:
        return parse_time(text[:MAX_TIME_CHARACTERS], now=now, end=end)
    except ValueError as error:
        raise BadRequest(str(error)) from error


def day_after(day: date) -> date:
    """Return the next day; ``date.max`` for itself."""
    return day if day == date.max else day + timedelta(days=1)
