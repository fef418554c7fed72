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

    def narrowed(self, context: int) -> "FieldEdit":
        """Return the edit with at most ``context`` unchanged words next to each change.

        A single word is kept, since an ellipsis instead is hardly shorter.
        """
        return self._replace(passages=[_narrowed(passage, context) for passage in self.passages])


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


def _narrowed(passage: Passage, context: int) -> Passage:
    last = len(passage) - 1
    return [
        piece if piece.mark is not Mark.SAME else piece._replace(text=_ends(piece.text, head, tail))
        for at, piece in enumerate(passage)
        for head, tail in [(context if at else 0, context if at < last else 0)]
    ]


def _ends(text: str, head: int, tail: int) -> str:
    """Return the first and the last words of a text, without those between them."""
    words = text.split()
    if len(words) <= head + tail + 1:
        return text
    return " ".join([*words[:head], "…", *words[len(words) - tail :]])


def _wording(passages: Iterable[Passage], mark: Mark) -> str:
    """Return passages with the words of both wordings and those of ``mark`` only."""
    kept = ([piece for piece in passage if piece.mark in (Mark.SAME, mark)] for passage in passages)
    texts = (" ".join(join_pieces(pieces, lambda piece: piece.text).split()) for pieces in kept)
    return " … ".join(filter(None, texts))
