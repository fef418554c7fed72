"""A chapter: how it looks, and an article as XHTML with its links inline."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from archive.markup.elements import XHTML, XML_LANG, Content, XmlElement, clean_xml, xhtml_page
from archive.model import Article, Link, Subhead, Teaser, block_text, split_title
from archive.paper import LANGUAGE, WEB_URL
from archive.store import SelectedVersion
from archive.text.hyphenation import hyphenate
from archive.timestamps import display_stamp, minute_of

Resolve = Callable[[str], str | None]  # maps a link's target to a chapter or URL

STYLE = """\
body { line-height: 1.4; margin: 0 4%; hyphens: auto; -webkit-hyphens: auto; -epub-hyphens: auto; }
h1 { font-size: 1.5em; line-height: 1.2; margin: 0 0 .5em; text-align: left; }
h2 { font-size: 1.1em; margin: 1.5em 0 .5em; text-align: left; }
p { margin: 0 0 .7em; }
.kicker { margin: 1em 0 .2em; font-weight: bold; color: #b00; }
.lead { font-weight: bold; }
.authors, .caption, .tags, .about { font-size: .85em; color: #555; }
.about { border-top: 1px solid #999; margin-top: 2em; padding-top: .5em; }
.related { font-size: .9em; }
nav ol { list-style: none; padding-left: 1em; }
"""


class Chapter(NamedTuple):
    """An article's title and file."""

    title: str
    file: str


LINK_SCHEMES = ("http", "https", "gopher", "gophers", "gemini")
_HOST = re.compile(r"[A-Za-z0-9.-]+")
BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
SAFE = "!$%&'()*+,/:;=?@~"


def web_url(target: str) -> str | None:
    """Return a link's target as a URI (RFC 3986); None if it is not safe to follow.

    A path, ``/Bahn/!t5008001``, becomes an address on the paper's website.
    """
    try:
        parts = urlsplit(WEB_URL + target.removeprefix("/") if target.startswith("/") else target)
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:  # "https://[broken"
        return None
    if parts.scheme not in LINK_SCHEMES or not _HOST.fullmatch(parts.hostname or ""):
        return None
    rest = "".join(
        f"{mark}{quote(BARE_PERCENT.sub('%25', clean_xml(part)), safe=SAFE)}"
        for mark, part in (("", parts.path), ("?", parts.query), ("#", parts.fragment))
        if part
    )
    return f"{parts.scheme}://{parts.hostname}{port}{rest}"


def article_elements(article: Article, resolve: Resolve) -> Iterator[XmlElement]:
    """Yield the elements of an article's body, top to bottom."""
    kicker, headline = split_title(article.title)
    if kicker:
        yield XHTML("p", {"class": "kicker"}, hyphenate(kicker))
    yield XHTML("h1", hyphenate(title_or_ellipsis(headline)))
    if article.lead:
        yield XHTML("p", {"class": "lead"}, hyphenate(article.lead))
    if article.authors:
        yield XHTML("p", {"class": "authors"}, "Von ", ", ".join(author.name for author in article.authors))
    if article.caption:
        yield XHTML("p", {"class": "caption"}, "Bild: ", hyphenate(article.caption))
    yield from _blocks(article, resolve)
    if article.tags:
        yield XHTML("p", {"class": "tags"}, " · ".join(tag.name for tag in article.tags))
    if article.related:
        entries = (_related(teaser, resolve) for teaser in article.related)
        yield XHTML("section", {"class": "related"}, XHTML("h2", "Artikel zum Thema"), XHTML("ul", *entries))


def title_or_ellipsis(title: str) -> str:
    """Return a title, or an ellipsis if nothing of it can be shown."""
    return clean_xml(title) or "…"


def _blocks(article: Article, resolve: Resolve) -> Iterator[XmlElement]:
    dateline: list[Content] = [XHTML("b", article.dateline), " | "] if article.dateline else []
    start = 0
    for block in article.blocks:
        shown = block_text(block)
        inset = len(shown) - len(block.text) if isinstance(block, Subhead) else 0
        text = _linked(block.text, article.links, start + inset, resolve)
        start += len(shown) + len("\n\n")
        if isinstance(block, Subhead):
            yield XHTML("h2", *text) if clean_xml(block.text) else XHTML("hr")
        else:
            yield XHTML("p", *dateline, *text)
            dateline = []


def _linked(text: str, links: tuple[Link, ...], start: int, resolve: Resolve) -> Iterator[Content]:
    """Yield a block's text, at offset ``start`` of the article's, with its links; no nested ones."""
    at = 0
    for link in sorted(links, key=lambda link: (link.start or 0, -(link.end or 0))):
        if link.start is None or link.end is None or not link.target:
            continue
        begin, end, href = link.start - start, link.end - start, resolve(link.target)
        if href and at <= begin < end <= len(text):
            yield from _lines(text[at:begin])
            yield XHTML("a", {"href": href}, *_lines(text[begin:end]))
            at = end
    yield from _lines(text[at:])


def _lines(text: str) -> Iterator[Content]:
    """Yield the lines of a text with a ``<br/>`` between them. A text of one line gets soft hyphens."""
    first, *others = text.split("\n")
    yield first if others else hyphenate(first)
    for line in others:
        yield XHTML("br")
        yield line


def _related(teaser: Teaser, resolve: Resolve) -> XmlElement:
    href = resolve(teaser.target) if teaser.target else None
    shown = hyphenate(teaser.title)
    title = XHTML("a", {"href": href}, shown) if href else shown
    return XHTML("li", title, *([XHTML("br"), hyphenate(teaser.text)] if teaser.text else []))


def file_of(article: int, version: int) -> str:
    """Return the file name of a version. Titles can contain any character, so only numbers are used."""
    return f"a{article}v{version}.xhtml".replace("-", "p")


def page(title: str, content: Iterable[XmlElement]) -> bytes:
    """Return an XHTML page of the book."""
    style = XHTML("link", {"rel": "stylesheet", "type": "text/css", "href": "style.css"})
    head = XHTML("head", XHTML("title", title_or_ellipsis(title)), style)
    return xhtml_page(XHTML("html", {"lang": LANGUAGE, XML_LANG: LANGUAGE}, head, XHTML("body", *content)))


def chapter_page(row: SelectedVersion, resolve: Resolve) -> bytes:
    """Return the chapter of a version, with a line that says where it is from."""
    article = row.article()
    link = [" · ", XHTML("a", {"href": row.url}, row.url)] if row.url else []
    about = XHTML("p", {"class": "about"}, " · ".join(_facts(row)), *link)
    return page(article.title, [*article_elements(article, resolve), about])


def _facts(row: SelectedVersion) -> Iterator[str]:
    if row.published:
        yield row.published
    yield f"Fassung {row.version}" + (f" von {row.version_count}" if row.version_count > 1 else "")
    yield f"gesehen {minute_of(row.first_seen)} bis {display_stamp(row.last_seen)}"
    if row.gone_since:
        yield f"nicht mehr da seit {minute_of(row.gone_since)}"
