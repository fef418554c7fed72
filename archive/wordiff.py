"""What changed between two wordings, word by word. Pure, and quick on any input.

Words are matched as in a patience diff: those that occur once on either side are anchors, and the gaps
between anchors are matched in the same way. What is left, small and made of repeated words, goes to
:mod:`difflib`, which is quadratic; large gaps without anchors count as replaced.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import groupby, pairwise
from typing import NamedTuple

from archive.model import Article

# Pairs of words that difflib may be asked to compare in one gap, and steps in all of one diff.
SMALL_GAP = 10_000
STEPS = 3_000_000
# A run of same words is noise if what changed on either side of it is this many times as long.
NOISE = 3


class Mark(StrEnum):
    """Whether words stand in both wordings, in the old or in the new alone."""

    SAME = "same"
    OLD = "old"
    NEW = "new"


class Piece(NamedTuple):
    """Words in a row with the same mark."""

    mark: Mark
    text: str


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


class _Run(NamedTuple):
    """``length`` same words, from place ``old`` in the one and place ``new`` in the other wording."""

    old: int
    new: int
    length: int


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
    found = _joined(_runs([word.text for word in old], [word.text for word in new]))
    runs = _without_noise(found, len(old), len(new))
    return [_block(words) for words in _by_block(_marked(old, new, runs))]


class _Marked(NamedTuple):
    """``opens`` is as in :class:`_Word`; ``apart`` says that the block begins here in either wording."""

    mark: Mark
    text: str
    opens: str | None
    apart: bool = False


def _marked(old: Sequence[_Word], new: Sequence[_Word], runs: Iterable[_Run]) -> Iterator[_Marked]:
    """All words of both, in one order: between two runs those that are gone, then those that are new."""
    at_old = at_new = 0
    for run in [*runs, _Run(len(old), len(new), 0)]:
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


class _Gap(NamedTuple):
    """A stretch of either wording that is not matched yet."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def _runs(old: list[str], new: list[str]) -> list[_Run]:
    """Runs of same words, in order."""
    runs: list[_Run] = []
    gaps = [_Gap(0, len(old), 0, len(new))]
    steps = STEPS + len(old) + len(new)
    while gaps:
        head, rest, tail = _trimmed(old, new, gaps.pop())
        runs += [head, tail]
        before, after = old[rest.old_start : rest.old_end], new[rest.new_start : rest.new_end]
        if before and after and steps > 0:
            steps -= len(before) + len(after)
            if anchors := _anchors(before, after):
                gaps += _between(anchors, rest)
            elif len(before) * len(after) <= SMALL_GAP:
                steps -= len(before) * len(after)
                runs += _small_runs(before, after, rest)
    return sorted(run for run in runs if run.length)


def _trimmed(old: list[str], new: list[str], gap: _Gap) -> tuple[_Run, _Gap, _Run]:
    """The same words at a gap's start, what is left, the same words at its end."""
    start, end, new_start, new_end = gap
    shorter = min(end - start, new_end - new_start)
    head = next((at for at in range(shorter) if old[start + at] != new[new_start + at]), shorter)
    rest = shorter - head
    tail = next((at for at in range(rest) if old[end - 1 - at] != new[new_end - 1 - at]), rest)
    return (
        _Run(start, new_start, head),
        _Gap(start + head, end - tail, new_start + head, new_end - tail),
        _Run(end - tail, new_end - tail, tail),
    )


def _between(anchors: Sequence[tuple[int, int]], gap: _Gap) -> Iterator[_Gap]:
    """The stretch before the first anchor, then those that begin with each: its word is matched there."""
    places = [(gap.old_start + at_old, gap.new_start + at_new) for at_old, at_new in anchors]
    ends = [(gap.old_start, gap.new_start), *places, (gap.old_end, gap.new_end)]
    for (old_start, new_start), (old_end, new_end) in pairwise(ends):
        yield _Gap(old_start, old_end, new_start, new_end)


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Places of words that occur once on either side, the most of them that are in the same order."""
    once_old, once_new = _once(old), _once(new)
    pairs = [(at, once_new[word]) for word, at in once_old.items() if word in once_new]
    return _longest_rising(pairs)


def _once(words: Sequence[str]) -> dict[str, int]:
    """Where the words stand that occur once, in order."""
    counts = Counter(words)
    return {word: at for at, word in enumerate(words) if counts[word] == 1}


def _longest_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest choice of ``pairs``, sorted by their first, whose second rises too: patience sorting."""
    tops: list[int] = []  # the smallest second that a choice of this length ends in
    ends: list[int] = []  # and where in pairs it is
    before: list[int] = []  # for each pair the one before it in the best choice that ends in it
    for at, (_, second) in enumerate(pairs):
        length = bisect_left(tops, second)
        tops[length : length + 1] = [second]
        ends[length : length + 1] = [at]
        before.append(ends[length - 1] if length else -1)
    chosen = []
    at = ends[-1] if ends else -1
    while at >= 0:
        chosen.append(pairs[at])
        at = before[at]
    return chosen[::-1]


def _joined(runs: Iterable[_Run]) -> list[_Run]:
    """Runs that follow one another on both sides as one."""
    joined: list[_Run] = []
    for run in runs:
        last = joined[-1] if joined else None
        if last and (last.old + last.length, last.new + last.length) == (run.old, run.new):
            joined[-1] = last._replace(length=last.length + run.length)
        else:
            joined.append(run)
    return joined


def _small_runs(before: Sequence[str], after: Sequence[str], gap: _Gap) -> Iterator[_Run]:
    for match in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        yield _Run(gap.old_start + match.a, gap.new_start + match.b, match.size)


def _without_noise(runs: Sequence[_Run], old_end: int, new_end: int) -> list[_Run]:
    """Drop runs so short between so large changes that they only tear these apart: "und" amid rewriting."""
    kept: list[_Run] = []
    at_old = at_new = 0
    for run, following in pairwise([*runs, _Run(old_end, new_end, 0)]):
        before = max(run.old - at_old, run.new - at_new)
        after = max(following.old - run.old, following.new - run.new) - run.length
        if run.length * NOISE > min(before, after):
            kept.append(run)
            at_old, at_new = run.old + run.length, run.new + run.length
    return kept
