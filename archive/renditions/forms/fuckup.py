"""gopher.fuckup.solutions and phroot.kroovy.de, which run gopherproxy-c: text 7 columns in, ``   DIR title``.

Blank lines are kept. At a row that is longer than its buffer the gateway stops, and says so.
"""

import re

from archive.dump.grammar import clean
from archive.errors import GatewayError
from archive.gateways import in_q
from archive.model import Line
from archive.renditions.html_page import MAX_QUOTED_LENGTH
from archive.renditions.html_rows import HtmlRow
from archive.renditions.labelled_rows import labelled_lines, rows_from_title
from archive.renditions.rendition import Rendition

_ITEMS = {
    "TEXT": "0", "DIR": "1", "CSO": "2", "ERR": "3", "MAC": "4", "DOS": "5", "UUENC": "6", "SEARCH": "7",
    "TELNET": "8", "BIN": "9", "DOC": "d", "GIF": "g", "HTML": "h", "SND": "s", "VID": ";", "MIRROR": "+",
    "IMG": "I", "TN3270": "T",
}  # fmt: skip
# Right-aligned in 6 columns; a saved page may be stripped.
_LABELLED_ROW = re.compile(rf" {{0,4}}(?P<label>{'|'.join(_ITEMS)}) (?P<text>.*)", re.DOTALL)
# "taz.de:70 /!123:41: line too long", and other reasons to stop.
_STOPPED = re.compile(
    r".*:[0-9]+: (?:line too long|[a-z]+ field too long|invalid line / field count|undefined primary server)"
    r"|fgets: .*|--- transfer too big, truncated ---"
)


def decode(body: bytes, home: str) -> list[Line]:  # noqa: ARG001 - a gateway's links name the paper's host
    """Lines from the title on; a page saved as text is read too.

    Raises :exc:`GatewayError` for a page that is not of the paper, or stops early.
    """
    rows = rows_from_title(body)
    _refuse_stopped(rows)
    return labelled_lines(rows, _LABELLED_ROW, _ITEMS, in_q)


def _refuse_stopped(rows: list[HtmlRow]) -> None:
    last = next((said for row in reversed(rows) if (said := clean(row.text))), "")
    if _STOPPED.fullmatch(last):
        raise GatewayError(f'the gateway stopped: "{last[-MAX_QUOTED_LENGTH:]}"')


# "   DIR <a href"
RENDITION = Rendition(
    name="fuckup",
    decode=decode,
    html_signature=re.compile(r"\bURI: <input|(?:^|>)[ A-Z]{6} <a\s", re.MULTILINE),
)
