"""Lists of articles: search, topics and authors."""

from dataclasses import dataclass
from datetime import date

from archive.datasette.request import BadRequest, ReaderRequest
from archive.datasette.responses import Redirect, TemplateResponse, ViewResponse
from archive.model import Kind, PageKey
from archive.pagekey import page_key, web_url
from archive.store import TOO_MANY_TO_COUNT, ArticleFilter
from archive.text.search_query import is_as_typed

RESULTS_PER_PAGE = 30
MAX_QUERY_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class SearchForm:
    """The fields of the search form."""

    q: str
    since: date | None
    until: date | None
    author: str
    tag: str
    section: str
    edited: bool
    every: bool
    best: bool

    @property
    def filters(self) -> bool:
        """Return whether any filter is set."""
        return bool(self.since or self.until or self.author or self.tag or self.section or self.edited)

    def args(self) -> dict[str, object]:
        flags = {"edited": self.edited, "every": self.every}
        return {
            "q": self.q,
            "since": self.since,
            "until": self.until,
            "author": self.author,
            "tag": self.tag,
            "section": self.section,
            **{name: "1" for name, is_set in flags.items() if is_set},
            "order": "best" if self.best else "",
        }

    def wanted(self) -> ArticleFilter:
        return ArticleFilter(
            since=self.since,
            until=self.until,
            edited=self.edited,
            author=self.author or None,
            tag=self.tag or None,
            section=self.section or None,
        )


def read_search_form(request: ReaderRequest) -> SearchForm:
    """Parse the form. Raises :exc:`BadRequest`."""
    args = request.args
    if args.get("order", "") not in ("", "best", "newest"):
        raise BadRequest("invalid order: use best or newest")
    if len(args.get("q", "")) > MAX_QUERY_CHARACTERS:
        raise BadRequest(f"the search is longer than {MAX_QUERY_CHARACTERS} characters")
    return SearchForm(
        q=args.get("q", ""),
        since=request.day("since"),
        until=request.day("until"),
        author=args.get("author", ""),
        tag=args.get("tag", ""),
        section=args.get("section", ""),
        edited=bool(args.get("edited")),
        every=bool(args.get("every")),
        best=args.get("order") == "best",
    )


def search(request: ReaderRequest) -> ViewResponse:
    """Show the versions that match; without words, all articles that pass the filters."""
    form = read_search_form(request)
    key = page_key(form.q) if form.q.startswith(("!", "/!", "http", "gopher", "gemini")) else None
    if key and key.kind is Kind.ARTICLE:
        return Redirect(location=request.site.article(key.number))
    offset = request.number("from") or 0
    found = request.archive.search.versions(
        form.q,
        form.wanted(),
        limit=RESULTS_PER_PAGE + 1,
        offset=offset,
        best=form.best,
        all_versions=form.every,
    )
    context = {
        "asked": form,
        "sections": request.archive.sections.all(),
        "hits": found.hits[:RESULTS_PER_PAGE],
        "ranked": found.ranked,
        "reading": found.reading if found.reading and not is_as_typed(form.q, found.reading) else None,
        "continued": None
        if form.filters or len(found.hits) > RESULTS_PER_PAGE
        else request.archive.search.continued(form.q),
        "offset": offset,
        "back": max(offset - RESULTS_PER_PAGE, 0),
        "more": offset + RESULTS_PER_PAGE if len(found.hits) > RESULTS_PER_PAGE else None,
        "feed": request.site.search_feed(**form.args()),
        "address": request.site.search,
    }
    return TemplateResponse(template="search.html", context=context)


def listing(request: ReaderRequest) -> ViewResponse:
    """Show the articles of a topic or an author."""
    kind = Kind(request.parts["kind"])
    reader, before = request.archive, request.number("before")
    found = reader.topics.find(kind, request.parts["key"])
    rows = reader.topics.articles(found, limit=RESULTS_PER_PAGE + 1, before=before)
    context = {
        "listing": found,
        "count": reader.topics.count(found),
        "enough": TOO_MANY_TO_COUNT,
        "rows": rows[:RESULTS_PER_PAGE],
        "more": rows[RESULTS_PER_PAGE - 1].id if len(rows) > RESULTS_PER_PAGE else None,
        "original": web_url(PageKey(kind, found.number)) if found.number else None,
        "before": before,
        "feed": request.site.listing_feed(found),
    }
    return TemplateResponse(template="listing.html", context=context)
