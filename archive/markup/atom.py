"""Atom feeds (RFC 4287): entries → XML, streamed by lxml, which escapes texts.

Characters that XML forbids are dropped from texts. Ids must never change, so the caller gives them;
:func:`tag_uri` makes ids that need no web server (RFC 4151).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any, BinaryIO
from urllib.parse import quote

from lxml import etree  # type: ignore[import-untyped]  # lxml comes without types

from archive.markup.elements import XML_LANG, XML_NAMESPACE, XmlElement, clean_xml
from archive.paper import HOST

NAMESPACE = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"
# What RFC 3986 lets stand in a URL, and "%".
URL_SAFE = "!#$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. Times are aware.

    ``summary`` is plain text. ``content`` is plain text with blank lines between blocks, or a ``<div>`` of
    XHTML.
    """

    id: str
    title: str
    updated: datetime
    published: datetime | None = None
    link: str | None = None
    summary: str | None = None
    content: str | XmlElement | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """The feed itself. ``author`` is that of entries without authors; ``self_link`` is the feed's address.

    ``first_link`` and ``next_link`` are other pages of the same feed (RFC 5005, section 3).
    ``entry_language`` is that of the entries' texts, if it is not that of the feed's title.
    """

    id: str
    title: str
    updated: datetime
    author: str
    subtitle: str | None = None
    rights: str | None = None
    generator: str | None = None
    link: str | None = None
    self_link: str | None = None
    first_link: str | None = None
    next_link: str | None = None
    language: str | None = None
    entry_language: str | None = None


def feed_bytes(feed: Feed, entries: Iterable[Entry]) -> bytes:
    """Return a feed with the entries in the given order, which should be newest first."""
    file = BytesIO()
    write_feed(file, feed, entries)
    return file.getvalue()


def write_feed(file: BinaryIO, feed: Feed, entries: Iterable[Entry]) -> None:
    """Write a feed to a file, with one entry at a time in memory."""
    language = {XML_LANG: feed.language} if feed.language else {}
    differs = feed.entry_language != feed.language
    entry_language = {XML_LANG: feed.entry_language} if feed.entry_language and differs else {}
    prefixes = {None: NAMESPACE, "xml": XML_NAMESPACE}  # xmlfile does not know this prefix by itself
    with etree.xmlfile(file, encoding="utf-8", close=False) as xml:
        xml.write_declaration()
        with xml.element(f"{{{NAMESPACE}}}feed", language, nsmap=prefixes):
            _write_head(xml, feed)
            for entry in entries:
                xml.write("\n")
                with xml.element(f"{{{NAMESPACE}}}entry", entry_language):
                    _write_entry(xml, entry)


def tag_uri(host: str, day: date | str, *names: object) -> str:
    """``tag:taz.de,2025-04-10:6081430/2``: a permanent id, of a host owned on that day."""
    path = "/".join(quote(str(name), safe="", errors="replace") for name in names)
    return f"tag:{host},{day}:{path}"


def own_id(*names: object) -> str:
    """Return the id of a feed or entry, independent of the archive and of where it is served."""
    return tag_uri(HOST, "2025", "taz-archive", *names)


def event_id(what: str, article: int, at: str) -> str:
    """Return the id of an event of an article at a stamp, the same in every feed.

    It has no version number, since that changes when captures of earlier versions are added.
    """
    return own_id(article) if what == "new" else own_id(article, what, at)


def _write_head(xml: Any, feed: Feed) -> None:
    _write_text(xml, "id", feed.id)
    _write_text(xml, "title", feed.title)
    _write_text(xml, "updated", _time(feed.updated))
    _write_author(xml, feed.author)
    _write_text(xml, "subtitle", feed.subtitle)
    _write_text(xml, "rights", feed.rights)
    _write_text(xml, "generator", feed.generator)
    _write_link(xml, "alternate", feed.link)
    _write_link(xml, "self", feed.self_link)
    _write_link(xml, "first", feed.first_link)
    _write_link(xml, "next", feed.next_link)


def _write_entry(xml: Any, entry: Entry) -> None:
    _write_text(xml, "id", entry.id)
    _write_text(xml, "title", entry.title)
    _write_text(xml, "updated", _time(entry.updated))
    if entry.published:
        _write_text(xml, "published", _time(entry.published))
    for author in entry.authors:
        _write_author(xml, author)
    for category in entry.categories:
        with _element(xml, "category", term=category):
            pass
    _write_link(xml, "alternate", entry.link)
    _write_text(xml, "summary", entry.summary or None)
    if isinstance(entry.content, str):
        _write_text(xml, "content", entry.content)
    elif entry.content is not None:
        with _element(xml, "content", type="xhtml"):
            xml.write(entry.content)


def _element(xml: Any, name: str, **attributes: str) -> Any:
    return xml.element(f"{{{NAMESPACE}}}{name}", {key: clean_xml(text) for key, text in attributes.items()})


def _write_text(xml: Any, name: str, text: str | None) -> None:
    if text is not None:
        with _element(xml, name):
            xml.write(clean_xml(text))


def _write_author(xml: Any, name: str) -> None:
    with _element(xml, "author"):
        _write_text(xml, "name", name)


def _write_link(xml: Any, rel: str, url: str | None) -> None:
    if url:
        kind = {} if rel == "alternate" else {"type": MEDIA_TYPE}
        href = quote(url, safe=URL_SAFE, errors="replace")
        with _element(xml, "link", rel=rel, **kind, href=href):
            pass


def _time(moment: datetime) -> str:
    """Return RFC 3339, UTC, with milliseconds if there are any."""
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")
