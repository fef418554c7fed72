"""Parses the selectors of a republished archive.

Pages of the paper have the same selectors as there: ``/!6081430``, ``/Slug/!p4611``. In addition:

- ``/as-of/2025-04-10/…``: the same pages at the end of that day, or of a minute, ``2025-04-10T18:00``.
- ``/!6081430/versions``, ``/!6081430/v2``: the versions of an article, and one of them.
- ``/provisional/5``: an article whose number is unknown, -5 in the archive.
- ``/search``, ``/about``, ``/sections``, ``/topics``, ``/authors``, ``/days``, ``/all``, ``/changes``: lists.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from archive.model import Kind
from archive.pagekey import key_in
from archive.timestamps import parse_iso_time

ARTICLE, VERSIONS, VERSION = "article", "versions", "version"
_AS_OF_PATH = re.compile(r"/?as-of/(?P<at>[0-9][0-9T:.Z+-]{3,39})(?P<rest>/.*)?")
_LIST_PATH = re.compile(
    r"/?(?P<name>search|about|topics|authors|days|all|changes)(?:/(?P<detail>[^/]{1,20}))?/?"
)
_PROVISIONAL_PATH = re.compile(r"/?provisional/(?P<number>[1-9][0-9]{0,17})(?P<tail>/.*)?")
# "/versions", "/v2"; the server ignores anything else after the digits.
_ARTICLE_SUFFIX = re.compile(r"/(?:(?P<versions>versions)|v(?P<version>[1-9][0-9]{0,5}))/?")
_ARTICLE_PATH = re.compile(r"![0-9]{1,12}(?P<tail>/[^!]*)")
_URL_PATH = re.compile(r"/?URL:(?P<url>(?:https?|gopher|gemini)://[^\s\x00-\x1f]+)")


@dataclass(frozen=True, slots=True)
class Route:
    """A parsed selector. ``name`` is the kind of page; ``prefix`` is ``/as-of/…``, which links keep.

    ``number`` is the number of a page, ``detail`` a version, month, day, letter or outside URL.
    """

    name: str
    number: int = 0
    detail: str = ""
    prefix: str = ""
    at: datetime | None = None


def parse_selector(selector: str) -> Route | None:
    """Parse a selector; return None if it is invalid."""
    match = _AS_OF_PATH.fullmatch(selector)
    if not match:
        return _place(selector, "", None)
    at = _time(match["at"])
    return _place(match["rest"] or "/", f"/as-of/{match['at']}", at) if at else None


def article_path(article: int, tail: str = "") -> str:
    """Return the selector of an article; a negative number is provisional."""
    return f"/!{article}{tail}" if article > 0 else f"/provisional/{-article}{tail}"


def _place(rest: str, prefix: str, at: datetime | None) -> Route | None:
    if match := _LIST_PATH.fullmatch(rest):
        return Route(match["name"], 0, match["detail"] or "", prefix, at)
    if match := _PROVISIONAL_PATH.fullmatch(rest):
        return _of_article(-int(match["number"]), match["tail"] or "", prefix, at)
    if match := _URL_PATH.fullmatch(rest):
        return Route("outside", 0, match["url"], prefix, at)
    key = key_in(rest)
    if key is None:
        return None
    if key.kind is Kind.ARTICLE:
        tails = _ARTICLE_PATH.findall(rest)
        return _of_article(key.number, tails[-1] if tails else "", prefix, at)
    return Route(key.kind.value, key.number, "", prefix, at)


def _of_article(number: int, tail: str, prefix: str, at: datetime | None) -> Route:
    match = _ARTICLE_SUFFIX.fullmatch(tail)
    if match and match["versions"]:
        return Route(VERSIONS, number, "", prefix, at)
    if match:
        return Route(VERSION, number, match["version"], prefix, at)
    return Route(ARTICLE, number, "", prefix, at)


def _time(text: str) -> datetime | None:
    """``2025-04-10`` is the end of that day, ``2025-04-10T18:00`` of that minute."""
    try:
        return parse_iso_time(text, end=True)
    except (ValueError, OverflowError):
        return None
