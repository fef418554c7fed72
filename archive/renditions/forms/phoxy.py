"""gopherspace.de's phoxy: its header, then bare lines, blank ones kept; umlauts of text are written out."""

import re

from archive.gateways import in_host_and_pfad
from archive.model import Layout
from archive.renditions.labelled_rows import plain_decoder
from archive.renditions.rendition import Rendition

RENDITION = Rendition(
    name="phoxy",
    decode=plain_decoder(in_host_and_pfad),
    layout=Layout(transliterated=True),
    html_signature=re.compile(r"P H O X Y|\bphoxy\.php\?"),
)
