"""The gopher menu: ``<type><text> TAB <selector> TAB <host> TAB <port> CR LF``, last row ``.`` (RFC 1436)."""

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote

from archive.dump.grammar import clean
from archive.errors import AbsentError, RenditionError
from archive.model import UNKNOWN, Line, text_lines
from archive.pagekey import HOME
from archive.renditions.charset import decode_text, split_lines

# A fifth field is Gopher+ saying so.
ROW = re.compile(r"[0-9+a-zA-Z;:][^\t]*\t[^\t]*\t[^\t]*\t *[0-9]+ *(?:\t.*)?")
FIELDS = len(("text", "selector", "host", "port"))
# How servers word "not there"; there are no status codes. Any other error row is a failure of the server.
ABSENT = re.compile(
    r"not found|not exist|no such|unknown selector|nicht gefunden|existiert nicht|unbekannt|\b404\b|\b410\b",
    re.IGNORECASE,
)
TEXT_ITEMS = "i3"
LONGEST_KNOWN = 300  # characters; a row that is longer is not worth remembering
ERROR_ROWS = 5  # an error, and perhaps a hint or two under it
END = "."
ENDS_FIELD = {ord(character): " " for character in "\t\r\n"}


def decode(body: bytes, home: str) -> list[Line]:
    """Rows → lines; a row that leads to ``home`` (``host:port``) or the paper's own host becomes a path.

    Raises :exc:`AbsentError` if the server says there is no such page, :exc:`RenditionError` for any
    other error it reports, for what is no menu, and for a page that stops within a row.
    """
    rows = split_lines(decode_text(body))
    if END in rows:
        rows = rows[: rows.index(END)]
    elif not body.endswith(b"\n"):
        raise RenditionError(f"line {len(rows)}: the connection closed within a row")
    _refuse_errors(rows)
    lines = text_lines([row[1:].partition("\t")[0] for row in rows])
    for at, row in enumerate(rows):
        if row[:1] != "i" or row.count("\t") < FIELDS - 1:  # most rows are text, and whole
            lines[at] = _known_line(row, home) if len(row) <= LONGEST_KNOWN else _line(row, home)
    return lines


def ends_whole(body: bytes) -> bool:
    """Whether the last row says so. Many servers leave it out, so its absence proves nothing."""
    return body.rstrip(b"\r\n").rpartition(b"\n")[2] == END.encode()


def _refuse_errors(rows: list[str]) -> None:
    first = next((row for row in rows if row.strip()), "")
    is_row = ROW.fullmatch(first)
    if is_row and not first.startswith("3"):
        return
    message = clean(first.partition("\t")[0].removeprefix("3"))
    said = message[:120]
    if ABSENT.search(message) and len(rows) <= ERROR_ROWS:
        raise AbsentError(f'the server says "{said}"')
    if is_row:
        raise RenditionError(f'the server reports an error: "{said}"')
    raise RenditionError(f'line 1: expected a menu row, found "{said}"')


def _line(row: str, home: str) -> Line:
    """One row. One with fields missing leads nowhere, and one without any is text as it stands."""
    item, fields = row[:1], row[1:].split("\t")
    if len(fields) < FIELDS:
        return Line(row if len(fields) == 1 else fields[0], item=UNKNOWN if row.strip() else "i")
    text, selector, host, port = fields[:FIELDS]
    if item in TEXT_ITEMS:
        return Line(text)
    target = _target(item, selector, host.strip().lower(), port.strip(), home)
    return Line(text, target and clean(target), item)


# Links to authors, topics and related articles are the same on page after page.
_known_line = lru_cache(maxsize=4096)(_line)


def _target(item: str, selector: str, host: str, port: str, home: str) -> str | None:
    """Where a row leads: ``/Slug/!6081430`` at home, else a whole URL."""
    if selector.startswith("URL:"):  # RFC 4266 has no such thing; every client does
        return selector.removeprefix("URL:")
    if item == "I" and not selector.strip("/"):
        return None
    if f"{host}:{port}" == home or (host in HOME and port == "70"):
        return "/" + selector.lstrip("/")
    place = f"[{host}]" if ":" in host else host
    return f"gopher://{place}{'' if port == '70' else f':{port}'}/{item}{quote(selector, safe='/!')}"


def encode(lines: Iterable[Line], *, host: str, port: int) -> bytes:
    """The mirror of :func:`decode`: lines → the rows a server at ``host:port`` sends."""
    rows = [_row(line, host, port) for line in lines]
    return "".join(f"{row}\r\n" for row in [*rows, END]).encode()


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
