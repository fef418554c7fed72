"""HTML pages of gateways: bytes → the lines a browser would show, each with where it leads.

lxml parses, asks no network, and gives up on what no page is: tags nested 256 deep, attributes of
10 MB. Whether a page came whole is asked of the parser too: an element put behind its last byte must
not end up within the page's text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree  # type: ignore[import-untyped]  # lxml comes without types

from archive.dump.grammar import TITLE_LINE, clean
from archive.errors import GatewayError, RenditionError
from archive.paper import ROOT_TITLE
from archive.renditions.charset import MAX_PAGE_BYTES, decode_text
from archive.renditions.html_rows import (
    BLOCK_TAGS,
    HIDDEN_TAGS,
    TABLE_PART_TAGS,
    Element,
    HtmlRow,
    nearest,
    nearest_above,
    visible_rows,
)

END_TAG = "taz-archive-end"
LOOKS_LIKE = re.compile(r"[\s\ufeff]*<(?:[a-z][a-z0-9]*[\s>/]|!doctype|!--|\?xml)", re.IGNORECASE)
OPENED = re.compile(r"<(?:html|body)[\s>]", re.IGNORECASE)
CLOSED = re.compile(r"</(?i:html|body)\s*>")  # "</" is no matter of case, and so is quickly looked for
# Declared where bytes are not UTF-8, these are believed; browsers take all three for the first.
DECLARED = re.compile(
    rb"charset\s{0,9}=\s{0,9}[\"']?(?:windows-1252|iso-8859-1|latin-?1|us-ascii)\b", re.IGNORECASE
)
DECLARED_WITHIN = 4096  # bytes
MAX_LEVELS_UP = 3  # a line in a block of its own, and what holds those; more would be the page's own layout
# A tag with more attributes than any page has: libxml2 looks through all of them for each.
CROWDED = re.compile(
    r"<[a-z][^\s/<>]*+(?=[\s/])"
    r"(?:[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+))?+){64}",
    re.IGNORECASE,
)
MAX_QUOTED_LENGTH = 120  # characters of a page that an error quotes


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
        latin = len(body) <= MAX_PAGE_BYTES and b"\0" not in body and DECLARED.search(body[:DECLARED_WITHIN])
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
        end = next(iter([*self.body.iter(END_TAG)][-1:]), None)
        if end is None:  # it became part of something that never ends: a tag, a comment, a script
            raise GatewayError("the page stops within a tag")
        if what.tag == "body":
            open_yet = not self.closed
        else:
            # Not asked for by name: one with a control character in it lxml gives, but does not take.
            open_yet = any(above is what or above.tag == "pre" for above in end.iterancestors())
        if open_yet:
            raise GatewayError(f"the page stops within its <{clean(str(what.tag))}>")


def parse(text: str) -> Document:
    """Parse a page. Raises :exc:`GatewayError` if nothing is in it, or one sees that not all of it came."""
    if CROWDED.search(text):
        raise GatewayError("the page cannot be parsed: it has a tag with too many attributes")
    # Told so, lxml heeds no other charset that the page declares.
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    # Behind </html> some releases of libxml2 begin another document.
    unclosed, closed = CLOSED.subn("", text)
    root = etree.fromstring(f"{unclosed}<{END_TAG}>".encode(errors="replace"), parser)
    body = None if root is None else root.find("body")
    if body is None:
        raise GatewayError("expected a page of the paper, found an empty one")
    fatal = next((error.message for error in parser.error_log if error.level_name == "FATAL"), None)
    if fatal:
        raise GatewayError(f"the page cannot be parsed: {clean(fatal)}")
    if OPENED.search(text) and not closed:
        raise GatewayError("the page stops before its </html>")
    return Document(body, closed > 0)


def paper_rows(text: str) -> list[HtmlRow]:
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
        return below_title([row for each in outer for row in visible_rows(each)])
    around, rows = _around(title)
    document.require_whole(around)
    return below_title(rows)


def _around(title: Element) -> tuple[Element, list[HtmlRow]]:
    """What holds the title and more, but not all: a page has a header and a footer of its own."""
    around = nearest(title, "table", *(BLOCK_TAGS - TABLE_PART_TAGS))
    steps = 0
    while around is not None and steps < MAX_LEVELS_UP:
        rows = visible_rows(around)
        if len(rows) > 1:
            return around, rows
        around, steps = nearest_above(around, *BLOCK_TAGS), steps + 1
    return title, visible_rows(title)


def below_title(rows: list[HtmlRow], within: int | None = None) -> list[HtmlRow]:
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
        if _has_title(element.text) and nearest(element, *HIDDEN_TAGS) is None:
            return element
        if _has_title(element.tail):
            above = element.getparent()
            return body if above is None else above
    raise no_title(visible_rows(body))


def _has_title(text: str | None) -> bool:
    return bool(text and ROOT_TITLE in text and any(map(is_title, text.split("\n"))))


def is_title(text: str) -> bool:
    return ROOT_TITLE in text and TITLE_LINE.fullmatch(clean(text)) is not None


def no_title(rows: Iterable[HtmlRow]) -> GatewayError:
    """The error for a page that is none of the paper's, with what it says instead."""
    said = clean(" ".join(row.text for row, _ in zip(rows, range(20), strict=False)))[:MAX_QUOTED_LENGTH]
    return GatewayError(f'expected a page of the paper, the gateway shows "{said}"')
