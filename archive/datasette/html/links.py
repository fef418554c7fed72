"""Where links may lead: within the archive, to the paper, or to a page elsewhere. Never to a script."""

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
# What a browser would drop or read otherwise: "java\nscript:", "\\evil.example".
UNSAFE_CHARACTERS = re.compile(r"[\x00-\x20\x7f-\x9f\\]")


class Href(NamedTuple):
    """Where a link leads, and of what kind that is: ``held`` in the archive, ``unheld``, or ``away``."""

    url: str
    kind: str


@dataclass(frozen=True, slots=True)
class LinkResolver:
    """Knows which articles are in the archive."""

    site: SiteUrls
    held: frozenset[int]

    @classmethod
    def for_targets(cls, request: ReaderRequest, targets: Iterable[str | None]) -> "LinkResolver":
        """For these targets."""
        keys = [page_key(target) for target in targets if target]
        numbers = [key.number for key in keys if key and key.kind is Kind.ARTICLE]
        return cls(request.site, request.archive.articles.held(numbers))

    def to(self, target: str | None) -> Href | None:
        """None for what nobody should follow."""
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
    """Whether a whole URL may be followed, as a browser would read it."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and parts.scheme.lower() in SAFE_SCHEMES and not UNSAFE_CHARACTERS.search(url)
