"""Atom feeds (RFC 4287): entries → XML. Pure, without libraries.

Characters that XML forbids are dropped from texts. Ids must never change, so the caller gives them;
:func:`tag_uri` makes ids that need no web server (RFC 4151).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from archive.paper import HOST

NAMESPACE = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"
# XML 1.0, section 2.2: tab, line ends, and these; not even a reference may name any other character.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What RFC 3986 lets stand in a URL, and "%".
URL_SAFE = "!#$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. Times are aware.

    ``summary`` is plain text. ``content`` is plain text with blank lines between blocks or, with ``xhtml``,
    the well-formed content of a ``<div>``.
    """

    id: str
    title: str
    updated: datetime
    published: datetime | None = None
    link: str | None = None
    summary: str | None = None
    content: str | None = None
    xhtml: bool = False
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """The feed itself. ``author`` is that of entries without authors; ``self_link`` is the feed's address.

    ``first_link`` and ``next_link`` are other pages of the same feed (RFC 5005, section 3).
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


def write_feed(feed: Feed, entries: Iterable[Entry]) -> bytes:
    """Return a feed with the entries in the given order, which should be newest first."""
    return "".join(feed_parts(feed, entries)).encode()


def feed_parts(feed: Feed, entries: Iterable[Entry]) -> Iterator[str]:
    """Yield a feed in parts, one entry at a time. The XML declares UTF-8."""
    yield '<?xml version="1.0" encoding="utf-8"?>\n'
    language = f" xml:lang={quoteattr(feed.language)}" if feed.language else ""
    yield f'<feed xmlns="{NAMESPACE}"{language}>\n'
    yield "".join(f"  {line}\n" for line in _head(feed))
    for entry in entries:
        yield "  <entry>\n" + "".join(f"    {line}\n" for line in _entry(entry)) + "  </entry>\n"
    yield "</feed>\n"


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


def clean_xml(text: str) -> str:
    """Return ``text`` without characters that XML forbids: controls, lone surrogates, U+FFFE."""
    return FORBIDDEN.sub("", text)


def _head(feed: Feed) -> Iterator[str]:
    yield _element("id", feed.id)
    yield _element("title", feed.title)
    yield _element("updated", _time(feed.updated))
    yield f"<author>{_element('name', feed.author)}</author>"
    for name, text in (
        ("subtitle", feed.subtitle),
        ("rights", feed.rights),
        ("generator", feed.generator),
    ):
        if text:
            yield _element(name, text)
    for rel, url in (
        ("alternate", feed.link),
        ("self", feed.self_link),
        ("first", feed.first_link),
        ("next", feed.next_link),
    ):
        if url:
            yield _link(url, rel)


def _entry(entry: Entry) -> Iterator[str]:
    yield _element("id", entry.id)
    yield _element("title", entry.title)
    yield _element("updated", _time(entry.updated))
    if entry.published:
        yield _element("published", _time(entry.published))
    for author in entry.authors:
        yield f"<author>{_element('name', author)}</author>"
    for category in entry.categories:
        yield f"<category term={_attribute(category)}/>"
    if entry.link:
        yield _link(entry.link, "alternate")
    if entry.summary:
        yield _element("summary", entry.summary)
    if entry.content is not None:
        yield _content(entry.content, xhtml=entry.xhtml)


def _content(content: str, *, xhtml: bool) -> str:
    if xhtml:
        return f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{content}</div></content>'
    return _element("content", content)


def _link(url: str, rel: str) -> str:
    kind = "" if rel == "alternate" else f' type="{MEDIA_TYPE}"'
    href = _attribute(quote(url, safe=URL_SAFE, errors="replace"))
    return f'<link rel="{rel}"{kind} href={href}/>'


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(clean_xml(text))}</{name}>"


def _attribute(text: str) -> str:
    return quoteattr(clean_xml(text))


def _time(moment: datetime) -> str:
    """Return RFC 3339, UTC, with milliseconds if there are any."""
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")
