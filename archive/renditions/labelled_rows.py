"""Rows of gateways that put a column before each line: the item type, or spaces."""

import re
from collections.abc import Mapping
from functools import lru_cache

from archive.dump.grammar import clean
from archive.gateways import UrlReader, destination
from archive.model import Line
from archive.paper import HOSTS
from archive.renditions.charset import split_lines
from archive.renditions.forms.text import MAX_NAVIGATION_LINES
from archive.renditions.html_page import below_title, looks_like, page_text, paper_rows
from archive.renditions.html_rows import HtmlRow
from archive.renditions.rendition import Decoder

_TEXT_ITEMS = "i3"
MAX_CACHED_LINK_LENGTH = 300  # characters; longer links are rare
COMMON = "17I"  # the item types on the paper's pages


def rows_from_title(body: bytes) -> list[HtmlRow]:
    """The rows of a page, or of one saved as text, from the title on. Raises :exc:`GatewayError`."""
    content = page_text(body)
    if looks_like(content):
        return paper_rows(content)
    rows = [HtmlRow(line.rstrip(" ")) for line in split_lines(content)]
    return below_title(rows, within=MAX_NAVIGATION_LINES)


def plain_decoder(form: UrlReader) -> Decoder:
    """Return the decoder of a gateway's pages whose rows are text, or links in this form.

    It reads pages saved as text too, and raises :exc:`GatewayError` for a page that is not of the paper, or
    stops early.
    """
    return lambda body, _: lines_of(rows_from_title(body), form)


def labelled_decoder(label: re.Pattern[str], items: Mapping[str, str], form: UrlReader) -> Decoder:
    """Return the decoder of a gateway's pages with labels, which :func:`labelled_lines` explains."""
    return lambda body, _: labelled_lines(rows_from_title(body), label, items, form)


def labelled_lines(
    rows: list[HtmlRow], label: re.Pattern[str], items: Mapping[str, str], form: UrlReader
) -> list[Line]:
    """Rows → lines without the column before them, which is as wide as before the title.

    ``label`` matches a row with groups ``label``, one of ``items``, and ``text``.
    """
    width = len(rows[0].text) - len(rows[0].text.lstrip(" "))
    column = " " * width
    lines = []
    for text, href in rows:
        match = None if width and text.startswith(column) else label.fullmatch(text)
        # Where the column is lost, text may begin like a label: "BIN ICH SCHULD?"
        if match and (width or href or items[match["label"]] in COMMON):
            lines.append(line_of(match["text"], href, form, items[match["label"]]))
        else:
            lines.append(line_of(_without_column(text, width), href, form))
    return lines


def _without_column(text: str, width: int) -> str:
    """Remove the column. A blank row may be shorter, since ends of rows are stripped."""
    return text[width:] if text[:width].isspace() else text.lstrip(" ") if width else text


def lines_of(rows: list[HtmlRow], form: UrlReader) -> list[Line]:
    """Rows of text and links only → lines."""
    return [line_of(text, href, form) for text, href in rows]


def line_of(text: str, href: str | None, form: UrlReader, item: str | None = None) -> Line:
    """Return the line of a row. Without ``item`` the link may have its item type."""
    if not href:
        return Line(text) if item is None or item in _TEXT_ITEMS else Line(text, None, item)
    is_short = len(text) + len(href) <= MAX_CACHED_LINK_LENGTH
    return _known_link(text, href, form, item) if is_short else _link(text, href, form, item)


def _link(text: str, href: str, form: UrlReader, item: str | None) -> Line:
    target, linked_item = destination(href, form, HOSTS)
    item = item or linked_item or "1"
    return Line(text) if item in _TEXT_ITEMS else Line(text, target and clean(target), item)


# Links to authors, topics and related articles are the same on page after page.
_known_link = lru_cache(maxsize=4096)(_link)
