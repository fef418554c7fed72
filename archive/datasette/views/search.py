"""Lists of articles: search, topics and authors."""

from dataclasses import dataclass, replace
from datetime import date

from archive.datasette.html.shown_reading import shown_reading
from archive.datasette.request import BadRequest, ReaderRequest
from archive.datasette.responses import Redirect, TemplateResponse, ViewResponse
from archive.errors import NothingFound
from archive.languages import N_
from archive.model import Kind, PageKey
from archive.pagekey import page_key, web_url
from archive.store import (
    MAX_RANKED,
    TOO_MANY_TO_COUNT,
    ArticleFilter,
    ArticleOrder,
    Continuation,
    SearchResult,
    Suggestions,
)
from archive.text.search_query import FIELDS, is_as_typed

RESULTS_PER_PAGE = 30
MAX_QUERY_CHARACTERS = 500
ORDER_NAMES = {
    ArticleOrder.BEST.value: N_("best first"),
    ArticleOrder.NEWEST.value: N_("newest first"),
    ArticleOrder.OLDEST.value: N_("oldest first"),
    ArticleOrder.MOST_EDITED.value: N_("most edited first"),
}
CHOICES = {"order": list(ORDER_NAMES), "state": ["present", "gone"]}


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
    state: str
    order: ArticleOrder

    @property
    def filters(self) -> bool:
        """Return whether any filter is set."""
        return self.wanted() != ArticleFilter()

    def args(self) -> dict[str, object]:
        flags = {"edited": self.edited, "every": self.every}
        return {
            "q": self.q,
            "since": self.since,
            "until": self.until,
            "author": self.author,
            "tag": self.tag,
            "section": self.section,
            "state": self.state,
            **{name: "1" for name, is_set in flags.items() if is_set},
            "order": "" if self.order is ArticleOrder.BEST else self.order.value,
        }

    def wanted(self) -> ArticleFilter:
        return ArticleFilter(
            since=self.since,
            until=self.until,
            edited=self.edited,
            state=self.state or None,
            author=self.author or None,
            tag=self.tag or None,
            section=self.section or None,
        )


def read_search_form(request: ReaderRequest) -> SearchForm:
    """Parse the form. Raises :exc:`BadRequest`."""
    args = request.args
    for name, values in CHOICES.items():
        if args.get(name, "") not in ("", *values):
            raise BadRequest(f"invalid {name}: use {', '.join(values[:-1])} or {values[-1]}")
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
        state=args.get("state", ""),
        order=ArticleOrder(args.get("order") or ArticleOrder.BEST),
    )


def search(request: ReaderRequest) -> ViewResponse:
    """Show the versions that match; without words, all articles that pass the filters."""
    form = read_search_form(request)
    key = page_key(form.q) if form.q.startswith(("!", "/!", "http", "gopher", "gemini")) else None
    if key and key.kind is Kind.ARTICLE:
        return Redirect(location=request.site.article(key.number))
    offset = request.number("from") or 0
    found, unknown_section = _find(request, form, offset)
    is_last = found.exact and offset + len(found.hits) >= found.count
    context = {
        "asked": form,
        "sections": request.archive.sections.all(),
        "found": found,
        "orders": ORDER_NAMES,
        "unknown_section": unknown_section,
        "reading": _shown_reading(request, form, found),
        "longer": _longer_words(request, form) if is_last else None,
        "nothing": None if found.hits else _suggestions(request, form),
        "fields": FIELDS,
        "enough": MAX_RANKED,
        "offset": offset,
        "back": max(offset - RESULTS_PER_PAGE, 0),
        "more": None if is_last or not found.hits else offset + RESULTS_PER_PAGE,
        "feed": request.site.search_feed(**form.args()),
        "address": request.site.search,
    }
    return TemplateResponse(template="search.html", context=context, status=404 if unknown_section else 200)


def _find(request: ReaderRequest, form: SearchForm, offset: int) -> tuple[SearchResult, str]:
    """Return a page of results; of a section that is unknown none, and the message that says so."""
    try:
        found = request.archive.search.versions(
            form.q,
            form.wanted(),
            limit=RESULTS_PER_PAGE,
            offset=offset,
            order=form.order,
            all_versions=form.every,
        )
    except NothingFound as error:
        return SearchResult(hits=(), order=form.order, count=0, exact=True), str(error)
    return found, ""


def _shown_reading(request: ReaderRequest, form: SearchForm, found: SearchResult) -> str | None:
    """Return how the words were understood, unless that is what the reader typed."""
    if not found.reading or is_as_typed(form.q, found.reading):
        return None
    shown = shown_reading(found.reading, request.language)
    return None if shown.casefold() == form.q.casefold() else shown


def _longer_words(request: ReaderRequest, form: SearchForm) -> Continuation | None:
    return None if form.filters else request.archive.suggestions.longer_words(form.q)


def _suggestions(request: ReaderRequest, form: SearchForm) -> Suggestions:
    known = replace(form.wanted(), section=None)
    return request.archive.suggestions.for_nothing(form.q, known, all_versions=form.every)


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
