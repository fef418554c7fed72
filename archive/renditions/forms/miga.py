"""gopher.miga.me.uk: bare lines, links among them, blank ones dropped."""

import re

from archive.gateways import in_url
from archive.model import Line
from archive.renditions.labelled_rows import lines_of, rows_from_title
from archive.renditions.rendition import Rendition


def decode(body: bytes, home: str) -> list[Line]:  # noqa: ARG001 - a gateway's links name the paper's host
    """Lines from the title on; a page saved as text is read too.

    Raises :exc:`GatewayError` for a page that is not of the paper, or stops early.
    """
    return lines_of(rows_from_title(body), in_url)


RENDITION = Rendition(
    name="miga",
    decode=decode,
    html_signature=re.compile(r"href=[\"']?[^\s\"'>]{0,200}\?url=gopher", re.IGNORECASE),
)
