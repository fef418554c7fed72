"""Words that a source truncated, matched with the words they can have been. Pure.

``bed…`` and ``bedeutet das`` can be the same words, so a diff must not show one as an edit of the other. Such
words become one word with the same key in both texts; all others are unchanged.
"""

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from archive.dump.grammar import MISSING
from archive.model import Article
from archive.reading.same_wording import transliterate, truncations_of
from archive.text.word_match import MatchingRun, all_matching_runs

UNLIMITED = 1 << 30  # characters: more than any text has
MAX_WORDS_AHEAD = 200  # words searched for what one truncated word can have been
MAX_STARTS = 10  # candidate starts tried among them, to bound the time for many truncations


class Word(NamedTuple):
    """A word to compare.

    ``text`` has :data:`MISSING` at each truncation, of at most ``missing`` characters in all. ``opens`` is
    the mark of the block that the word begins, ``"## "`` or ``""``; None within a block. ``other_key``
    replaces the text in comparisons unless it is empty. ``place`` is for callers that number their words: of
    words that became one, it is the first one's.
    """

    text: str
    opens: str | None = None
    missing: int = 0
    other_key: str = ""
    place: int = 0

    @property
    def key(self) -> str:
        """The text to compare."""
        return self.other_key or self.text

    @property
    def shown(self) -> str:
        """The word as on its page."""
        return self.text.replace(MISSING, "…")


def marked_field(article: Article, field: str) -> tuple[str, list[int]]:
    """Return a field with :data:`MISSING` at each truncation, and the most characters missing at each."""
    text, cuts = getattr(article, field) or "", truncations_of(article, field)
    ends = [0, *(cut.offset + 1 for cut in cuts)]
    pieces = [text[end : cut.offset] for end, cut in zip(ends, cuts, strict=False)]
    most = [UNLIMITED if cut.max_missing is None else cut.max_missing for cut in cuts]
    return MISSING.join([*pieces, text[ends[-1] :]]), most


def with_missing(words: Sequence[Word], most: Sequence[int]) -> list[Word]:
    """Return the words with the most characters missing in each; ``most`` is by truncation."""
    left = iter(most)
    return [
        word._replace(missing=sum(next(left, 0) for _ in range(word.text.count(MISSING))))
        if MISSING in word.text
        else word
        for word in words
    ]


def match_truncated(
    old: list[Word], new: list[Word], *, folds: bool = False
) -> tuple[list[Word], list[Word]]:
    """Return both texts with each truncated word and the words it can have been as one word of one key.

    With ``folds`` words are compared transliterated, and twice as many characters can be missing.
    """
    if folds:
        old, new = list(map(_folded, old)), list(map(_folded, new))
    if any(word.missing for word in old):
        old, new = _filled(old, new)
    if any(word.missing for word in new):
        new, old = _filled(new, old)
    return old, new


def _folded(word: Word) -> Word:
    return word._replace(other_key=transliterate(word.text), missing=2 * word.missing)


def _filled(cut: list[Word], other: list[Word]) -> tuple[list[Word], list[Word]]:
    """Match the truncated words of the first text, gap by gap between the words that both have."""
    runs = [
        MatchingRun(0, 0, 0),
        *all_matching_runs([word.key for word in cut], [word.key for word in other]),
    ]
    first, second = list[Word](), list[Word]()
    for run, following in pairwise([*runs, MatchingRun(len(cut), len(other), 0)]):
        at, at_other = run.old + run.length, run.new + run.length
        gap = _gap_filled(cut[at : following.old], other[at_other : following.new])
        first += [*cut[run.old : at], *gap[0]]
        second += [*other[run.new : at_other], *gap[1]]
    return first, second


def _gap_filled(cut: Sequence[Word], other: Sequence[Word]) -> tuple[list[Word], list[Word]]:
    first, second = list[Word](), list[Word]()
    done = 0  # words of the other text matched or skipped so far
    for at, word in enumerate(cut):
        found = _found(word, other, done, opens_gap=at == 0) if word.missing else None
        if found is None:
            first.append(word)
        else:
            start, end = found
            both = _matched(word, other[start:end])
            first += both[:1]
            second += [*other[done:start], *both[1:]]
            done = end
    return first, [*second, *other[done:]]


def _found(word: Word, other: Sequence[Word], done: int, *, opens_gap: bool) -> tuple[int, int] | None:
    """Return the longest range of the other text that a truncated word can have been, or None."""
    before, _, after = word.key.partition(MISSING)
    after = after.rpartition(MISSING)[2]
    for start in islice(_starts(before, other, done, opens_gap=opens_gap), MAX_STARTS):
        if count := _longest(word, len(before), after, other[start : start + MAX_WORDS_AHEAD]):
            return start, start + count
    return (done, done) if opens_gap and word.key == MISSING else None


def _starts(before: str, other: Sequence[Word], done: int, *, opens_gap: bool) -> Iterator[int]:
    """Yield where in the other text a truncated word that begins with ``before`` can start."""
    if before:
        near = range(done, min(done + MAX_WORDS_AHEAD, len(other)))
        yield from (start for start in near if other[start].key.startswith(before))
    elif opens_gap:
        yield done


def _longest(word: Word, before: int, after: str, others: Sequence[Word]) -> int:
    """Return how many of the words the truncated one can have been at most; 0 if none."""
    length, longest = -1, 0
    for count, other in enumerate(others, start=1):
        length += 1 + len(other.key)
        if length - before - len(after) > word.missing:
            break
        if length >= before + len(after) and other.key.endswith(after):
            longest = count
    return longest


def _matched(word: Word, others: Sequence[Word]) -> list[Word]:
    """Return a word of the same key for each text; empty if the truncation hides no word."""
    if not others:
        return []
    text, key = (
        " ".join(parts) for parts in zip(*((other.text, other.key) for other in others), strict=True)
    )
    return [
        word._replace(other_key=key, missing=0),
        Word(text, others[0].opens, other_key=key, place=others[0].place),
    ]
