"""gopherproxy.meulie.net: a table, a row a line, of which the second cell is empty.

Blank lines are dropped. A row of more than 80 bytes becomes its first 79 and ``…``; link targets are
complete.
"""

import re

from archive.dump.grammar import is_truncated
from archive.gateways import in_path
from archive.model import Line
from archive.paper import ROOT_TITLE
from archive.renditions.forms import table, text
from archive.renditions.html_page import (
    below_title,
    find_title,
    is_title,
    looks_like,
    no_title,
    page_text,
    paper_rows,
    parse,
)
from archive.renditions.html_rows import HtmlRow, nearest, table_rows
from archive.renditions.labelled_rows import lines_of
from archive.renditions.rendition import Rendition

# "[2] https://example.org/a-long-address…", a row of LINKS
_LISTED_TARGET = re.compile(r"\[[0-9]{1,6}\] ")


def decode(body: bytes, home: str) -> list[Line]:
    """The rows from the title on; a page saved as text is read as that.

    Raises :exc:`GatewayError` for a page that is not of the paper, or stops early.
    """
    content = page_text(body)
    if looks_like(content):
        return [
            _healed(line) if line.text.endswith("…") else line for line in lines_of(_rows(content), in_path)
        ]
    decode_saved = table.decode if table.looks_like(content) else text.decode
    lines = decode_saved(body, home)
    if not lines or not is_title(lines[0].text):
        raise no_title(HtmlRow(line.text) for line in lines)
    return lines


def _rows(content: str) -> list[HtmlRow]:
    document = parse(content)
    holder = nearest(find_title(document.body), "table")
    if holder is None:
        return paper_rows(content)
    document.require_whole(holder)
    return below_title(table_rows(holder))


def _healed(line: Line) -> Line:
    if not is_truncated(line.text):
        return line
    whole = line.target and _listed(line.text, line.target)
    return line._replace(text=whole) if whole else line._replace(truncated=True)


def _listed(shown: str, target: str) -> str | None:
    """Return a truncated row of LINKS in full, since its text is its target; None for other rows."""
    number = _LISTED_TARGET.match(shown)
    whole = f"{number[0]}{target}" if number else ""
    return whole if whole.startswith(shown.removesuffix("…").rstrip("\ufffd")) and whole else None


# "<td>…# taz.de"
_HTML_SIGNATURE = re.compile(
    rf"<t[dh](?:\s[^<>]{{0,200}})?>\s{{0,20}}(?:<[a-z]{{1,6}}>)?{re.escape(ROOT_TITLE)}", re.IGNORECASE
)
RENDITION = Rendition(name="meulie", decode=decode, html_signature=_HTML_SIGNATURE)
