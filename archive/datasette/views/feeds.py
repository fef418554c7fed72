"""Atom feeds (RFC 4287): new articles, edited articles, a topic, an author, a search.

Feeds are paged (RFC 5005): a page holds the newest entries and links to the next page. Ids do not contain the
server's URL, so that feed readers show no entry twice after a move to another host, https or a prefix.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from archive.datasette.html.diff_trimming import trim_field
from archive.datasette.request import ReaderRequest
from archive.datasette.responses import TextResponse, ViewResponse
from archive.datasette.views.search import read_search_form
from archive.languages import N_, field_name
from archive.markup import atom
from archive.markup.diff import diff_content
from archive.markup.elements import XHTML, XML_LANG, Content, XmlElement
from archive.model import Kind
from archive.paper import LANGUAGE
from archive.store import (
    ArticleEvent,
    ArticleOrder,
    EditedField,
    EventFilter,
    MatchSpan,
    SearchHit,
    SectionSummary,
    last_written,
)
from archive.text.letter_diff import split_corrected_words
from archive.text.word_diff import DiffBlock, compare_field, is_changed
from archive.timestamps import parse_stamp

ENTRIES_PER_PAGE = 200  # more than the paper publishes in a day
MAX_SUMMARY_CHARACTERS = 2000
EVER = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))
EMPTY_FEED_UPDATED = datetime(1970, 1, 1, tzinfo=UTC)
MAX_SCANNED_EDIT_CHARACTERS = 5_000_000  # of both texts
MAX_COMPARED_EDIT_CHARACTERS = 200_000  # of both versions of a field
RESERVED_SECONDS = 5  # before the deadline: further entries get no diff
NOT_COMPARED = N_("Too long to compare here.")
TITLES = {"new": N_("New articles"), "edited": N_("Edited articles")}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """A page of a feed. ``name`` holds the parts of its id, ``page`` the path of the HTML page.

    ``home`` is the path of the feed's first page, ``more`` of the next; None after the last.
    """

    name: Sequence[object]
    title: str
    page: str
    home: str
    more: str | None
    entries: Sequence[atom.Entry]


def new(request: ReaderRequest) -> ViewResponse:
    events, more = _latest(request, "new")
    entries = [_article_entry(request, event.article, event.title, event.at) for event in events]
    return _feed(request, _event_page(request, "new", more, entries))


def edited(request: ReaderRequest) -> ViewResponse:
    """Return the feed of edits, with a diff in each entry."""
    events, more = _latest(request, "edited")
    entries = [_edit_entry(request, event) for event in events]
    return _feed(request, _event_page(request, "edited", more, entries))


def _latest(request: ReaderRequest, what: str) -> tuple[Sequence[ArticleEvent], str | None]:
    """Return a page of events, and the path of the next page."""
    start, end = EVER
    offset = request.number("from") or 0
    wanted = EventFilter(
        start=start,
        end=end - timedelta(days=1),
        typography=not request.typography,
        section=request.number("section"),
    )
    events = request.archive.events.of_kind(what, wanted, limit=ENTRIES_PER_PAGE + 1, offset=offset)
    if len(events) <= ENTRIES_PER_PAGE:
        return events, None
    more = request.site.feed(
        what, offset + ENTRIES_PER_PAGE, typography=request.typography, section=wanted.section
    )
    return events[:ENTRIES_PER_PAGE], more


def _event_page(
    request: ReaderRequest, what: str, more: str | None, entries: Sequence[atom.Entry]
) -> FeedPage:
    number = request.number("section")
    section = None if number is None else request.archive.section_pages.find(number)
    name = ["feed", what, *(["without-typography"] if request.typography else [])]
    title = request.translations.gettext(TITLES[what])
    return FeedPage(
        name=[*name, f"section-{number}"] if section else name,
        title=f"{title}: {_section_name(request, section)}" if section else title,
        page=request.site.section(section.number) if section else request.site.paper(),
        home=request.site.feed(what, typography=request.typography, section=number),
        more=more,
        entries=entries,
    )


def _section_name(request: ReaderRequest, section: SectionSummary) -> str:
    return section.name if section.number else request.translations.gettext("Front page")


def listing(request: ReaderRequest) -> ViewResponse:
    """Return the feed of a topic or an author."""
    kind = Kind(request.parts["kind"])
    reader, before = request.archive, request.number("before")
    found = reader.topics.find(kind, request.parts["key"])
    rows = reader.topics.articles(found, limit=ENTRIES_PER_PAGE + 1, before=before)
    shown, has_more = rows[:ENTRIES_PER_PAGE], len(rows) > ENTRIES_PER_PAGE
    gettext = request.translations.gettext
    title = gettext("Topic: %(name)s") if kind is Kind.TOPIC else gettext("Author: %(name)s")
    page = FeedPage(
        name=("feed", kind.value, found.number or found.names[-1]),
        title=title % {"name": found.names[-1]},
        page=request.site.listing(found),
        home=request.site.listing_feed(found),
        more=request.site.listing_feed(found, shown[-1].id) if has_more else None,
        entries=[_article_entry(request, row.id, row.title, row.first_seen) for row in shown],
    )
    return _feed(request, page)


def search(request: ReaderRequest) -> ViewResponse:
    """Return the feed of a search, newest first."""
    form = read_search_form(request)
    offset = request.number("from") or 0
    found = request.archive.search.versions(
        form.q,
        form.wanted(),
        limit=ENTRIES_PER_PAGE + 1,
        offset=offset,
        order=ArticleOrder.NEWEST,
        all_versions=form.every,
    )
    args = {**form.args(), "order": ""}  # in any order of the page, it is the same feed
    gettext = request.translations.gettext
    title = gettext("Search: %(query)s") % {"query": form.q} if form.q else gettext("Search: all articles")
    has_more = len(found.hits) > ENTRIES_PER_PAGE
    page = FeedPage(
        name=("feed", "search", *(f"{name}={value}" for name, value in args.items() if value)),
        title=title,
        page=request.site.search(**args),
        home=request.site.search_feed(**args),
        more=request.site.search_feed(**args, **{"from": offset + ENTRIES_PER_PAGE}) if has_more else None,
        entries=[_hit_entry(request, hit, every=form.every) for hit in found.hits[:ENTRIES_PER_PAGE]],
    )
    return _feed(request, page)


def _hit_entry(request: ReaderRequest, hit: SearchHit, *, every: bool) -> atom.Entry:
    """Return the entry of an article, or with ``every`` of a version."""
    site = request.site
    what = "edited" if every and hit.number > 1 else "new"
    return atom.Entry(
        id=atom.event_id(what, hit.article, hit.first_seen),
        title="".join(span.text for span in hit.title),
        updated=parse_stamp(hit.first_seen),
        link=site.whole(site.version(hit.article, hit.number) if every else site.article(hit.article)),
        content=XHTML("div", XHTML("p", *map(_matched, hit.snippet))),
    )


def _article_entry(request: ReaderRequest, article: int, title: str, at: str) -> atom.Entry:
    row = request.archive.versions.at(article, None)
    return atom.Entry(
        id=atom.event_id("new", article, at),
        title=title,
        updated=parse_stamp(at),
        link=request.site.whole(request.site.article(article)),
        summary=(row.lead or row.text[:300])[:MAX_SUMMARY_CHARACTERS],
    )


def _edit_entry(request: ReaderRequest, event: ArticleEvent) -> atom.Entry:
    is_in_time = request.deadline.left > RESERVED_SECONDS
    return atom.Entry(
        id=atom.event_id("edited", event.article, event.at),
        title=event.title,
        updated=parse_stamp(event.at),
        link=request.site.whole(request.site.diff(event.article, event.number - 1, event.number)),
        content=XHTML("div", *(_edits(request, event) if is_in_time else [_not_compared(request)])),
    )


def _edits(request: ReaderRequest, event: ArticleEvent) -> Iterator[XmlElement]:
    """Yield the changes of a version as paragraphs."""
    reader, article, number = request.archive, event.article, event.number
    before, after = (reader.versions.numbered(article, which) for which in (number - 1, number))
    if len(before.text) + len(after.text) > MAX_SCANNED_EDIT_CHARACTERS:
        yield _not_compared(request)
        return
    for edited in reader.edits.between(before, after):
        yield from _edited_field(request, edited)


def _edited_field(request: ReaderRequest, edited: EditedField) -> Iterator[XmlElement]:
    """Yield the changes of a field; nothing if it did not change."""
    both = trim_field(request.archive, edited, MAX_COMPARED_EDIT_CHARACTERS)
    found = compare_field(both.field, both.old, both.new) if both else None
    if found and not any(map(is_changed, found.blocks)):
        return
    yield XHTML("p", _own(request), XHTML("b", field_name(edited.field, request.language)))
    yield from _changed_paragraphs(found.blocks) if found else [_not_compared(request)]


def _not_compared(request: ReaderRequest) -> XmlElement:
    return XHTML("p", _own(request), request.translations.gettext(NOT_COMPARED))


def _own(request: ReaderRequest) -> dict[str, str]:
    """Return the attributes of a paragraph that is in the reader's language, not in the paper's."""
    return {"lang": request.language, XML_LANG: request.language}


def _changed_paragraphs(blocks: Iterable[DiffBlock]) -> Iterator[XmlElement]:
    """Yield a field's changed paragraphs, up to MAX_SUMMARY_CHARACTERS."""
    length = 0
    for block in filter(is_changed, blocks):
        length += sum(len(piece.text) for piece in block)
        if length > MAX_SUMMARY_CHARACTERS:
            yield XHTML("p", "…")
            return
        yield XHTML("p", *diff_content(split_corrected_words(block)))


def _matched(span: MatchSpan) -> Content:
    return XHTML("mark", span.text) if span.hit else span.text


def _feed(request: ReaderRequest, page: FeedPage) -> TextResponse:
    whole = request.site.whole
    name = request.translations.gettext("taz archive")
    feed = atom.Feed(
        id=atom.own_id(*page.name),
        title=f"{name}: {page.title}",
        updated=max((entry.updated for entry in page.entries), default=EMPTY_FEED_UPDATED),
        author=name,
        link=whole(page.page),
        self_link=whole(request.site.here),
        first_link=whole(page.home),
        next_link=whole(page.more) if page.more else None,
        language=request.language,
        entry_language=LANGUAGE,
    )
    return TextResponse(
        body=atom.feed_bytes(feed, page.entries).decode(),
        content_type=f"{atom.MEDIA_TYPE}; charset=utf-8",
        modified=last_written(request.archive.path),
    )
