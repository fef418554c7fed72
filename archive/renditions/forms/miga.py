"""gopher.miga.me.uk: bare lines, links among them, blank ones dropped."""

import re

from archive.gateways import in_url
from archive.renditions.labelled_rows import plain_decoder
from archive.renditions.rendition import Rendition

RENDITION = Rendition(
    name="miga",
    decode=plain_decoder(in_url),
    html_signature=re.compile(r"href=[\"']?[^\s\"'>]{0,200}\?url=gopher", re.IGNORECASE),
)
