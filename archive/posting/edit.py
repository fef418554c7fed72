"""An edit to post, as the command that found it in the archive hands it over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from archive.text.word_diff import Mark, Piece, join_pieces

Passage = Sequence[Piece]


class FieldEdit(NamedTuple):
    """An edited field with its changed passages, each with a few words around the change."""

    field: str
    passages: Sequence[Passage]

    @property
    def old(self) -> str:
        """Return the passages as they were before, without line ends."""
        return _wording(self.passages, Mark.OLD)

    @property
    def new(self) -> str:
        """Return the passages as they are since the edit, without line ends."""
        return _wording(self.passages, Mark.NEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostableEdit:
    """An edit of one article. ``title`` is the one since the edit; ``fields`` are in the page's order.

    ``key`` stands for what was edited, not for when: it stays the same if an earlier capture of the same
    wording is added to the archive.
    """

    key: str
    article: int
    at: datetime
    title: str
    url: str
    fields: Sequence[FieldEdit]

    @property
    def is_of_title(self) -> bool:
        return any(each.field == "title" for each in self.fields)


def _wording(passages: Iterable[Passage], mark: Mark) -> str:
    """Return passages with the words of both wordings and those of ``mark`` only."""
    kept = ([piece for piece in passage if piece.mark in (Mark.SAME, mark)] for passage in passages)
    texts = (" ".join(join_pieces(pieces, lambda piece: piece.text).split()) for pieces in kept)
    return " … ".join(filter(None, texts))
