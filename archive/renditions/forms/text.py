"""Dump lines as plain text: a saved page, or a dump file, with or without its blank lines."""

from archive.dump.grammar import TITLE_LINE, is_truncated
from archive.model import Line
from archive.renditions.charset import decode_text, split_lines
from archive.renditions.rendition import Rendition

# Lines of a gateway above the title of a saved page.
MAX_NAVIGATION_LINES = 20


def decode(body: bytes, home: str) -> list[Line]:  # noqa: ARG001 - text has no link rows to bring home
    """Lines from the title on. Raises :exc:`RenditionError` for a binary."""
    return below_navigation([Line(line.rstrip(" ")) for line in split_lines(decode_text(body))])


def below_navigation(lines: list[Line]) -> list[Line]:
    """Drop what a gateway put above the title, and mark the lines that it truncated.

    The only source that truncates also drops blank lines, so a page with blank lines is complete.
    """
    heads = (at for at, line in enumerate(lines[:MAX_NAVIGATION_LINES]) if TITLE_LINE.fullmatch(line.text))
    page = lines[next(heads, 0) :]
    if any(not line.text for line in page[:-1]):
        return page
    return [line._replace(truncated=True) if is_truncated(line.text) else line for line in page]


RENDITION = Rendition(name="text", decode=decode)
