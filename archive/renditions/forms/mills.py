"""gopher.mills.io and bbs.cortex-media.info: text 7 columns in, links as `` (DIR) title``.

Blank lines are kept. The second also has pages without their first columns, ``(DIR) title``.
"""

import re

from archive.gateways import in_path
from archive.renditions.labelled_rows import labelled_decoder
from archive.renditions.rendition import Rendition

_ITEMS = {
    "TXT": "0", "DIR": "1", "PHO": "2", "ERR": "3", "HEX": "4", "ARC": "5", "UUE": "6", "QRY": "7",
    "TEL": "8", "BIN": "9", "TN3": "T", "GIF": "g", "HTM": "h", "IMG": "I", "SND": "s",
    "PNG": "p", "DOC": "d",
}  # fmt: skip
_LABELLED_ROW = re.compile(rf" ?\((?P<label>{'|'.join(_ITEMS)})\) (?P<text>.*)", re.DOTALL)


# " (DIR) <a href"
RENDITION = Rendition(
    name="mills",
    decode=labelled_decoder(_LABELLED_ROW, _ITEMS, in_path),
    html_signature=re.compile(r"\([A-Z]{3}\) <a\s"),
)
