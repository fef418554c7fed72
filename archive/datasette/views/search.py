"""Search, topics and authors: lists of articles."""

from dataclasses import dataclass
from datetime import date

from archive.datasette.request import Ask, NotAsked
from archive.datasette.responses import Answer, Elsewhere, Page
from archive.model import Kind, PageKey
from archive.pagekey import page_key, web_url
from archive.store import TOO_MANY_TO_COUNT, Wanted

A_PAGE = 30  # articles
LONGEST_QUERY = 500  # characters


@dataclass(frozen=True, slots=True)
class Sought:
    """What a search asks for, as its form has it."""

    q: str
    since: date | None
    until: date | None
    author: str
    tag: str
    edited: bool
    every: bool
    best: bool

    @property
    def filters(self) -> bool:
        """Whether there is any beside the words."""
        return bool(self.since or self.until or self.author or self.tag or self.edited)

    def args(self) -> dict[str, object]:
        """As an address has it."""
        flags = {"edited": self.edited, "every": self.every}
        return {
            "q": self.q,
            "since": self.since,
            "until": self.until,
            "author": self.author,
            "tag": self.tag,
            **{name: "1" for name, is_set in flags.items() if is_set},
            "order": "best" if self.best else "",
        }

    def wanted(self) -> Wanted:
        """As the store has it."""
        return Wanted(
            since=self.since,
            until=self.until,
            edited=self.edited,
            author=self.author or None,
            tag=self.tag or None,
        )


def sought(ask: Ask) -> Sought:
    """Read the form. Raises :exc:`NotAsked`."""
    args = ask.args
    if args.get("order", "") not in ("", "best", "newest"):
        raise NotAsked("order must be best or newest")
    if len(args.get("q", "")) > LONGEST_QUERY:
        raise NotAsked(f"a search may be {LONGEST_QUERY} characters long")
    return Sought(
        q=args.get("q", ""),
        since=ask.day("since"),
        until=ask.day("until"),
        author=args.get("author", ""),
        tag=args.get("tag", ""),
        edited=bool(args.get("edited")),
        every=bool(args.get("every")),
        best=args.get("order") == "best",
    )


def search(ask: Ask) -> Answer:
    """Versions that match; all articles that the filters let through where there are no words."""
    asked = sought(ask)
    key = page_key(asked.q) if asked.q.startswith(("!", "/!", "http", "gopher", "gemini")) else None
    if key and key.kind is Kind.ARTICLE:
        return Elsewhere(location=ask.site.article(key.number))
    offset = ask.number("from") or 0
    found = ask.archive.search.versions(
        asked.q,
        asked.wanted(),
        limit=A_PAGE + 1,
        offset=offset,
        best=asked.best,
        all_versions=asked.every,
    )
    context = {
        "asked": asked,
        "hits": found.hits[:A_PAGE],
        "ranked": found.ranked,
        "offset": offset,
        "back": max(offset - A_PAGE, 0),
        "more": offset + A_PAGE if len(found.hits) > A_PAGE else None,
        "feed": ask.site.search_feed(**asked.args()),
        "address": ask.site.search,
    }
    return Page(template="search.html", context=context)


def topic(ask: Ask) -> Answer:
    """A topic and its articles."""
    return _shelf(ask, Kind.TOPIC)


def author(ask: Ask) -> Answer:
    """An author and their articles."""
    return _shelf(ask, Kind.AUTHOR)


def _shelf(ask: Ask, kind: Kind) -> Page:
    reader, before = ask.archive, ask.number("before")
    found = reader.topics.find(kind, ask.parts["key"])
    rows = reader.topics.articles(found, limit=A_PAGE + 1, before=before)
    context = {
        "shelf": found,
        "count": reader.topics.count(found),
        "enough": TOO_MANY_TO_COUNT,
        "rows": rows[:A_PAGE],
        "more": rows[A_PAGE - 1].id if len(rows) > A_PAGE else None,
        "original": web_url(PageKey(kind, found.number)) if found.number else None,
        "before": before,
        "feed": ask.site.shelf_feed(found),
    }
    return Page(template="shelf.html", context=context)
