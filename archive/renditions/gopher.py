"""The gopher menu: ``<type><text> TAB <selector> TAB <host> TAB <port> CR LF``, last row ``.`` (RFC 1436).

Menus hold rows that are not so: of text, with fields left out or made up, or without any field. A page is
judged by the rows that are well formed, and a row of text by its type alone.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote

from archive.dump.grammar import TITLE_LINE, clean
from archive.errors import AbsentError, RenditionError
from archive.gateways import bare_host
from archive.model import UNKNOWN_ITEM, Line, text_lines
from archive.paper import GOPHER_PORT, HOSTS
from archive.renditions.charset import decode_text, split_lines
from archive.renditions.rendition import Rendition

# "iText\t\t\t", "iText\tfake\t(NULL)\t0", "1Titel\t/!5\ttaz.de\t70"; a fifth field is Gopher+ saying so.
MENU_ROW = re.compile(r"i[^\t]*\t.*|[0-9+a-zA-Z;:][^\t]*\t[^\t]*\t[^\t]*\t *[0-9]+ *(?:\t.*)?")
# "Ein\tText\t\ttaz.de\t70\t+": whatever stands before the last three fields is text, tabs too.
TEXT_ROW = re.compile(r"i(?P<text>.*)\t[^\t]*\t[^\t]*\t *-?[0-9]+ *(?:\t[+?]?)?")
FIELD_COUNT = len(("text", "selector", "host", "port"))
DETECTION_LENGTH = 4000  # characters that tell what a page is
# How servers word "not there"; there are no status codes. Any other error row is a failure of the server.
ABSENT = re.compile(
    r"not found|not exist|no such|unknown selector|nicht gefunden|existiert nicht|unbekannt|\b404\b|\b410\b"
    r"|no longer exist|gibt(?: es|['’]s) (?:leider )?(?:nicht|keine?\b)|nicht (?:mehr )?vorhanden",
    re.IGNORECASE,
)
_TEXT_ITEMS = "i3"
MAX_CACHED_ROW_LENGTH = 300  # characters; a row that is longer is not worth remembering
MAX_ERROR_ROWS = 5  # an error, and perhaps a hint or two under it
LAST_ROW = "."
ENDS_FIELD = {ord(character): " " for character in "\t\r\n"}


def decode(body: bytes, home: str) -> list[Line]:
    """Rows → lines; a row that leads to ``home`` (``host:port``) or the paper's own host becomes a path.

    Raises :exc:`AbsentError` if the server says there is no such page, :exc:`RenditionError` for any
    other error it reports, for what is no menu, and for a page that stops within a row.
    """
    rows = split_lines(decode_text(body))
    if LAST_ROW in rows:
        rows = rows[: rows.index(LAST_ROW)]
    elif not body.endswith(b"\n"):
        raise RenditionError(f"line {len(rows)}: the connection closed within a row")
    _refuse_errors(rows)
    rows = rows[_first_row(rows) :]
    lines = text_lines([row[1:].partition("\t")[0] for row in rows])
    for at, row in enumerate(rows):
        if row[:1] != "i" or row.count("\t") != FIELD_COUNT - 1:  # most rows are text, and whole
            lines[at] = _known_line(row, home) if len(row) <= MAX_CACHED_ROW_LENGTH else _line(row, home)
    return lines


def looks_like(text: str) -> bool:
    """Return whether at least half of the first rows that are not blank are rows of a menu."""
    rows = [row for row in split_lines(text[:DETECTION_LENGTH]) if row.strip() and row != LAST_ROW]
    return 0 < len(rows) <= 2 * sum(MENU_ROW.fullmatch(row) is not None for row in rows)


def _first_row(rows: list[str]) -> int:
    """Return where the page begins: at its title or the first row that is well formed, below others."""
    return next(
        at for at, row in enumerate(rows) if MENU_ROW.fullmatch(row) or TITLE_LINE.fullmatch(clean(row))
    )


def ends_whole(body: bytes) -> bool:
    """Whether the last row says so. Many servers leave it out, so its absence proves nothing."""
    return body.rstrip(b"\r\n").rpartition(b"\n")[2] == LAST_ROW.encode()


def _refuse_errors(rows: list[str]) -> None:
    first = next((row for row in rows if row.strip()), "")
    is_row = any(map(MENU_ROW.fullmatch, rows))
    if is_row and not first.startswith("3"):
        return
    message = clean(first.partition("\t")[0].removeprefix("3"))
    said = message[:120]
    if ABSENT.search(message) and len(rows) <= MAX_ERROR_ROWS:
        raise AbsentError(f'the server says "{said}"')
    if is_row:
        raise RenditionError(f'the server reports an error: "{said}"')
    raise RenditionError(f'line 1: expected a menu row, found "{said}"')


def _line(row: str, home: str) -> Line:
    """One row. One with fields missing leads nowhere, and one without any is text as it stands."""
    item, fields = row[:1], row[1:].split("\t")
    if len(fields) == 1:
        return Line(row, item=UNKNOWN_ITEM if row.strip() else "i")
    if item == "i":
        return _text_line(row, fields)
    if len(fields) < FIELD_COUNT:
        return Line(fields[0], item=UNKNOWN_ITEM)
    text, selector, host, port = fields[:FIELD_COUNT]
    if item in _TEXT_ITEMS:
        return Line(text)
    target = _target(item, selector, bare_host(host.strip()), port.strip(), home)
    return Line(text, target and clean(target), item)


def _text_line(row: str, fields: list[str]) -> Line:
    """Return a row of text as a line; its item is UNKNOWN_ITEM if something of the row may be lost."""
    if match := TEXT_ROW.fullmatch(row):
        return Line(match["text"].replace("\t", " "))
    kept = max(1, len(fields) - (FIELD_COUNT - 1))
    is_lost = len(fields) < FIELD_COUNT and any(field.strip() for field in fields[kept:])
    return Line(" ".join(fields[:kept]), item=UNKNOWN_ITEM if is_lost else "i")


# Links to authors, topics and related articles are the same on page after page.
_known_line = lru_cache(maxsize=4096)(_line)


def _target(item: str, selector: str, host: str, port: str, home: str) -> str | None:
    """Where a row leads: ``/Slug/!6081430`` at home, else a whole URL."""
    if selector.startswith("URL:"):  # RFC 4266 has no such thing; every client does
        return selector.removeprefix("URL:")
    if item == "I" and not selector.strip("/"):
        return None
    if f"{host}:{port}" == home or (host in HOSTS and port == str(GOPHER_PORT)):
        return "/" + selector.lstrip("/")
    place = f"[{host}]" if ":" in host else host
    return f"gopher://{place}{'' if port == '70' else f':{port}'}/{item}{quote(selector, safe='/!')}"


def encode(lines: Iterable[Line], *, host: str, port: int) -> bytes:
    """The mirror of :func:`decode`: lines → the rows a server at ``host:port`` sends."""
    rows = [_row(line, host, port) for line in lines]
    return "".join(f"{row}\r\n" for row in [*rows, LAST_ROW]).encode()


def selector_to(target: str) -> str:
    """What a row holds for a target: a path at home as it stands, else ``URL:`` and the whole URL."""
    return target if target.startswith("/") else f"URL:{target}"


def _row(line: Line, host: str, port: int) -> str:
    item, selector = line.item if line.item == "I" else "i", ""
    if line.target:
        item = line.item
        selector = selector_to(line.target)
    return f"{item}{_field(line.text)}\t{_field(selector)}\t{host}\t{port}"


def _field(text: str) -> str:
    """Text that ends no field; what can all be printed needs no look at each character."""
    return text if text.isprintable() else text.translate(ENDS_FIELD)


RENDITION = Rendition(name="gopher", decode=decode)
