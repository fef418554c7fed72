"""Atom feeds (RFC 4287): what is new, what was edited, a topic, an author, a search.

Each is paged as RFC 5005 has it: a page of the newest entries, and a link to the next. Ids hold no address,
so that a reader shows nothing twice where an archive moves to another host, to https or behind a prefix.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape

from archive import atom
from archive.datasette.html.diff_trimming import trimmed
from archive.datasette.request import Ask
from archive.datasette.responses import Answer, Text
from archive.datasette.views.search import sought
from archive.model import Kind
from archive.paper import LANGUAGE, NAME
from archive.store import Edited, Event, Hit, MatchSpan, last_written
from archive.text.letter_diff import within_words
from archive.text.word_diff import Change, Mark, Piece, change, is_changed, spaced
from archive.timestamps import moment

A_PAGE = 200  # entries: more than the paper publishes on a day
BRIEF = 2000  # characters of a summary
EVER = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # when a feed without entries was updated
LONGEST_READ = 5_000_000  # characters of two texts in which edits are looked for
LONGEST = 200_000  # characters of two wordings of a field that are compared
RESERVE = 5  # seconds before the deadline in which no entry's changes are compared
NOT_COMPARED = "<p>Too long to compare here.</p>"
TAGS = {Mark.OLD: "del", Mark.NEW: "ins"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page of a feed: ``name`` are the parts of its id, ``page`` is the HTML page of the same.

    ``home`` is the address of the first page, ``more`` of the next, None after the last.
    """

    name: Sequence[object]
    title: str
    page: str
    home: str
    more: str | None
    entries: Sequence[atom.Entry]


def new(ask: Ask) -> Answer:
    """Articles first seen, the newest first."""
    events, more = _latest(ask, "new")
    entries = [_article_entry(ask, event.article, event.title, event.at) for event in events]
    return _feed(ask, _paper_listing(ask, "new", more, entries))


def edited(ask: Ask) -> Answer:
    """Edits, the newest first, with what each changed."""
    events, more = _latest(ask, "edited")
    return _feed(ask, _paper_listing(ask, "edited", more, [_edit_entry(ask, event) for event in events]))


def _latest(ask: Ask, what: str) -> tuple[Sequence[Event], str | None]:
    """A page of events, and the address of the next."""
    start, end = EVER
    offset = ask.number("from") or 0
    span = {"start": start, "end": end - timedelta(days=1)}
    wanted = ask.typography
    events = ask.archive.events.of_kind(what, **span, limit=A_PAGE + 1, offset=offset, typography=not wanted)
    more = ask.site.feed(what, offset + A_PAGE, typography=wanted) if len(events) > A_PAGE else None
    return events[:A_PAGE], more


def _paper_listing(ask: Ask, what: str, more: str | None, entries: Sequence[atom.Entry]) -> Listing:
    return Listing(
        name=("feed", what, *(["without-typography"] if ask.typography else [])),
        title=f"{what.capitalize()} articles",
        page=ask.site.paper(),
        home=ask.site.feed(what, typography=ask.typography),
        more=more,
        entries=entries,
    )


def topic(ask: Ask) -> Answer:
    """Articles of a topic."""
    return _shelf(ask, Kind.TOPIC)


def author(ask: Ask) -> Answer:
    """Articles by an author."""
    return _shelf(ask, Kind.AUTHOR)


def _shelf(ask: Ask, kind: Kind) -> Text:
    reader, before = ask.archive, ask.number("before")
    found = reader.topics.find(kind, ask.parts["key"])
    rows = reader.topics.articles(found, limit=A_PAGE + 1, before=before)
    listing = Listing(
        name=("feed", kind.value, found.number or found.names[-1]),
        title=f"{kind.value.capitalize()}: {found.names[-1]}",
        page=ask.site.shelf(found),
        home=ask.site.shelf_feed(found),
        more=ask.site.shelf_feed(found, rows[A_PAGE - 1].id) if len(rows) > A_PAGE else None,
        entries=[_article_entry(ask, row.id, row.title, row.first_seen) for row in rows[:A_PAGE]],
    )
    return _feed(ask, listing)


def search(ask: Ask) -> Answer:
    """What a search finds, the newest first."""
    asked = sought(ask)
    offset = ask.number("from") or 0
    found = ask.archive.search.versions(
        asked.q,
        asked.wanted(),
        limit=A_PAGE + 1,
        offset=offset,
        all_versions=asked.every,
    )
    args = asked.args()
    listing = Listing(
        name=("feed", "search", *(f"{name}={value}" for name, value in args.items() if value)),
        title=f"Search: {asked.q or 'all articles'}",
        page=ask.site.search(**args),
        home=ask.site.search_feed(**args),
        more=ask.site.search_feed(**args, **{"from": offset + A_PAGE}) if len(found.hits) > A_PAGE else None,
        entries=[_hit_entry(ask, hit, every=asked.every) for hit in found.hits[:A_PAGE]],
    )
    return _feed(ask, listing)


def _hit_entry(ask: Ask, hit: Hit, *, every: bool) -> atom.Entry:
    """An article found, or with ``every`` a version."""
    site = ask.site
    what = "edited" if every and hit.number > 1 else "new"
    return atom.Entry(
        id=atom.event_id(what, hit.article, hit.first_seen),
        title="".join(span.text for span in hit.title),
        updated=moment(hit.first_seen),
        link=site.whole(site.version(hit.article, hit.number) if every else site.article(hit.article)),
        content=_marked(hit.snippet),
        xhtml=True,
    )


def _article_entry(ask: Ask, article: int, title: str, at: str) -> atom.Entry:
    row = ask.archive.versions.at(article, None)
    return atom.Entry(
        id=atom.event_id("new", article, at),
        title=title,
        updated=moment(at),
        link=ask.site.whole(ask.site.article(article)),
        summary=(row.lead or row.text[:300])[:BRIEF],
    )


def _edit_entry(ask: Ask, event: Event) -> atom.Entry:
    return atom.Entry(
        id=atom.event_id("edited", event.article, event.at),
        title=event.title,
        updated=moment(event.at),
        link=ask.site.whole(ask.site.diff(event.article, event.number - 1, event.number)),
        content=_edits(ask, event) if ask.deadline.left > RESERVE else NOT_COMPARED,
        xhtml=True,
    )


def _edits(ask: Ask, event: Event) -> str:
    """What a version changed, as XHTML."""
    reader, article, number = ask.archive, event.article, event.number
    before, after = (reader.versions.numbered(article, which) for which in (number - 1, number))
    if len(before.text) + len(after.text) > LONGEST_READ:
        return NOT_COMPARED
    return "".join(_edited_field(ask, each) for each in reader.edits.between(before, after))


def _edited_field(ask: Ask, edited: Edited) -> str:
    """A field's changes; nothing if it was changed back."""
    both = trimmed(ask.archive, edited, LONGEST)
    if both is None:
        return f"<p><b>{edited.field}</b></p>{NOT_COMPARED}"
    found = change(both.field, both.old, both.new)
    return _edit(found) if any(map(is_changed, found.blocks)) else ""


def _edit(change: Change) -> str:
    """A field's changed paragraphs as XHTML, as many as are brief."""
    told, length = [], 0
    for block in filter(is_changed, change.blocks):
        length += sum(len(piece.text) for piece in block)
        if length > BRIEF:
            break
        told.append(spaced(within_words(block), _piece))
    more = "<p>…</p>" if length > BRIEF else ""
    return f"<p><b>{change.field}</b></p>" + "".join(f"<p>{text}</p>" for text in told) + more


def _piece(piece: Piece) -> str:
    return _tagged(piece.text, TAGS.get(piece.mark)) if piece.text else ""


def _marked(spans: Iterable[MatchSpan]) -> str:
    return "<p>" + "".join(_tagged(span.text, "mark" if span.hit else None) for span in spans) + "</p>"


def _tagged(text: str, tag: str | None) -> str:
    text = escape(atom.clean_xml(text))
    return f"<{tag}>{text}</{tag}>" if tag else text


def _feed(ask: Ask, listing: Listing) -> Text:
    whole = ask.site.whole
    feed = atom.Feed(
        id=atom.own_id(*listing.name),
        title=f"{NAME} archive. {listing.title}",
        updated=max((entry.updated for entry in listing.entries), default=NEVER),
        author=f"{NAME} archive",
        link=whole(listing.page),
        self_link=whole(ask.site.here),
        first_link=whole(listing.home),
        next_link=whole(listing.more) if listing.more else None,
        language=LANGUAGE,
    )
    return Text(
        body="".join(atom.feed_parts(feed, listing.entries)),
        content_type=f"{atom.MEDIA_TYPE}; charset=utf-8",
        modified=last_written(ask.archive.path),
    )
