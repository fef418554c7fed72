"""What changed between two wordings, word by word. Pure, and fast on any input.

Which fields were edited is decided by :mod:`archive.reading.edits`, which words match by
:mod:`archive.text.word_match`, what truncated words can have been by
:mod:`archive.reading.truncated_word_match`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from archive.model import Article
from archive.reading.edits import edited_fields
from archive.reading.truncated_word_match import Word, marked_field, match_truncated, with_missing
from archive.text.word_match import MatchingRun, matching_runs


class Mark(StrEnum):
    """Whether words are in both wordings, only in the old one, or only in the new one."""

    SAME = "same"
    OLD = "old"
    NEW = "new"


class Piece(NamedTuple):
    """Words in a row with the same mark. ``joins``: continues the last word of the piece before."""

    mark: Mark
    text: str
    joins: bool = False


DiffBlock = tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One editorial field that differs. ``old`` and ``new`` are the complete field, empty if missing.

    ``blocks`` are all its paragraphs; fields other than ``text`` are one block.
    """

    field: str
    old: str
    new: str
    blocks: tuple[DiffBlock, ...]

    @property
    def added(self) -> int:
        return _count(self.blocks, Mark.NEW)

    @property
    def removed(self) -> int:
        return _count(self.blocks, Mark.OLD)


def compare_articles(old: Article, new: Article) -> list[FieldChange]:
    """Return the edited fields of two wordings with what differs in each, in the page's order."""
    return [compare_field(field, old, new) for field in edited_fields(old, new)]


def compare_field(field: str, old: Article, new: Article) -> FieldChange:
    """Return what differs in one field. Words that a truncation can have hidden count as the same."""
    blocks = _diff(
        _words_of(old, field), _words_of(new, field), folds=old.transliterated or new.transliterated
    )
    return FieldChange(field=field, old=_whole(old, field), new=_whole(new, field), blocks=tuple(blocks))


def join_pieces(pieces: Iterable[Piece], spell: Callable[[Piece], str]) -> str:
    """Join pieces formatted by ``spell``, with a space before each that does not join."""
    return "".join(("" if not at or piece.joins else " ") + spell(piece) for at, piece in enumerate(pieces))


def is_changed(block: DiffBlock) -> bool:
    """Return whether any word of a block is not in both wordings."""
    return any(piece.mark is not Mark.SAME for piece in block)


def word_diff(old: str, new: str) -> list[DiffBlock]:
    """Compare two texts with blank lines between paragraphs and ``## `` before subheads."""
    return _diff(_words(old), _words(new))


def _words_of(article: Article, field: str) -> list[Word]:
    """Return the words of a field to compare; a name or a date is one word."""
    if field == "authors":
        return [Word(author.name) for author in article.authors]
    if field == "published":
        return [Word(_whole(article, field))] if article.published else []
    text, most = marked_field(article, field)
    words = _words(text) if field == "text" else [Word(word) for word in text.split()]
    return with_missing(words, most) if most else words


def _whole(article: Article, field: str) -> str:
    if field == "authors":
        return ", ".join(author.name for author in article.authors)
    return str(getattr(article, field) or "")


def _words(text: str) -> list[Word]:
    words: list[Word] = []
    for block in text.split("\n\n"):
        mark, *rest = block.split() or [""]
        opens, texts = ("## ", rest) if mark == "##" else ("", [mark, *rest])
        words += [Word(word, None if at else opens) for at, word in enumerate(filter(None, texts))]
    return words


def _count(blocks: Iterable[DiffBlock], mark: Mark) -> int:
    return sum(len(piece.text.split()) for block in blocks for piece in block if piece.mark is mark)


def _diff(old: list[Word], new: list[Word], *, folds: bool = False) -> list[DiffBlock]:
    old, new = match_truncated(old, new, folds=folds)
    runs = matching_runs([word.key for word in old], [word.key for word in new])
    return [_block(words) for words in _by_block(_marked(old, new, runs))]


class _Marked(NamedTuple):
    """A word with its mark. ``opens`` is that of :class:`Word`; ``apart``: a removed block may start here."""

    mark: Mark
    text: str
    opens: str | None
    apart: bool = False


def _marked(old: Sequence[Word], new: Sequence[Word], runs: Iterable[MatchingRun]) -> Iterator[_Marked]:
    """Yield all words in one order: between two runs the removed ones, then the added ones."""
    at_old = at_new = 0
    for run in [*runs, MatchingRun(len(old), len(new), 0)]:
        yield from (_Marked(Mark.OLD, word.shown, word.opens, apart=True) for word in old[at_old : run.old])
        yield from (_Marked(Mark.NEW, word.shown, word.opens) for word in new[at_new : run.new])
        at_old, at_new = run.old + run.length, run.new + run.length
        for known, word in zip(old[run.old : at_old], new[run.new : at_new], strict=True):
            yield _Marked(Mark.SAME, word.shown, word.opens, apart=known.opens is not None)


def _by_block(words: Iterable[_Marked]) -> Iterator[list[_Marked]]:
    """Yield the blocks of the new wording, each after the removed blocks that it replaces."""
    block: list[_Marked] = []
    only_gone = True
    for word in words:
        if block and word.opens is not None and (word.apart or not only_gone):
            yield block
            block, only_gone = [], True
        block.append(word)
        only_gone = only_gone and word.mark is Mark.OLD
    if block:
        yield block


def _block(words: Sequence[_Marked]) -> DiffBlock:
    opening = words[0]
    texts = [(opening.opens or "") + opening.text, *(word.text for word in words[1:])]
    marks = (word.mark for word in words)
    groups = groupby(zip(marks, texts, strict=True), key=lambda pair: pair[0])
    return tuple(Piece(mark, " ".join(text for _, text in group)) for mark, group in groups)
