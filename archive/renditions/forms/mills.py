"""gopher.mills.io and bbs.cortex-media.info: text 7 columns in, links as `` (DIR) title``.

Blank lines are kept. The second also has pages without their first columns, ``(DIR) title``.
"""

import re

from archive.gateways import in_path
from archive.model import Line
from archive.renditions.labelled_rows import labelled_lines, rows_from_title
from archive.renditions.rendition import Rendition

_ITEMS = {
    "TXT": "0", "DIR": "1", "PHO": "2", "ERR": "3", "HEX": "4", "ARC": "5", "UUE": "6", "QRY": "7",
    "TEL": "8", "BIN": "9", "TN3": "T", "GIF": "g", "HTM": "h", "IMG": "I", "SND": "s",
    "PNG": "p", "DOC": "d",
}  # fmt: skip
_LABELLED_ROW = re.compile(rf" ?\((?P<label>{'|'.join(_ITEMS)})\) (?P<text>.*)", re.DOTALL)


def decode(body: bytes, home: str) -> list[Line]:  # noqa: ARG001 - a gateway's links name the paper's host
    """Lines from the title on; a page saved as text is read too.

    Raises :exc:`GatewayError` for a page that is not of the paper, or stops early.
    """
    return labelled_lines(rows_from_title(body), _LABELLED_ROW, _ITEMS, in_path)


# " (DIR) <a href"
RENDITION = Rendition(name="mills", decode=decode, html_signature=re.compile(r"\([A-Z]{3}\) <a\s"))
