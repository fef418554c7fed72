"""The addresses of the reading room, behind whatever prefix and host it is served."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from archive.store import TopicOrAuthor

ROUTE_PREFIX = "/-"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteUrls:
    """Makes addresses.

    ``path`` puts the prefix before a path, ``whole`` the host before that; ``database`` is the archive's
    own path in Datasette, empty where none is served, ``here`` the path and query that was asked for.
    """

    path: Callable[[str], str]
    whole: Callable[[str], str]
    database: str
    here: str
    style: str
    script: str

    def paper(self, day: str = "", **args: object) -> str:
        """The front page, of a day."""
        return self.path(f"{ROUTE_PREFIX}/paper/{quote(day)}") + _query(args)

    def article(self, number: int) -> str:
        """An article as it last read."""
        return self.path(f"{ROUTE_PREFIX}/article/{number}")

    def as_of(self, number: int, time: str) -> str:
        """The same as it read at a time."""
        return f"{self.article(number)}/as-of/{quote(time, safe=':')}"

    def version(self, number: int, version: int) -> str:
        """One wording of it."""
        return f"{self.article(number)}/versions/{version}"

    def diff(self, number: int, older: int, newer: int, *, split: bool = False) -> str:
        """What changed between two."""
        return f"{self.article(number)}/versions/{older}..{newer}" + "?view=split" * split

    def shelf(self, found: TopicOrAuthor) -> str:
        """A topic's or author's page."""
        return self.keyed(found.kind, found.number, found.names[-1])

    def keyed(self, kind: str, number: int | None, name: str) -> str:
        """The same by number, or by name where no page ever told its number."""
        return self.path(f"{ROUTE_PREFIX}/{kind}/{quote(name if number is None else str(number), safe='')}")

    def search(self, **args: object) -> str:
        """Search, with these filters."""
        return self.path(f"{ROUTE_PREFIX}/articles") + _query(args)

    def search_feed(self, **args: object) -> str:
        """The same as a feed."""
        return self.path(f"{ROUTE_PREFIX}/articles.atom") + _query(args)

    def shelf_feed(self, found: TopicOrAuthor, before: int | None = None) -> str:
        """A topic's or author's feed, of articles whose number is below ``before``."""
        return f"{self.shelf(found)}/feed.atom" + _query({"before": before})

    def feed(self, name: str, start: int | None = None, **args: object) -> str:
        """The feed of ``new`` or ``edited`` articles, from the entry numbered ``start``, counted from 0."""
        return self.path(f"{ROUTE_PREFIX}/feed/{name}.atom") + _query({"from": start, **args})

    def charts(self) -> str:
        """The page of charts."""
        return self.path(f"{ROUTE_PREFIX}/charts")

    def timegate(self, original: str) -> str:
        """Where to ask for an original's memento at a time (RFC 7089)."""
        return self.path(f"{ROUTE_PREFIX}/timegate/{quote(original, safe=':/!')}")

    def timemap(self, original: str) -> str:
        """The list of an original's mementos."""
        return self.path(f"{ROUTE_PREFIX}/timemap/link/{quote(original, safe=':/!')}")

    def capture(self, number: int) -> str:
        """A capture's row in Datasette."""
        return f"{self.table('captures')}/{number}"

    def table(self, name: str = "", **args: object) -> str:
        """A table, view or query in Datasette; the database without one."""
        return self.database + f"/{name}" * bool(name) + _query(args)


def _query(args: Mapping[str, object]) -> str:
    given = {name: value for name, value in args.items() if value not in (None, "", False)}
    return "?" + urlencode(given) if given else ""
