"""What changed within the words of a diff: a letter in a long compound, a comma after a word. Pure.

:mod:`archive.text.word_diff` finds the replaced words. A word and its replacement are split into what they
share and what they do not, if they share so much that a reader sees one corrected word:

- ``Bundesausbildungsförderungsgestz`` → ``…gesetz``: a letter.
- ``Großau`` → ``„Großau“,``: punctuation only.
- ``Sommerspiele`` → ``Winterspiele`` are two words, and so are two different numbers.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from archive.text.word_diff import DiffBlock, Mark, Piece

MAX_WORD_LENGTH = 100  # of a word that is compared by letters
MAX_WORD_PAIRS = 25  # pairs compared in one replacement; a larger one is a rewrite
MAX_BLOCK_PIECES = 500  # of a paragraph that is compared by letters
MIN_SHARED_LETTERS = 3  # in a row within a word; fewer match by chance
MIN_KEPT_LETTERS = 6  # of a corrected word
MIN_KEPT_SHARE = 0.8  # of the longer word's letters


def split_corrected_words(block: DiffBlock) -> DiffBlock:
    """Return the block with corrected words split; pieces that continue a word have ``joins``.

    Each split word starts with a piece that is in both wordings and may be empty, so that either wording can
    still be assembled from the block.
    """
    return tuple(_looked_into(block)) if len(block) <= MAX_BLOCK_PIECES else block


def _looked_into(block: DiffBlock) -> Iterator[Piece]:
    at = 0
    while at < len(block):
        if at + 1 < len(block) and (block[at].mark, block[at + 1].mark) == (Mark.OLD, Mark.NEW):
            yield from _replaced(block[at], block[at + 1])
            at += 2
        else:
            yield block[at]
            at += 1


def _replaced(old: Piece, new: Piece) -> Iterator[Piece]:
    """Yield the corrected words of a replacement, and what was replaced between them."""
    olds, news = _words(old.text), _words(new.text)
    at_old = at_new = 0
    for in_old, in_new, parts in _corrected(olds, news):
        yield from _whole(olds[at_old:in_old], news[at_new:in_new])
        yield from parts
        at_old, at_new = in_old + 1, in_new + 1
    yield from _whole(olds[at_old:], news[at_new:])


def _words(text: str) -> list[str]:
    """Return the words, the first one with the mark of its subhead."""
    mark = "## " if text.startswith("## ") else ""
    first, *rest = text.removeprefix(mark).split(" ")
    return [mark + first, *rest]


def _corrected(olds: Sequence[str], news: Sequence[str]) -> Iterator[tuple[int, int, list[Piece]]]:
    """Yield the indexes of each corrected word in both, in order, and its parts."""
    start = 0
    if len(olds) * len(news) > MAX_WORD_PAIRS:
        return
    for in_old, old in enumerate(olds):
        for in_new in range(start, len(news)):
            if parts := _parts(old, news[in_new]):
                yield in_old, in_new, parts
                start = in_new + 1
                break


def _whole(olds: Sequence[str], news: Sequence[str]) -> Iterator[Piece]:
    if olds:
        yield Piece(Mark.OLD, " ".join(olds))
    if news:
        yield Piece(Mark.NEW, " ".join(news))


def _parts(old: str, new: str) -> list[Piece]:
    """Return what two words share and what they do not; empty unless one corrects the other."""
    mark = "## " if old.startswith("## ") or new.startswith("## ") else ""
    old, new = old.removeprefix(mark), new.removeprefix(mark)
    if max(len(old), len(new)) > MAX_WORD_LENGTH:
        return []
    parts = list(_split(old, new))
    return [Piece(Mark.SAME, mark), *parts] if _is_one_word(old, new, parts) else []


def _split(old: str, new: str) -> Iterator[Piece]:
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    yield from _joined(Mark.SAME, old[:head])
    yield from _middle(old[head : len(old) - tail], new[head : len(new) - tail])
    yield from _joined(Mark.SAME, old[len(old) - tail :])


def _alike(old: str, new: str) -> int:
    """Return the length of the common prefix."""
    return next(
        (at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other),
        min(len(old), len(new)),
    )


def _middle(old: str, new: str) -> Iterator[Piece]:
    """Yield the pieces from the first changed letter to the last."""
    at_old = at_new = 0
    for in_old, in_new, size in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        if size >= MIN_SHARED_LETTERS or in_old == len(old):  # the last match is empty, at the end
            yield from _joined(Mark.OLD, old[at_old:in_old])
            yield from _joined(Mark.NEW, new[at_new:in_new])
            yield from _joined(Mark.SAME, old[in_old : in_old + size])
            at_old, at_new = in_old + size, in_new + size


def _joined(mark: Mark, text: str) -> Iterator[Piece]:
    if text:
        yield Piece(mark, text, joins=True)


def _is_one_word(old: str, new: str, parts: Sequence[Piece]) -> bool:
    kept = sum(len(part.text) for part in parts if part.mark is Mark.SAME)
    changed = "".join(part.text for part in parts if part.mark is not Mark.SAME)
    if not any(sign.isalnum() for sign in changed):
        return kept > 0
    return kept >= max(MIN_KEPT_LETTERS, MIN_KEPT_SHARE * max(len(old), len(new))) and not any(
        sign.isdigit() for sign in changed
    )
