"""The URLs of the reading room's pages, with the prefix and host under which they are served."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from archive.store import TopicOrAuthor

ROUTE_PREFIX = "/-"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteUrls:
    """Builds URLs.

    ``path`` adds the prefix to a path, ``whole`` the host as well. ``database`` is the archive's path in
    Datasette, empty if no archive is served. ``here`` is the path and query of the current request.
    ``feed_language`` is added to the URLs of feeds, since feed readers prefer no language.
    """

    path: Callable[[str], str]
    whole: Callable[[str], str]
    database: str
    here: str
    style: str
    script: str
    feed_language: str | None = None

    def paper(self, day: str = "", **args: object) -> str:
        """Return the URL of the front page, or of the paper on a day."""
        return self.path(f"{ROUTE_PREFIX}/paper/{quote(day)}") + _query(args)

    def article(self, number: int) -> str:
        return self.path(f"{ROUTE_PREFIX}/article/{number}")

    def as_of(self, number: int, time: str) -> str:
        return f"{self.article(number)}/as-of/{quote(time, safe=':')}"

    def version(self, number: int, version: int) -> str:
        return f"{self.article(number)}/versions/{version}"

    def with_digest(self, digest: bytes) -> str:
        """Return the permalink of a wording, which is the same in every archive."""
        return self.path(f"{ROUTE_PREFIX}/version/{digest.hex()}")

    def diff(self, number: int, older: int, newer: int, *, split: bool = False) -> str:
        return f"{self.article(number)}/versions/{older}..{newer}" + ("?view=split" if split else "")

    def listing(self, found: TopicOrAuthor) -> str:
        return self.keyed(found.kind, found.number, found.names[-1])

    def keyed(self, kind: str, number: int | None, name: str) -> str:
        """Return the URL of a topic or author by number, or by name if its number is unknown."""
        return self.path(f"{ROUTE_PREFIX}/{kind}/{quote(name if number is None else str(number), safe='')}")

    def search(self, **args: object) -> str:
        return self.path(f"{ROUTE_PREFIX}/articles") + _query(args)

    def search_feed(self, **args: object) -> str:
        return self.path(f"{ROUTE_PREFIX}/articles.atom") + self._feed_query(args)

    def listing_feed(self, found: TopicOrAuthor, before: int | None = None) -> str:
        """Return the URL of a topic's or author's feed, of articles with numbers below ``before``."""
        return f"{self.listing(found)}/feed.atom" + self._feed_query({"before": before})

    def feed(self, name: str, start: int | None = None, **args: object) -> str:
        """Return the URL of the feed of ``new`` or ``edited`` articles, from entry ``start`` on, from 0."""
        return self.path(f"{ROUTE_PREFIX}/feed/{name}.atom") + self._feed_query({"from": start, **args})

    def _feed_query(self, args: Mapping[str, object]) -> str:
        return _query({**args, "lang": self.feed_language})

    def section(self, number: int, **args: object) -> str:
        """Return the URL of a section's page; 0 is the front page."""
        return self.path(f"{ROUTE_PREFIX}/section/{number}") + _query(args)

    def sections(self) -> str:
        return self.path(f"{ROUTE_PREFIX}/sections")

    def names(self, kind: str, **args: object) -> str:
        """Return the URL of the index of topics or authors."""
        return self.path(f"{ROUTE_PREFIX}/{kind}s") + _query(args)

    def events(self, what: str, day: str, **args: object) -> str:
        """Return the URL of all events of a kind on a day."""
        return self.paper(f"{day}/{what}") + _query(args)

    def download(self, number: int, version: int, form: str) -> str:
        """Return the URL of a version as a file; ``form`` is the ending of its name."""
        return f"{self.version(number, version)}/download.{form}"

    def help(self) -> str:
        return self.path(f"{ROUTE_PREFIX}/help")

    def index(self) -> str:
        """Return the URL of Datasette's own index."""
        return self.path("/") + "?datasette"

    def charts(self) -> str:
        return self.path(f"{ROUTE_PREFIX}/charts")

    def timegate(self, original: str) -> str:
        """Return the URL of an original's TimeGate (RFC 7089)."""
        return self.path(f"{ROUTE_PREFIX}/timegate/{quote(original, safe=':/!')}")

    def timemap(self, original: str) -> str:
        """Return the URL of an original's TimeMap (RFC 7089)."""
        return self.path(f"{ROUTE_PREFIX}/timemap/link/{quote(original, safe=':/!')}")

    def row(self, table: str, number: int) -> str:
        """Return the URL of a row in Datasette."""
        return f"{self.table(table)}/{number}"

    def capture(self, number: int) -> str:
        """Return the URL of a capture's row in Datasette."""
        return self.row("captures", number)

    def table(self, name: str = "", **args: object) -> str:
        """Return the URL of a table, view or query in Datasette, or of the database."""
        return self.database + (f"/{name}" if name else "") + _query(args)


def _query(args: Mapping[str, object]) -> str:
    given = {
        name: value for name, value in args.items() if not (value is None or value is False or value == "")
    }
    return "?" + urlencode(given) if given else ""
