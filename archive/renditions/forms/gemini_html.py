"""Gemtext that a web gateway shows as HTML: gemini.nicfab.eu, mirrors of the archive of geminispace.

``<h1>`` is the title without its ``# ``, ``<h2>`` a heading without ``## ``, ``<blockquote>`` the lead
without its ``> ``; a paragraph is a ``<p>``, a link line an ``<a>``. All are read as the gemtext they were
made from.
"""

import re
from functools import partial

from lxml import etree  # type: ignore[import-untyped]  # lxml comes without types

from archive.dump.grammar import clean
from archive.model import Layout, Line
from archive.paper import HOST, ROOT_TITLE
from archive.renditions.forms import gemtext
from archive.renditions.forms.geminispace import RULER
from archive.renditions.html_page import (
    END_TAG,
    MAX_LEVELS_UP,
    Document,
    is_title,
    looks_like,
    no_title,
    page_text,
    parse,
)
from archive.renditions.html_rows import BLOCK_TAGS, Element, HtmlRow, nearest_above, visible_rows
from archive.renditions.rendition import Rendition

_TITLE = re.compile(rf"(?:# ?)?(?P<text>{re.escape(HOST)}(?: -- .*)?)")
NOT_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
_MARKS = {"h1": "# ", "h2": "## ", "h3": "### ", "blockquote": "> "}
# Parts that a gateway adds to the page; changed to templates, they are not shown.
OWN_PARTS = ("nav", "footer", "form")
NOT_SHOWN = "template"
HOLDERS = BLOCK_TAGS - {"html"}
PARAGRAPHS = ("p", *_MARKS)


def decode(body: bytes, home: str) -> list[Line]:
    """Lines from the title on; a page saved as gemtext is read too.

    Raises :exc:`GatewayError` for a page that is not of the paper, or stops early.
    """
    content = page_text(body)
    if not looks_like(content):
        return _saved(body, home)
    return gemtext.read_rows(_rows(parse(content)), partial(gemtext.target_shown, home=home))


def _saved(body: bytes, home: str) -> list[Line]:
    lines = gemtext.decode(body, home)
    if not is_title(next((line.text for line in lines if line.text), "")):
        raise no_title(HtmlRow(line.text) for line in lines)
    return lines


def _rows(document: Document) -> list[HtmlRow]:
    """The rows of the page, from its title on."""
    title, text = _title(document.body)
    for element in list(document.body.iter(*OWN_PARTS)):
        element.tag = NOT_SHOWN
    outer = [element for element in document.body.iter(*_MARKS) if nearest_above(element, *_MARKS) is None]
    for element in outer:
        _mark(element, _MARKS[element.tag])
    title.text = text
    around = _around(title)
    _require_whole(document, around)
    rows = _page(visible_rows(around), text)
    if all(row.text for row in rows):
        for element in list(around.iter(*PARAGRAPHS)):
            _end_with_a_blank(element)
        rows = _page(visible_rows(around), text)
    return rows


def _title(body: Element) -> tuple[Element, str]:
    """The heading that is the paper's title, and how gemtext has it; the root's only if there is no other."""
    headings = (
        (each, _TITLE.fullmatch(clean("".join(each.itertext())))) for each in body.iter("h1", "h2", "h3")
    )
    found = [(heading, f"# {_as_xml(match['text'])}") for heading, match in headings if match]
    if not found:
        raise no_title(visible_rows(body))
    return next((each for each in found if each[1] != ROOT_TITLE), found[0])


def _mark(element: Element, mark: str) -> None:
    """Put before each line of an element what gemtext has there."""
    lines = [_as_xml(row.text) for row in visible_rows(element) if row.text]
    for child in list(element):
        element.remove(child)
    element.text = mark + lines[0] if lines else mark
    for line in lines[1:]:
        etree.SubElement(element, "br").tail = mark + line


def _as_xml(text: str) -> str:
    """Return text as lxml takes it; what it parses may hold more."""
    return clean(NOT_XML.sub(" ", text))


def _end_with_a_blank(element: Element) -> None:
    for _ in range(2):  # the first ends the last line, the second is a blank one
        etree.SubElement(element, "br")


def _around(title: Element) -> Element:
    """What holds the title and more."""
    around, steps = title, 0
    while steps < MAX_LEVELS_UP and len(visible_rows(around)) <= 1:
        above = nearest_above(around, *HOLDERS)
        if above is None:
            break
        around, steps = above, steps + 1
    return around


def _require_whole(document: Document, around: Element) -> None:
    """Raise :exc:`GatewayError` if the page stops early; a piece of HTML may end behind any element."""
    is_piece = around.tag == "body" and not document.closed
    what = around[-1] if is_piece else around
    if what.tag != END_TAG:
        document.require_whole(what)


def _page(rows: list[HtmlRow], title: str) -> list[HtmlRow]:
    """The rows from the title on, up to a ruler."""
    first = next((at for at, row in enumerate(rows) if row.text == title), None)
    if first is None:  # in a part that is not shown
        raise no_title(rows)
    last = next((at for at, row in enumerate(rows) if at > first and RULER.fullmatch(row.text)), len(rows))
    return rows[first:last]


_HTML_SIGNATURE = re.compile(
    rf"<h[1-3](?:\s[^<>]{{0,200}})?>\s{{0,20}}(?:# )?{re.escape(HOST)}(?: --|\s{{0,20}}</h)", re.IGNORECASE
)
RENDITION = Rendition(
    name="gemini-html", decode=decode, layout=Layout(wrapped=False), html_signature=_HTML_SIGNATURE
)
