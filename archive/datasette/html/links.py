"""Resolves links in articles: to the archive, the paper's website or another site, never to a script."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from archive.datasette.html.urls import SiteUrls
from archive.datasette.request import ReaderRequest
from archive.model import Kind
from archive.pagekey import page_key
from archive.paper import WEB_URL

SAFE_SCHEMES = frozenset({"http", "https", "gopher", "gophers", "gemini"})
# Browsers ignore or reinterpret these: "java\nscript:", "\\evil.example".
UNSAFE_CHARACTERS = re.compile(r"[\x00-\x20\x7f-\x9f\\]")


class Href(NamedTuple):
    """A resolved link. ``kind`` is ``held`` (in the archive), ``unheld`` or ``away`` (another site)."""

    url: str
    kind: str


@dataclass(frozen=True, slots=True)
class LinkResolver:
    """Resolves link targets. ``held`` are the numbers of the articles in the archive."""

    site: SiteUrls
    held: frozenset[int]

    @classmethod
    def for_targets(cls, request: ReaderRequest, targets: Iterable[str | None]) -> "LinkResolver":
        keys = [page_key(target) for target in targets if target]
        numbers = [key.number for key in keys if key and key.kind is Kind.ARTICLE]
        return cls(request.site, request.archive.articles.held(numbers))

    def to(self, target: str | None) -> Href | None:
        """Resolve a target; return None if it is not safe to follow."""
        if not target:
            return None
        key = page_key(target)
        if key and key.kind is Kind.ARTICLE:
            return Href(self.site.article(key.number), "held" if key.number in self.held else "unheld")
        if key and key.kind in (Kind.TOPIC, Kind.AUTHOR):
            return Href(self.site.keyed(key.kind, key.number, ""), "held")
        if target.startswith("/") and not target.startswith(("//", "/\\")):
            return Href(WEB_URL + quote(target[1:], safe="/!,?&=:%~+"), "away")
        return Href(target, "away") if is_safe(target) else None


def is_safe(url: str) -> bool:
    """Return whether an absolute URL is safe to follow in a browser."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and parts.scheme.lower() in SAFE_SCHEMES and not UNSAFE_CHARACTERS.search(url)
