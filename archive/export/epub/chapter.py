"""Writes an article as XHTML with its links inline; characters that XML forbids are dropped."""

import re
from collections.abc import Callable, Iterator
from html import escape
from urllib.parse import quote, urlsplit

from archive.markup.atom import clean_xml
from archive.model import Article, Link, Subhead, Teaser, block_text, split_title
from archive.paper import WEB_URL

Resolve = Callable[[str], str | None]  # maps a link's target to a chapter or URL

LINK_SCHEMES = ("http", "https", "gopher", "gophers", "gemini")
_HOST = re.compile(r"[A-Za-z0-9.-]+")
BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
SAFE = "!$%&'()*+,/:;=?@~"


def words(text: str) -> str:
    """Escape text for an element or an attribute."""
    return escape(clean_xml(text))


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


def article_parts(article: Article, resolve: Resolve) -> Iterator[str]:
    """Yield the elements of an article's body, top to bottom."""
    kicker, headline = split_title(article.title)
    if kicker:
        yield f'<p class="kicker">{words(kicker)}</p>'
    yield f"<h1>{words(headline) or '…'}</h1>"
    if article.lead:
        yield f'<p class="lead">{words(article.lead)}</p>'
    if article.authors:
        names = ", ".join(words(author.name) for author in article.authors)
        yield f'<p class="authors">Von {names}</p>'
    if article.caption:
        yield f'<p class="caption">Bild: {words(article.caption)}</p>'
    yield from _blocks(article, resolve)
    if article.tags:
        yield f'<p class="tags">{" · ".join(words(tag.name) for tag in article.tags)}</p>'
    if article.related:
        entries = "".join(_related(teaser, resolve) for teaser in article.related)
        yield f'<section class="related"><h2>Artikel zum Thema</h2><ul>{entries}</ul></section>'


def _blocks(article: Article, resolve: Resolve) -> Iterator[str]:
    dateline = f"<b>{words(article.dateline)}</b> | " if article.dateline else ""
    start = 0
    for block in article.blocks:
        shown = block_text(block)
        inset = len(shown) - len(block.text) if isinstance(block, Subhead) else 0
        text = _linked(block.text, article.links, start + inset, resolve)
        start += len(shown) + len("\n\n")
        if isinstance(block, Subhead):
            yield f"<h2>{text}</h2>" if text else "<hr/>"
        else:
            yield f"<p>{dateline}{text.replace(chr(10), '<br/>')}</p>"
            dateline = ""


def _linked(text: str, links: tuple[Link, ...], start: int, resolve: Resolve) -> str:
    """Return a block's text, at offset ``start`` of the article's, with its links; no nested ones."""
    pieces, at = [], 0
    for link in sorted(links, key=lambda link: (link.start or 0, -(link.end or 0))):
        if link.start is None or link.end is None or not link.target:
            continue
        begin, end, href = link.start - start, link.end - start, resolve(link.target)
        if href and at <= begin < end <= len(text):
            pieces += [words(text[at:begin]), _link(href, text[begin:end])]
            at = end
    return "".join([*pieces, words(text[at:])])


def _related(teaser: Teaser, resolve: Resolve) -> str:
    href = resolve(teaser.target) if teaser.target else None
    title = _link(href, teaser.title) if href else words(teaser.title)
    return f"<li>{title}{f'<br/>{words(teaser.text)}' if teaser.text else ''}</li>"


def _link(href: str, text: str) -> str:
    return f'<a href="{words(href)}">{words(text)}</a>'
