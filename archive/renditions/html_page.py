"""HTML pages of gateways: bytes → the lines a browser shows, with their targets.

lxml parses without network access, and refuses tags nested 256 deep and attributes of 10 MB. To detect an
incomplete page, an element is added after the last byte: it must not end up within the page's text.
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

LIBXML2_VERSION = ".".join(map(str, etree.LIBXML_VERSION))
END_TAG = "taz-archive-end"
LOOKS_LIKE = re.compile(r"[\s\ufeff]*<(?:[a-z][a-z0-9]*[\s>/]|!doctype|!--|\?xml)", re.IGNORECASE)
OPENED = re.compile(r"<(?:html|body)[\s>]", re.IGNORECASE)
CLOSED = re.compile(r"</(?i:html|body)\s*>")  # "</" has no case, so the search is fast
# Accepted declarations where bytes are not UTF-8; browsers treat all of them as windows-1252.
DECLARED = re.compile(
    rb"charset\s{0,9}=\s{0,9}[\"']?(?:windows-1252|iso-8859-1|latin-?1|us-ascii)\b", re.IGNORECASE
)
DECLARED_WITHIN = 4096  # bytes
MAX_LEVELS_UP = 3  # the block of a line and what contains those blocks; further up is the gateway's layout
# A tag with too many attributes, for which libxml2 takes quadratic time.
CROWDED = re.compile(
    r"<[a-z][^\s/<>]*+(?=[\s/])"
    r"(?:[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+))?+){64}",
    re.IGNORECASE,
)
MAX_QUOTED_LENGTH = 120  # characters of a page that an error quotes


def looks_like(text: str) -> bool:
    """Return whether a text begins with an HTML tag, as no dump and no page saved as text does."""
    return LOOKS_LIKE.match(text) is not None


def page_text(body: bytes) -> str:
    """Decode what a gateway sent, HTML or not.

    Raises :exc:`GatewayError` for nothing, and what :func:`decode_html` raises.
    """
    if not body.strip():
        raise GatewayError("expected a page, found nothing")
    return decode_html(body)


def decode_html(body: bytes) -> str:
    """UTF-8 → text, whatever the page declares, since gateways pass on the paper's bytes unchanged.

    A page that is not UTF-8 is decoded as Latin-1 if it declares that. Raises what
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
        if end is None:  # it became part of an unclosed tag, comment or script
            raise GatewayError("the page stops within a tag")
        if what.tag == "body":
            open_yet = not self.closed
        else:
            # Not by name: lxml returns names with control characters, but refuses them as arguments.
            open_yet = any(above is what or above.tag == "pre" for above in end.iterancestors())
        if open_yet:
            raise GatewayError(f"the page stops within its <{clean(str(what.tag))}>")


def parse(text: str) -> Document:
    """Parse a page. Raises :exc:`GatewayError` if it is empty, or known to be incomplete."""
    if CROWDED.search(text):
        raise GatewayError("the page cannot be parsed: it has a tag with too many attributes")
    # With an explicit encoding lxml ignores the charset that the page declares.
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    # Some releases of libxml2 start another document after </html>.
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
    """Return the paper's rows of a page: those of the ``<pre>`` of its title, or else of the block around it.

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
    """Return the innermost block that contains more than the title, and its rows."""
    around = nearest(title, "table", *(BLOCK_TAGS - TABLE_PART_TAGS))
    steps = 0
    while around is not None and steps < MAX_LEVELS_UP:
        rows = visible_rows(around)
        if len(rows) > 1:
            return around, rows
        around, steps = nearest_above(around, *BLOCK_TAGS), steps + 1
    return title, visible_rows(title)


def below_title(rows: list[HtmlRow], within: int | None = None) -> list[HtmlRow]:
    """Return the rows from the title on. Raises :exc:`GatewayError` if the first ``within`` have none."""
    for at, row in enumerate(rows[:within]):
        if is_title(row.text):
            return rows[at:]
    raise no_title(rows)


def find_title(body: Element) -> Element:
    """Return the element with the paper's title.

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
    """Return the error for a page that is not of the paper, quoting its beginning."""
    said = clean(" ".join(row.text for row, _ in zip(rows, range(20), strict=False)))[:MAX_QUOTED_LENGTH]
    return GatewayError(f'expected a page of the paper, the gateway shows "{said}"')
