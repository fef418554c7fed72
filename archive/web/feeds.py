"""Atom feeds (RFC 4287): what is new, what was edited, a topic, an author, a search."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from xml.etree.ElementTree import Element, SubElement, tostring

from archive.model import Kind
from archive.store import days, looking, shelves, sifting
from archive.store.history import Event
from archive.store.searching import Span
from archive.store.times import stamp
from archive.web.answers import Answer, Text
from archive.web.asking import Ask
from archive.web.finding import sought
from archive.wordiff import Change, Mark, changes, is_changed

ATOM = "http://www.w3.org/2005/Atom"
ENTRIES = 30
BRIEF = 2000  # characters of a summary
EVER = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))
# What XML 1.0 cannot hold, though a database can.
NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TAGS = {Mark.OLD: "del", Mark.NEW: "ins"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """``path`` is its address here, ``updated`` a stamp, ``summary`` HTML.

    ``lasting`` is the address that stays when numbers of versions change, so that no reader is shown the
    same entry twice.
    """

    path: str
    lasting: str
    title: str
    updated: str
    summary: str


def new(ask: Ask) -> Answer:
    """Articles first seen, the newest first."""
    events = _latest(ask, "new")
    entries = [_article_entry(ask, event.article, event.title, event.at) for event in events]
    return _feed(ask, "New articles", ask.site.paper(), entries)


def edited(ask: Ask) -> Answer:
    """Edits, the newest first, with what each changed."""
    entries = [_edit_entry(ask, event) for event in _latest(ask, "edited")]
    return _feed(ask, "Edited articles", ask.site.paper(), entries)


def _latest(ask: Ask, what: str) -> Sequence[Event]:
    start, end = EVER
    return days.happened(ask.archive.db, what, start=start, end=end - timedelta(days=1), limit=ENTRIES)


def topic(ask: Ask) -> Answer:
    """Articles of a topic."""
    return _shelf(ask, Kind.TOPIC)


def author(ask: Ask) -> Answer:
    """Articles by an author."""
    return _shelf(ask, Kind.AUTHOR)


def _shelf(ask: Ask, kind: Kind) -> Text:
    found = shelves.shelf(ask.archive.db, kind, ask.parts["key"])
    rows = shelves.articles_on(ask.archive.db, found, limit=ENTRIES)
    entries = [_article_entry(ask, row.id, row.title, row.first_seen) for row in rows]
    return _feed(ask, f"{kind.value.capitalize()}: {found.names[-1]}", ask.site.shelf(found), entries)


def search(ask: Ask) -> Answer:
    """What a search finds, the newest first."""
    asked = sought(ask)
    found = sifting.sift(ask.archive.db, asked.q, asked.wanted(), limit=ENTRIES, all_versions=asked.every)
    entries = [
        Entry(
            path=ask.site.version(hit.article, hit.number) if asked.every else ask.site.article(hit.article),
            lasting=ask.site.as_of(hit.article, hit.first_seen)
            if asked.every
            else ask.site.article(hit.article),
            title="".join(span.text for span in hit.title),
            updated=hit.first_seen,
            summary=_marked(hit.snippet),
        )
        for hit in found.hits
    ]
    return _feed(ask, f"Search: {asked.q or 'all articles'}", ask.site.search(**asked.args()), entries)


def _article_entry(ask: Ask, article: int, title: str, at: str) -> Entry:
    row = looking.version_at(ask.archive.db, article, None)
    told = row.lead or row.text[:300]
    path = ask.site.article(article)
    return Entry(path=path, lasting=path, title=title, updated=at, summary=f"<p>{escape(told)}</p>")


def _edit_entry(ask: Ask, event: Event) -> Entry:
    db, article, number = ask.archive.db, event.article, event.number
    before, after = (looking.version_numbered(db, article, which) for which in (number - 1, number))
    found = changes(looking.wording(db, before), looking.wording(db, after))
    return Entry(
        path=ask.site.diff(article, number - 1, number),
        lasting=ask.site.as_of(article, event.at),
        title=event.title,
        updated=event.at,
        summary="".join(_edit(change) for change in found),
    )


def _edit(change: Change) -> str:
    """A field's changed paragraphs as HTML, as many as are brief."""
    told, length = [], 0
    for block in filter(is_changed, change.blocks):
        length += sum(len(piece.text) for piece in block)
        if length > BRIEF:
            break
        told.append(" ".join(_tagged(escape(piece.text), TAGS.get(piece.mark)) for piece in block))
    more = "<p>…</p>" if length > BRIEF else ""
    return f"<p><b>{change.field}</b></p>" + "".join(f"<p>{text}</p>" for text in told) + more


def _tagged(text: str, tag: str | None) -> str:
    return f"<{tag}>{text}</{tag}>" if tag else text


def _marked(spans: Iterable[Span]) -> str:
    return (
        "<p>" + "".join(_tagged(escape(span.text), "mark" if span.hit else None) for span in spans) + "</p>"
    )


def _feed(ask: Ask, title: str, page: str, entries: Sequence[Entry]) -> Text:
    root = Element("feed", {"xmlns": ATOM, "xml:lang": "de"})
    _add(root, "id", ask.site.whole(ask.site.here))
    _add(root, "title", f"taz archive. {title}")
    _add(root, "updated", max((entry.updated for entry in entries), default=stamp(ask.now)))
    _add(SubElement(root, "author"), "name", "taz archive")
    SubElement(root, "link", {"rel": "self", "href": ask.site.whole(ask.site.here)})
    SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": ask.site.whole(page)})
    for entry in entries:
        _add_entry(SubElement(root, "entry"), entry, ask)
    body = tostring(root, encoding="unicode", xml_declaration=False)
    return Text(
        body=f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n',
        content_type="application/atom+xml; charset=utf-8",
    )


def _add_entry(element: Element, entry: Entry, ask: Ask) -> None:
    _add(element, "id", ask.site.whole(entry.lasting))
    _add(element, "title", entry.title)
    _add(element, "updated", entry.updated)
    SubElement(element, "link", {"rel": "alternate", "type": "text/html", "href": ask.site.whole(entry.path)})
    _add(element, "summary", entry.summary).set("type", "html")


def _add(parent: Element, name: str, text: str) -> Element:
    element = SubElement(parent, name)
    element.text = NO_XML.sub("", text)
    return element
