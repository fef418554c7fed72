"""What changed between two wordings, word by word. Pure, and quick on any input.

Which words match, :mod:`archive.wordmatch` says.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from archive.model import Article
from archive.wordmatch import Run, matched


class Mark(StrEnum):
    """Whether words stand in both wordings, in the old or in the new alone."""

    SAME = "same"
    OLD = "old"
    NEW = "new"


class Piece(NamedTuple):
    """Words in a row with the same mark. ``joins``: it goes on within the last word of the piece before."""

    mark: Mark
    text: str
    joins: bool = False


Block = tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One editorial field that differs. ``old`` and ``new`` are the whole field, empty where it was missing.

    ``blocks`` are its paragraphs, those that did not change too; all fields but ``text`` are one block.
    """

    field: str
    old: str
    new: str
    blocks: tuple[Block, ...]

    @property
    def added(self) -> int:
        """How many words are new."""
        return _count(self.blocks, Mark.NEW)

    @property
    def removed(self) -> int:
        """How many words are gone."""
        return _count(self.blocks, Mark.OLD)


class _Word(NamedTuple):
    """``opens`` is how its block begins if the word is the first of one: ``"## "`` or ``""``; else None."""

    text: str
    opens: str | None


def changes(old: Article, new: Article) -> list[Change]:
    """The editorial fields that differ, in the page's order. Paragraph breaks are not wording."""
    before, after = _fields(old), _fields(new)
    found = []
    for field, words in before.items():
        blocks = _diff(words, after[field])
        if any(is_changed(block) for block in blocks):
            found.append(
                Change(field=field, old=_whole(old, field), new=_whole(new, field), blocks=tuple(blocks))
            )
    return found


def spaced(pieces: Iterable[Piece], spell: Callable[[Piece], str]) -> str:
    """Pieces in a row, each spelled, with a space between those that do not join."""
    return "".join(("" if not at or piece.joins else " ") + spell(piece) for at, piece in enumerate(pieces))


def is_changed(block: Block) -> bool:
    """Whether any word of a block is not in both wordings."""
    return any(piece.mark is not Mark.SAME for piece in block)


def word_diff(old: str, new: str) -> list[Block]:
    """Two texts, blank lines between their paragraphs and ``## `` before subheads, as blocks of pieces."""
    return _diff(_words(old), _words(new))


FIELDS = ("title", "lead", "caption", "dateline", "published", "authors", "text")


def _fields(article: Article) -> dict[str, list[_Word]]:
    """Every field as what is compared: words; names whole."""
    fields = {field: [_Word(word, None) for word in _whole(article, field).split()] for field in FIELDS}
    fields["authors"] = [_Word(author.name, None) for author in article.authors]
    fields["text"] = _words(article.text)
    return fields


def _whole(article: Article, field: str) -> str:
    if field == "authors":
        return ", ".join(author.name for author in article.authors)
    return str(getattr(article, field) or "")


def _words(text: str) -> list[_Word]:
    words: list[_Word] = []
    for block in text.split("\n\n"):
        mark, *rest = block.split() or [""]
        opens, texts = ("## ", rest) if mark == "##" else ("", [mark, *rest])
        words += [_Word(word, None if at else opens) for at, word in enumerate(filter(None, texts))]
    return words


def _count(blocks: Iterable[Block], mark: Mark) -> int:
    return sum(len(piece.text.split()) for block in blocks for piece in block if piece.mark is mark)


def _diff(old: Sequence[_Word], new: Sequence[_Word]) -> list[Block]:
    runs = matched([word.text for word in old], [word.text for word in new])
    return [_block(words) for words in _by_block(_marked(old, new, runs))]


class _Marked(NamedTuple):
    """``opens`` is as in :class:`_Word`; ``apart`` says that the block begins here in either wording."""

    mark: Mark
    text: str
    opens: str | None
    apart: bool = False


def _marked(old: Sequence[_Word], new: Sequence[_Word], runs: Iterable[Run]) -> Iterator[_Marked]:
    """All words of both, in one order: between two runs those that are gone, then those that are new."""
    at_old = at_new = 0
    for run in [*runs, Run(len(old), len(new), 0)]:
        yield from (_Marked(Mark.OLD, *word, apart=True) for word in old[at_old : run.old])
        yield from (_Marked(Mark.NEW, *word) for word in new[at_new : run.new])
        at_old, at_new = run.old + run.length, run.new + run.length
        for known, word in zip(old[run.old : at_old], new[run.new : at_new], strict=True):
            yield _Marked(Mark.SAME, *word, apart=known.opens is not None)


def _by_block(words: Iterable[_Marked]) -> Iterator[list[_Marked]]:
    """Blocks as in the new wording, gone blocks between them; what replaced a block stands beside it."""
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


def _block(words: Sequence[_Marked]) -> Block:
    opening = words[0]
    texts = [(opening.opens or "") + opening.text, *(word.text for word in words[1:])]
    marks = (word.mark for word in words)
    groups = groupby(zip(marks, texts, strict=True), key=lambda pair: pair[0])
    return tuple(Piece(mark, " ".join(text for _, text in group)) for mark, group in groups)
