"""Which gateway a page is from."""

import re
from collections.abc import Iterable

from archive.dump.grammar import SECTION_HEADINGS, clean
from archive.paper import ROOT_TITLE
from archive.renditions.charset import split_lines
from archive.renditions.forms.text import MAX_NAVIGATION_LINES
from archive.renditions.html_page import is_title
from archive.renditions.rendition import Rendition

_PHOXY_HEADER = "P H O X Y"
_COLUMN_WIDTH = 7  # text is so far in at the two gateways that say before it what a link is
IN_COLUMN = re.compile(rf"^ {{7}}{re.escape(ROOT_TITLE)}", re.MULTILINE)
FUCKUP_ROW = re.compile(r" {0,3}(?:DIR|IMG) \S")
# "IMG Bild: …", "DIR [1] /Murr/!t5001": no text begins so. "DIR GEHÖRT DIE STADT" might.
SURE_ROW = re.compile(r"IMG Bild:|DIR \[[0-9]{1,6}\] ")
_LINK_LABEL = "DIR "
MILLS_ROW = re.compile(r" ?\((?:DIR|IMG)\) \S")


def gateway_of_html(content: str, renditions: Iterable[Rendition]) -> str:
    """Return the name of the rendition whose signature an HTML page has.

    Pages without links look the same in several renditions, which then read them the same.
    """
    found = (each.name for each in renditions if each.html_signature and each.html_signature.search(content))
    return next(found, "mills" if IN_COLUMN.search(content) else "miga")


def gateway_of_text(content: str) -> str | None:
    """Return the rendition of a gateway's page saved as text; None if it shows no gateway."""
    lines = split_lines(content)
    title = next((at for at, line in enumerate(lines[:MAX_NAVIGATION_LINES]) if is_title(line)), None)
    if title is None:
        return None
    if any(_PHOXY_HEADER in line for line in lines[:title]):
        return "phoxy"
    if any(map(MILLS_ROW.match, lines)):
        return "mills"
    in_column = lines[title].startswith(" " * _COLUMN_WIDTH)
    has_labels = any(map(FUCKUP_ROW.match, lines)) if in_column else _has_bare_labels(lines[title:])
    if has_labels or any(line.strip().startswith("URI:") for line in lines[:title]):
        return "fuckup"
    return "mills" if in_column else None


def _has_bare_labels(lines: list[str]) -> bool:
    """Return whether rows below a title have labels although the column before them is lost.

    A single row that could be text counts only below the title or a heading, where pages have links.
    """
    links = [at for at, line in enumerate(lines) if line.startswith(_LINK_LABEL)]
    if len(links) > 1 or any(map(SURE_ROW.match, lines)):
        return True
    above = (next(filter(None, map(clean, reversed(lines[:at]))), "") for at in links)
    return any(line in SECTION_HEADINGS or is_title(line) for line in above)
