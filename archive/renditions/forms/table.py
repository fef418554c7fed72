"""A gateway's table saved as text: ``| text | |``, sometimes ``text | |``, one row a line."""

import re

from archive.model import Line
from archive.renditions.charset import decode_text, split_lines
from archive.renditions.forms.text import below_navigation
from archive.renditions.rendition import Rendition

_RULER = re.compile(r"\|(?: *:?-+:? *\|)+")  # "| --- | --- |"


def decode(body: bytes, home: str) -> list[Line]:  # noqa: ARG001 - a saved table has no link rows to bring home
    """The first cells, from the title on. Raises :exc:`RenditionError` for a binary."""
    rows = [row.strip(" ") for row in split_lines(decode_text(body))]
    if rows and not _ends_empty(rows[-1]):  # the end of the file was stripped
        rows[-1] += " |" if rows[-1].endswith("|") else " | |"
    return below_navigation([Line(_first_cell(row)) for row in rows if not _RULER.fullmatch(row)])


def looks_like(text: str) -> bool:
    """Return whether most rows end in an empty cell, as no running text does."""
    rows = [row for row in map(str.rstrip, split_lines(text[:4000])) if row]
    return 2 * sum(map(_ends_empty, rows)) > len(rows)


def _ends_empty(row: str) -> bool:
    return row.endswith("|") and row[:-1].rstrip(" ").endswith("|")


def _first_cell(row: str) -> str:
    if _ends_empty(row):
        row = row[:-1].rstrip(" ")[:-1].rstrip(" ")
    return row.removeprefix("|").removeprefix(" ")


RENDITION = Rendition(name="table", decode=decode)
