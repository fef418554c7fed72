"""gopherspace.de's phoxy: its header, then bare lines, blank ones kept, umlauts of text written out.

``Layout(folded=True)`` says so of its lines; titles and links have theirs.
"""

import re

from archive.gateways import in_host_and_pfad
from archive.model import Layout, Line
from archive.renditions.labelled_rows import lines_of, rows_from_title
from archive.renditions.rendition import Rendition


def decode(body: bytes, home: str) -> list[Line]:  # noqa: ARG001 - a gateway's links name the paper's host
    """Lines from the title on; a page saved as text is read too.

    Raises :exc:`GatewayError` for a page that is not of the paper, or stops early.
    """
    return lines_of(rows_from_title(body), in_host_and_pfad)


RENDITION = Rendition(
    name="phoxy",
    decode=decode,
    layout=Layout(transliterated=True),
    html_signature=re.compile(r"P H O X Y|\bphoxy\.php\?"),
)
