"""What changed within the words of a difference: a letter in a long compound, a comma after a word. Pure.

:mod:`archive.text.word_diff` says which words were replaced. Here a replaced word and its replacement become
what they share and what they do not, if they share so much that they are read as one word that was corrected:

- ``Bundesausbildungsförderungsgestz`` → ``…gesetz``: a letter.
- ``Großau`` → ``„Großau“,``: punctuation alone.
- ``Sommerspiele`` → ``Winterspiele`` are two words, and so is any number that differs.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from archive.text.word_diff import DiffBlock, Mark, Piece

MAX_WORD_LENGTH = 100  # letters of a word that is looked into
MAX_WORD_PAIRS = (
    25  # pairs of words that are compared in one replacement; more words than that were rewritten
)
MAX_PIECES = 500  # of a paragraph that is looked into
MIN_SHARED_LETTERS = 3  # letters in a row that a word keeps within; less is chance
MIN_KEPT_LETTERS = 6  # letters that a corrected word keeps at least
MIN_KEPT_SHARE = 0.8  # of the longer word's letters that it keeps at least


def split_corrected_words(block: DiffBlock) -> DiffBlock:
    """The block with corrected words taken apart; pieces that go on within a word say so by ``joins``.

    Each such word begins with a piece that both wordings have, which may be empty, so that either wording can
    still be read off the block.
    """
    return tuple(_looked_into(block)) if len(block) <= MAX_PIECES else block


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
    """A replacement: the words that were corrected in it, and what was replaced between these."""
    olds, news = _words(old.text), _words(new.text)
    at_old = at_new = 0
    for in_old, in_new, parts in _corrected(olds, news):
        yield from _whole(olds[at_old:in_old], news[at_new:in_new])
        yield from parts
        at_old, at_new = in_old + 1, in_new + 1
    yield from _whole(olds[at_old:], news[at_new:])


def _words(text: str) -> list[str]:
    """Words; the mark of a subhead stays with its first."""
    mark = "## " if text.startswith("## ") else ""
    first, *rest = text.removeprefix(mark).split(" ")
    return [mark + first, *rest]


def _corrected(olds: Sequence[str], news: Sequence[str]) -> Iterator[tuple[int, int, list[Piece]]]:
    """Places of words in both that are one word, corrected, in order, and their parts."""
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
    """What two words share and what they do not; nothing if they are two words."""
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
    """How many letters two words begin with in common."""
    return next(
        (at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other),
        min(len(old), len(new)),
    )


def _middle(old: str, new: str) -> Iterator[Piece]:
    """From the first letter that changed to the last."""
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
