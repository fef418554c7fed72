"""Where things are in a republished archive: selectors, taken apart.

What the paper has is where the paper has it: ``/!6081430``, ``/Slug/!p4611``. Beside that:

- ``/as-of/2025-04-10/…``: all of it as of the end of that day, UTC, or of a minute, ``2025-04-10T18:00``.
- ``/!6081430/versions``, ``/!6081430/v2``: the versions of an article, and one of them.
- ``/provisional/5``: an article whose number nobody knows, which has -5 in the archive.
- ``/search``, ``/about``, ``/sections``, ``/topics``, ``/authors``, ``/days``, ``/all``, ``/changes``: lists.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from archive.model import Kind
from archive.pagekey import key_in
from archive.timestamps import parse_iso_time

ARTICLE, VERSIONS, VERSION = "article", "versions", "version"
AS_OF = re.compile(r"/?as-of/(?P<at>[0-9][0-9T:.Z+-]{3,39})(?P<rest>/.*)?")
LISTS = re.compile(r"/?(?P<name>search|about|topics|authors|days|all|changes)(?:/(?P<detail>[^/]{1,20}))?/?")
PROVISIONAL = re.compile(r"/?provisional/(?P<number>[1-9][0-9]{0,17})(?P<tail>/.*)?")
# "/versions", "/v2"; the server tolerates any other junk after the digits.
TAIL = re.compile(r"/(?:(?P<versions>versions)|v(?P<version>[1-9][0-9]{0,5}))/?")
IN_ARTICLE = re.compile(r"![0-9]{1,12}(?P<tail>/[^!]*)")
OUTSIDE = re.compile(r"/?URL:(?P<url>(?:https?|gopher|gemini)://[^\s\x00-\x1f]+)")


@dataclass(frozen=True, slots=True)
class Place:
    """What is asked for: ``name`` says which of the pages. ``prefix`` is ``/as-of/…``, put before links.

    ``number`` is that of a page, ``detail`` the version, month, day or letter, or an address outside.
    """

    name: str
    number: int = 0
    detail: str = ""
    prefix: str = ""
    at: datetime | None = None


def place_of(selector: str) -> Place | None:
    """The place a selector means, None if it is none."""
    match = AS_OF.fullmatch(selector)
    if not match:
        return _place(selector, "", None)
    at = _time(match["at"])
    return _place(match["rest"] or "/", f"/as-of/{match['at']}", at) if at else None


def path_of(article: int, tail: str = "") -> str:
    """Where an article is; see above of provisional numbers."""
    return f"/!{article}{tail}" if article > 0 else f"/provisional/{-article}{tail}"


def _place(rest: str, prefix: str, at: datetime | None) -> Place | None:
    if match := LISTS.fullmatch(rest):
        return Place(match["name"], 0, match["detail"] or "", prefix, at)
    if match := PROVISIONAL.fullmatch(rest):
        return _of_article(-int(match["number"]), match["tail"] or "", prefix, at)
    if match := OUTSIDE.fullmatch(rest):
        return Place("outside", 0, match["url"], prefix, at)
    key = key_in(rest)
    if key is None:
        return None
    if key.kind is Kind.ARTICLE:
        tails = IN_ARTICLE.findall(rest)
        return _of_article(key.number, tails[-1] if tails else "", prefix, at)
    return Place(key.kind.value, key.number, "", prefix, at)


def _of_article(number: int, tail: str, prefix: str, at: datetime | None) -> Place:
    match = TAIL.fullmatch(tail)
    if match and match["versions"]:
        return Place(VERSIONS, number, "", prefix, at)
    if match:
        return Place(VERSION, number, match["version"], prefix, at)
    return Place(ARTICLE, number, "", prefix, at)


def _time(text: str) -> datetime | None:
    """``2025-04-10`` is the end of that day, ``2025-04-10T18:00`` of that minute; UTC without a zone."""
    try:
        return parse_iso_time(text, end=True)
    except (ValueError, OverflowError):
        return None
