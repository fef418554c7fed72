"""The gopher menu: ``<type><text> TAB <selector> TAB <host> TAB <port> CR LF``, last row ``.`` (RFC 1436).

Some rows are not well-formed: text rows with missing or made-up fields, and rows without any field. A page is
recognised by its well-formed rows; a text row needs only its type.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote

from archive.dump.grammar import TITLE_LINE, clean
from archive.errors import AbsentError, RenditionError
from archive.gateways import bare_host
from archive.model import UNKNOWN_ITEM, Line
from archive.paper import GOPHER_PORT, HOSTS
from archive.renditions.charset import decode_text, split_lines
from archive.renditions.rendition import Rendition

# "iText\t\t\t", "iText\tfake\t(NULL)\t0", "1Titel\t/!5\ttaz.de\t70"; a fifth field is Gopher+ saying so.
MENU_ROW = re.compile(r"i[^\t]*\t.*|[0-9+a-zA-Z;:][^\t]*\t[^\t]*\t[^\t]*\t *[0-9]+ *(?:\t.*)?")
# "Ein\tText\t\ttaz.de\t70\t+": whatever stands before the last three fields is text, tabs too.
TEXT_ROW = re.compile(r"i(?P<text>.*)\t[^\t]*\t[^\t]*\t *-?[0-9]+ *(?:\t[+?]?)?")
FIELD_COUNT = len(("text", "selector", "host", "port"))
DETECTION_LENGTH = 4000  # characters
# How servers report a missing page, since gopher has no status codes. Any other error row is a failure.
ABSENT = re.compile(
    r"not found|not exist|no such|unknown selector|nicht gefunden|existiert nicht|unbekannt|\b404\b|\b410\b"
    r"|no longer exist|gibt(?: es|['’]s) (?:leider )?(?:nicht|keine?\b)|nicht (?:mehr )?vorhanden",
    re.IGNORECASE,
)
_TEXT_ITEMS = "i3"
MAX_CACHED_ROW_LENGTH = 300  # characters; longer rows are rare
MAX_ERROR_ROWS = 5  # an error, and perhaps a few hints
LAST_ROW = "."
ENDS_FIELD = {ord(character): " " for character in "\t\r\n"}


def decode(body: bytes, home: str) -> list[Line]:
    """Rows → lines; a row that leads to ``home`` (``host:port``) or the paper's own host becomes a path.

    Raises :exc:`AbsentError` if the server reports that there is no such page, :exc:`RenditionError` for any
    other error, for bytes that are not a menu, and for a page that stops within a row.
    """
    rows = split_lines(decode_text(body))
    if LAST_ROW in rows:
        rows = rows[: rows.index(LAST_ROW)]
    elif not body.endswith(b"\n"):
        raise RenditionError(f"line {len(rows)}: the connection closed within a row")
    _refuse_errors(rows)
    return [_read_row(row, home) for row in rows[_first_row(rows) :]]


def _read_row(row: str, home: str) -> Line:
    if row[:1] == "i" and row.count("\t") == FIELD_COUNT - 1:  # most rows are complete text rows
        return Line(row[1:].partition("\t")[0])
    return _known_line(row, home) if len(row) <= MAX_CACHED_ROW_LENGTH else _line(row, home)


def looks_like(text: str) -> bool:
    """Return whether at least half of the first rows that are not blank are rows of a menu."""
    rows = [row for row in split_lines(text[:DETECTION_LENGTH]) if row.strip() and row != LAST_ROW]
    return 0 < len(rows) <= 2 * sum(MENU_ROW.fullmatch(row) is not None for row in rows)


def _first_row(rows: list[str]) -> int:
    """Return the index of the first well-formed row or title."""
    return next(
        at for at, row in enumerate(rows) if MENU_ROW.fullmatch(row) or TITLE_LINE.fullmatch(clean(row))
    )


def ends_whole(body: bytes) -> bool:
    """Return whether the page ends with the last row ``.``, which many servers omit."""
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
    """Parse one row. A row with missing fields has no target; one without any field is text."""
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
    """Return a text row as a line; its item is UNKNOWN_ITEM if part of the row may be lost."""
    if match := TEXT_ROW.fullmatch(row):
        return Line(match["text"].replace("\t", " "))
    kept = max(1, len(fields) - (FIELD_COUNT - 1))
    is_lost = len(fields) < FIELD_COUNT and any(field.strip() for field in fields[kept:])
    return Line(" ".join(fields[:kept]), item=UNKNOWN_ITEM if is_lost else "i")


# Links to authors, topics and related articles are the same on page after page.
_known_line = lru_cache(maxsize=4096)(_line)


def _target(item: str, selector: str, host: str, port: str, home: str) -> str | None:
    """Where a row leads: ``/Slug/!6081430`` at home, else a whole URL."""
    if selector.startswith("URL:"):  # not in RFC 4266, but all clients know it
        return selector.removeprefix("URL:")
    if item == "I" and not selector.strip("/"):
        return None
    if f"{host}:{port}" == home or (host in HOSTS and port == str(GOPHER_PORT)):
        return "/" + selector.lstrip("/")
    place = f"[{host}]" if ":" in host else host
    return f"gopher://{place}{'' if port == '70' else f':{port}'}/{item}{quote(selector, safe='/!')}"


def encode(lines: Iterable[Line], *, host: str, port: int) -> bytes:
    """Return the rows that a server at ``host:port`` sends: the inverse of :func:`decode`."""
    rows = [_row(line, host, port) for line in lines]
    return "".join(f"{row}\r\n" for row in [*rows, LAST_ROW]).encode()


def selector_to(target: str) -> str:
    """Return the selector for a target: a path within the paper unchanged, else ``URL:`` and the URL."""
    return target if target.startswith("/") else f"URL:{target}"


def _row(line: Line, host: str, port: int) -> str:
    item, selector = line.item if line.item == "I" else "i", ""
    if line.target:
        item = line.item
        selector = selector_to(line.target)
    return f"{item}{_field(line.text)}\t{_field(selector)}\t{host}\t{port}"


def _field(text: str) -> str:
    """Return text without TAB, CR and LF, which would end the field."""
    return text if text.isprintable() else text.translate(ENDS_FIELD)


RENDITION = Rendition(name="gopher", decode=decode)
