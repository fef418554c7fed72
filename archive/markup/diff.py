"""Writes differences between two wordings as XHTML."""

from collections.abc import Iterable, Iterator

from archive.markup.elements import XHTML, Content
from archive.text.word_diff import Mark, Piece

_TAGS = {Mark.OLD: "del", Mark.NEW: "ins"}


def diff_content(pieces: Iterable[Piece]) -> Iterator[Content]:
    """Yield what a paragraph holds: ``<del>`` for old words, ``<ins>`` for new ones, and text."""
    for at, piece in enumerate(pieces):
        if at and not piece.joins:
            yield " "
        tag = _TAGS.get(piece.mark)
        yield XHTML(tag, piece.text) if tag and piece.text else piece.text
