"""HTML pages of gateways: bytes → the lines a browser would show, each with where it leads.

lxml parses, asks no network, and gives up on what no page is: tags nested 256 deep, attributes of
10 MB. Whether a page came whole is asked of the parser too: an element put behind its last byte must
not end up within the page's text.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from lxml import etree  # type: ignore[import-untyped]  # lxml comes without types

from archive.dump.grammar import TITLE, clean
from archive.errors import GatewayError, RenditionError
from archive.renditions.charset import MAX_LINES, MAX_PAGE, decode_text

Element = Any  # an lxml element

END = "taz-archive-end"
LOOKS_LIKE = re.compile(r"[\s\ufeff]*<(?:[a-z][a-z0-9]*[\s>/]|!doctype|!--|\?xml)", re.IGNORECASE)
OPENED = re.compile(r"<(?:html|body)[\s>]", re.IGNORECASE)
CLOSED = re.compile(r"</(?i:html|body)\s*>")  # "</" is no matter of case, and so is quickly looked for
# Declared where bytes are not UTF-8, these are believed; browsers take all three for the first.
DECLARED = re.compile(
    rb"charset\s{0,9}=\s{0,9}[\"']?(?:windows-1252|iso-8859-1|latin-?1|us-ascii)\b", re.IGNORECASE
)
DECLARED_WITHIN = 4096  # bytes
# What browsers do not show as text.
UNSEEN = "head script style template noscript textarea select iframe object svg math"
HIDDEN = frozenset(UNSEEN.split())
# What begins and ends a line.
LAYOUT = (
    "html body p div section article main header footer nav aside form fieldset center address pre blockquote"
    " h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table caption thead tbody tfoot tr td th hr"
)
BLOCKS = frozenset(LAYOUT.split())
IN_TABLES = frozenset(["caption", "thead", "tbody", "tfoot", "tr", "td", "th"])
CELLS = frozenset(["td", "th"])
CLIMBED = 3  # a line in a block of its own, and what holds those; more would be the page's own layout
SPACES = re.compile(r"  +")
# A tag with more attributes than any page has: libxml2 looks through all of them for each.
CROWDED = re.compile(
    r"<[a-z][^\s/<>]*+(?=[\s/])"
    r"(?:[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+))?+){64}",
    re.IGNORECASE,
)
QUOTED = 120  # characters of a page that an error quotes


class Row(NamedTuple):
    """A line as shown, and the first link in it."""

    text: str
    href: str | None = None


def looks_like(text: str) -> bool:
    """Whether it begins as HTML does; no dump and no page saved as text begins with a tag."""
    return LOOKS_LIKE.match(text) is not None


def page_text(body: bytes) -> str:
    """What a gateway sent, as text, HTML or not.

    Raises :exc:`GatewayError` for nothing, and what :func:`decode_html` raises.
    """
    if not body.strip():
        raise GatewayError("expected a page, found nothing")
    return decode_html(body)


def decode_html(body: bytes) -> str:
    """UTF-8 → text, whatever the page declares, since gateways hand on the paper's bytes as they come.

    Where it is not UTF-8, the page is believed if it says that it is Latin-1. Raises what
    :func:`archive.renditions.charset.decode_text` raises.
    """
    try:
        return decode_text(body)
    except RenditionError:
        latin = len(body) <= MAX_PAGE and b"\0" not in body and DECLARED.search(body[:DECLARED_WITHIN])
        if not latin:
            raise
        return body.decode("cp1252", errors="replace")


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed page. ``closed`` says that its source has ``</body>`` or ``</html>``."""

    body: Element
    closed: bool

    def require_whole(self, what: Element) -> None:
        """Raise :exc:`GatewayError` if the page stops before the end of ``what``."""
        end = next(iter([*self.body.iter(END)][-1:]), None)
        if end is None:  # it became part of something that never ends: a tag, a comment, a script
            raise GatewayError("the page stops within a tag")
        if what.tag == "body":
            open_yet = not self.closed
        else:
            open_yet = any(
                above is what or above.tag == "pre" for above in end.iterancestors("pre", what.tag)
            )
        if open_yet:
            raise GatewayError(f"the page stops within its <{what.tag}>")


def parse(text: str) -> Document:
    """Parse a page. Raises :exc:`GatewayError` if nothing is in it, or one sees that not all of it came."""
    if CROWDED.search(text):
        raise GatewayError("the page cannot be parsed: it has a tag with too many attributes")
    # Told so, lxml heeds no other charset that the page declares.
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    # Behind </html> some releases of libxml2 begin another document.
    unclosed, closed = CLOSED.subn("", text)
    root = etree.fromstring(f"{unclosed}<{END}>".encode(errors="replace"), parser)
    body = None if root is None else root.find("body")
    if body is None:
        raise GatewayError("expected a page of the paper, found an empty one")
    fatal = next((error.message for error in parser.error_log if error.level_name == "FATAL"), None)
    if fatal:
        raise GatewayError(f"the page cannot be parsed: {clean(fatal)}")
    if OPENED.search(text) and not closed:
        raise GatewayError("the page stops before its </html>")
    return Document(body, closed > 0)


def paper_rows(text: str) -> list[Row]:
    """The rows of a page that are the paper's: those of the ``<pre>`` its title is in, else of what holds it.

    Raises :exc:`GatewayError` if there is no title, or the page stops early.
    """
    document = parse(text)
    title = find_title(document.body)
    pre = nearest(title, "pre")
    if pre is not None:
        document.require_whole(pre)
        # gopherproxy-c puts a form around each search item, which ends one <pre> and begins another.
        outer = (each for each in document.body.iter("pre") if nearest_above(each, "pre") is None)
        return below_title([row for each in outer for row in shown(each)])
    around, rows = _around(title)
    document.require_whole(around)
    return below_title(rows)


def _around(title: Element) -> tuple[Element, list[Row]]:
    """What holds the title and more, but not all: a page has a header and a footer of its own."""
    around = nearest(title, "table", *(BLOCKS - IN_TABLES))
    steps = 0
    while around is not None and steps < CLIMBED:
        rows = shown(around)
        if len(rows) > 1:
            return around, rows
        around, steps = nearest_above(around, *BLOCKS), steps + 1
    return title, shown(title)


def below_title(rows: list[Row], within: int | None = None) -> list[Row]:
    """The rows from the title on, which must be one of the first ``within``. Raises :exc:`GatewayError`."""
    for at, row in enumerate(rows[:within]):
        if is_title(row.text):
            return rows[at:]
    raise no_title(rows)


def find_title(body: Element) -> Element:
    """The element in which the paper's title stands.

    Raises :exc:`GatewayError` for a page without one: a gateway's error, a login, an empty table.
    """
    for element in body.iter():
        if _has_title(element.text) and nearest(element, *HIDDEN) is None:
            return element
        if _has_title(element.tail):
            above = element.getparent()
            return body if above is None else above
    raise no_title(shown(body))


def _has_title(text: str | None) -> bool:
    return bool(text and "# taz.de" in text and any(map(is_title, text.split("\n"))))


def is_title(text: str) -> bool:
    return "# taz.de" in text and TITLE.fullmatch(clean(text)) is not None


def no_title(rows: Iterable[Row]) -> GatewayError:
    """The error for a page that is none of the paper's, with what it says instead."""
    said = clean(" ".join(row.text for row, _ in zip(rows, range(20), strict=False)))[:QUOTED]
    return GatewayError(f'expected a page of the paper, the gateway shows "{said}"')


def nearest(element: Element, *tags: str) -> Element | None:
    """The element itself, or what it stands in, whichever first is one of ``tags``."""
    return element if element.tag in tags else nearest_above(element, *tags)


def nearest_above(element: Element, *tags: str) -> Element | None:
    """What the element stands in."""
    return next(element.iterancestors(*tags), None)


def spaced(text: str) -> str:
    """Text as HTML shows it: a run of spaces and line ends is one space."""
    if not text.isprintable():
        for space in "\n\r\t\f":
            text = text.replace(space, " ")
    return SPACES.sub(" ", text) if "  " in text else text


class _Rows:
    """Rows as they are put together."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._pieces: list[str] = []
        self._href: str | None = None

    def add(self, text: str, *, kept: bool) -> None:
        """More text; ``kept`` are its spaces and line ends, as within ``<pre>``."""
        first, *others = text.split("\n") if kept else [spaced(text)]
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
        """End the row, though nothing is in it. Raises :exc:`RenditionError` for more than any page has."""
        self.rows.append(Row("".join(self._pieces).rstrip(" \r"), self._href))
        self._pieces, self._href = [], None
        if len(self.rows) > MAX_LINES:
            raise RenditionError(f"expected a page of at most {MAX_LINES:,} lines, found more")

    def end_if_begun(self) -> None:
        if self._pieces:
            self.end()


def shown(element: Element) -> list[Row]:
    """The rows that an element shows, top to bottom; blank ones where it says so, not between blocks."""
    flat = _flat(element) if element.tag in BLOCKS else None
    return _walked(element) if flat is None else flat


def _flat(element: Element) -> list[Row] | None:
    """The same of a block with nothing but text, links and line ends in it, as most are; None for any other."""
    as_shown = str if element.tag == "pre" else spaced
    pieces = [as_shown(element.text or "").removeprefix("\n")]
    links: list[tuple[int, str]] = []  # at how many pieces each begins
    for node in element:
        if node.tag == "br":
            pieces.append("\n")
        elif node.tag == "a" and not len(node):
            links.append((len(pieces), node.get("href")))
            pieces.append(as_shown(node.text or ""))
        else:
            return None
        if tail := node.tail:
            pieces.append(as_shown(tail))
    return _rows_of_pieces(pieces, links, kept=element.tag == "pre")


def _rows_of_pieces(pieces: list[str], links: list[tuple[int, str]], *, kept: bool) -> list[Row]:
    texts = "".join(pieces).split("\n")
    if not kept:
        texts = [text.lstrip(" ") for text in texts]
    if not texts[-1]:
        texts.pop()
    if len(texts) > MAX_LINES:
        raise RenditionError(f"expected a page of at most {MAX_LINES:,} lines, found more")
    rows = [Row(text.rstrip(" \r")) for text in texts]
    at = counted = 0
    for begins, href in links:
        at, counted = at + "".join(pieces[counted:begins]).count("\n"), begins
        if href and at < len(rows) and not rows[at].href:  # the first link of a row is the row's
            rows[at] = Row(rows[at].text, href)
    return rows


def _walked(element: Element) -> list[Row]:
    """The rows of anything."""
    rows = _Rows()
    kept = 0  # how many <pre> one is within
    walker = etree.iterwalk(element, events=("start", "end"))
    for event, node in walker:
        if event == "start":
            kept += node.tag == "pre"
            _open(rows, node, kept=kept > 0)
            if node.tag in HIDDEN:
                walker.skip_subtree()
            elif node.text:
                # HTML drops a line end right behind <pre>.
                text = node.text.removeprefix("\n") if node.tag == "pre" else node.text
                rows.add(text, kept=kept > 0)
            continue
        kept -= node.tag == "pre"
        if node.tag in BLOCKS:
            rows.end_if_begun()
        if node.tail and node is not element:
            rows.add(node.tail, kept=kept > 0)
    rows.end_if_begun()
    return rows.rows


def _open(rows: _Rows, node: Element, *, kept: bool) -> None:
    if node.tag in BLOCKS:
        rows.end_if_begun()
    elif node.tag == "br":
        rows.end()
    elif node.tag == "a" and node.get("href"):
        rows.link(node.get("href") or "")
    elif node.tag == "input" and node.get("type") == "search":  # a search item; what it asks for is its name
        rows.add(node.get("placeholder") or "", kept=kept)


def rows_of(table: Element) -> Iterator[Row]:
    """The first cell of each row of a table, and of no table within it."""
    holds_tables = next(table.iterdescendants("table"), None) is not None
    for line in table.iter("tr"):
        if holds_tables and nearest_above(line, "table") is not table:
            continue
        cell = next((child for child in line if child.tag in CELLS), None)
        if cell is not None:
            yield _cell(cell)


def _cell(cell: Element) -> Row:
    if not len(cell):  # most, and quicker so
        return Row(spaced(cell.text or "").strip(" \xa0"))
    found = shown(cell)
    href = next((row.href for row in found if row.href), None)
    return Row(" ".join(row.text for row in found).strip(" \xa0"), href)
