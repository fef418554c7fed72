"""A gateway's table saved as text: ``| text | |``, sometimes ``text | |``, one row a line."""

import re

from archive.model import Line
from archive.renditions.charset import decode_text, split_lines
from archive.renditions.text import below_navigation

CELL_END = re.compile(r" *\| *\|$")
LAST_CELL_END = re.compile(r" *\|$")  # where somebody stripped the end of the file
RULER = re.compile(r"\|[ :|-]*-[ :|-]*")  # "| --- | --- |"


def decode(body: bytes, home: str) -> list[Line]:  # noqa: ARG001 - a saved table has no link rows to bring home
    """The first cells, from the title on. Raises :exc:`RenditionError` for what is no text."""
    rows = [row.rstrip(" ") for row in split_lines(decode_text(body)) if not RULER.fullmatch(row.strip())]
    lines = [_cell(row, CELL_END) for row in rows]
    if lines and not CELL_END.search(rows[-1]):
        lines[-1] = _cell(rows[-1], LAST_CELL_END)
    return below_navigation([Line(line) for line in lines])


def looks_like(text: str) -> bool:
    """Most rows of a table end in an empty cell; running text may hold a bar, but not there."""
    rows = [row for row in split_lines(text[:4000]) if row.strip()]
    ends = sum(1 for row in rows if CELL_END.search(row.rstrip()))
    return 2 * ends > len(rows)


def _cell(row: str, end: re.Pattern[str]) -> str:
    return end.sub("", row.removeprefix("|").removeprefix(" "), count=1)
