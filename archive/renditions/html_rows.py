"""HTML elements → the rows that a browser shows, with their targets."""

import re
from typing import Any, NamedTuple

from lxml import etree  # type: ignore[import-untyped]  # lxml comes without types

from archive.errors import RenditionError
from archive.renditions.charset import MAX_LINES

Element = Any  # an lxml element

# Elements that browsers do not show as text.
UNSEEN = "head script style template noscript textarea select iframe object svg math"
HIDDEN_TAGS = frozenset(UNSEEN.split())
# Elements that begin and end a line.
LAYOUT = (
    "html body p div section article main header footer nav aside form fieldset center address pre blockquote"
    " h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table caption thead tbody tfoot tr td th hr"
)
BLOCK_TAGS = frozenset(LAYOUT.split())
TABLE_PART_TAGS = frozenset(["caption", "thead", "tbody", "tfoot", "tr", "td", "th"])
# The first cell of each row; one query, since there are many.
FIRST_CELLS = etree.XPath("descendant::tr/*[self::td or self::th][1]")
SPACES = re.compile(r"  +")


class HtmlRow(NamedTuple):
    """A line as shown, and the first link in it."""

    text: str
    href: str | None = None


def nearest(element: Element, *tags: str) -> Element | None:
    """Return the element or its nearest ancestor with one of ``tags``."""
    return element if element.tag in tags else nearest_above(element, *tags)


def nearest_above(element: Element, *tags: str) -> Element | None:
    """Return the nearest ancestor with one of ``tags``."""
    return next(element.iterancestors(*tags), None)


def collapse_spaces(text: str) -> str:
    """Return text with each run of spaces and line ends as one space, as HTML shows it."""
    text = text.replace("\n", " ")  # usually the only ones
    if not text.isprintable():
        for space in "\r\t\f":
            text = text.replace(space, " ")
    return SPACES.sub(" ", text) if "  " in text else text


class _Rows:
    def __init__(self) -> None:
        self.rows: list[HtmlRow] = []
        self._pieces: list[str] = []
        self._href: str | None = None

    def add(self, text: str, *, kept: bool) -> None:
        """Add text; ``kept`` keeps its spaces and line ends, as within ``<pre>``."""
        first, *others = text.split("\n") if kept else [collapse_spaces(text)]
        if not kept and not self._pieces:
            first = first.lstrip(" ")
        if first:
            self._pieces.append(first)
        for other in others:
            self.end()
            self._pieces = [other] if other else []

    def link(self, href: str) -> None:
        self._href = self._href or href

    def end(self) -> None:
        """End the row, even if it is empty. Raises :exc:`RenditionError` for too many rows."""
        self.rows.append(HtmlRow("".join(self._pieces).rstrip(" \r"), self._href))
        self._pieces, self._href = [], None
        if len(self.rows) > MAX_LINES:
            raise RenditionError(f"expected a page of at most {MAX_LINES:,} lines, found more")

    def end_if_begun(self) -> None:
        if self._pieces:
            self.end()


def visible_rows(element: Element) -> list[HtmlRow]:
    """Return the rows that an element shows, top to bottom, without blank ones between blocks."""
    rows = _Rows()
    kept = 0  # depth of nested <pre>
    walker = etree.iterwalk(element, events=("start", "end"))
    for event, node in walker:
        if event == "start":
            kept += node.tag == "pre"
            _open(rows, node, kept=kept > 0)
            if node.tag in HIDDEN_TAGS:
                walker.skip_subtree()
            elif node.text:
                # HTML ignores a line end right after <pre>.
                text = node.text.removeprefix("\n") if node.tag == "pre" else node.text
                rows.add(text, kept=kept > 0)
            continue
        kept -= node.tag == "pre"
        if node.tag in BLOCK_TAGS:
            rows.end_if_begun()
        if node.tail and node is not element:
            rows.add(node.tail, kept=kept > 0)
    rows.end_if_begun()
    return rows.rows


def _open(rows: _Rows, node: Element, *, kept: bool) -> None:
    if node.tag in BLOCK_TAGS:
        rows.end_if_begun()
    elif node.tag == "br":
        rows.end()
    elif node.tag == "a" and node.get("href"):
        rows.link(node.get("href") or "")
    elif node.tag == "input" and node.get("type") == "search":  # a search item, named by its placeholder
        rows.add(node.get("placeholder") or "", kept=kept)


def table_rows(table: Element) -> list[HtmlRow]:
    """Return the first cell of each row of a table, without nested tables."""
    cells = FIRST_CELLS(table)
    if next(table.iterdescendants("table"), None) is not None:
        cells = [cell for cell in cells if nearest_above(cell, "table") is table]
    return list(map(_cell, cells))


def _cell(cell: Element) -> HtmlRow:
    if not len(cell):  # most cells; faster
        return HtmlRow(collapse_spaces(cell.text or "").strip(" \xa0"))
    if len(cell) == 1 and cell[0].tag == "a" and not len(cell[0]):  # most other cells
        return _link_cell(cell, cell[0])
    found = visible_rows(cell)
    href = next((row.href for row in found if row.href), None)
    return HtmlRow(" ".join(row.text for row in found).strip(" \xa0"), href)


def _link_cell(cell: Element, link: Element) -> HtmlRow:
    text = "".join(collapse_spaces(text) for text in (cell.text, link.text, link.tail) if text).strip(" ")
    return HtmlRow(text.strip(" \xa0"), (link.get("href") or None) if text else None)
