"""Which sentences of two texts go together, by the words that they share. Pure, and fast on any input."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

MAX_SENTENCE_DISTANCE = 0.5  # of a sentence from the one that it goes with
MIN_COMMON_LETTERS = 20  # of two sentences of which one is far from the other, as part of a longer one
MAX_SENTENCES_PER_WORD = 40  # a word that more sentences have finds none
MAX_SENTENCES_TRIED = 500_000  # sentences found by words, in one comparison
MAX_CANDIDATES = 5  # of a sentence, compared word by word

Pair = tuple[int, int]  # the index of a sentence in the old text, and in the new one
Bag = Counter[str]  # the words of a sentence, without punctuation and capitals


class Overlap(NamedTuple):
    """The letters of each of two sentences in words that match, and their shares of all its letters."""

    letters: int
    old_share: float
    new_share: float


class SentenceMatch(NamedTuple):
    """Two sentences that go together, with their distances from each other.

    A distance is None if the sentence has a closer one: ``old`` and others were merged to ``new``, or split.
    """

    old: int
    new: int
    old_distance: float | None
    new_distance: float | None

    @property
    def pair(self) -> Pair:
        return self.old, self.new


def best_matches(
    olds: Mapping[int, Bag], news: Mapping[int, Bag], in_order: Mapping[Pair, Overlap]
) -> list[SentenceMatch]:
    """Return each sentence of both texts with the closest one of the other, if that is close.

    ``in_order`` are the overlaps of a diff of both texts, which are taken where they are larger.
    """
    letters = [{at: max(_letters(bag), 1) for at, bag in bags.items()} for bags in (olds, news)]
    found = {
        pair: _overlap(
            olds[pair[0]], news[pair[1]], (letters[0][pair[0]], letters[1][pair[1]]), in_order.get(pair)
        )
        for pair in _pairs(olds, news, in_order)
    }
    close = {
        pair: overlap
        for pair, overlap in found.items()
        if overlap.letters >= MIN_COMMON_LETTERS or _is_mutual(overlap)
    }
    best_old = _best(
        {pair: (overlap.old_share, overlap.new_share) for pair, overlap in close.items()}, side=0
    )
    best_new = _best(
        {pair: (overlap.new_share, overlap.old_share) for pair, overlap in close.items()}, side=1
    )
    return [
        SentenceMatch(*pair, best_old.get(pair), best_new.get(pair))
        for pair in sorted({*best_old, *best_new})
    ]


def _is_mutual(overlap: Overlap) -> bool:
    return min(overlap.old_share, overlap.new_share) >= 1 - MAX_SENTENCE_DISTANCE


def _best(shares: Mapping[Pair, tuple[float, float]], *, side: int) -> dict[Pair, float]:
    """Return the best pair of each sentence of one side, if it is close, with its distance.

    ``shares`` are of the letters of this side and of the other. Of equals, the nearest wins, then the first.
    """
    best: dict[int, tuple[float, float, int, int]] = {}
    for pair, (own, other) in shares.items():
        rank = (-own, -other, abs(pair[0] - pair[1]), pair[1 - side])
        if own >= 1 - MAX_SENTENCE_DISTANCE and rank < best.get(pair[side], (0.0, 0.0, 0, 0)):
            best[pair[side]] = rank
    return {
        ((one, rank[3]) if side == 0 else (rank[3], one)): max(1 + rank[0], 0.0) for one, rank in best.items()
    }


def _pairs(olds: Mapping[int, Bag], news: Mapping[int, Bag], in_order: Collection[Pair]) -> set[Pair]:
    """Return the pairs of sentences to compare."""
    return {(old, new) for old, new in in_order if old in olds and new in news} | set(
        _found_by_words(olds, news)
    )


def _found_by_words(olds: Mapping[int, Bag], news: Mapping[int, Bag]) -> Iterator[Pair]:
    places = defaultdict[str, list[int]](list)
    for new, bag in news.items():
        for word in bag:
            places[word].append(new)
    steps = MAX_SENTENCES_TRIED
    for old, bag in olds.items():
        letters = Counter[int]()
        for word, count in bag.items():
            near = places.get(word, ())
            if len(near) <= min(MAX_SENTENCES_PER_WORD, steps):
                steps -= len(near)
                for new in near:
                    letters[new] += len(word) * min(count, news[new][word])
        best = sorted(letters, key=lambda new: (-letters[new], abs(new - old), new))
        yield from ((old, new) for new in best[:MAX_CANDIDATES])


def _overlap(old: Bag, new: Bag, letters: tuple[int, int], in_order: Overlap | None) -> Overlap:
    """Return what two sentences share; ``letters`` are all of theirs."""
    fewer, more = sorted((old, new), key=len)
    shared = sum(len(word) * min(count, more[word]) for word, count in fewer.items() if word in more)
    found = Overlap(shared, shared / letters[0], shared / letters[1])
    if in_order is None:
        return found
    return Overlap(
        max(found.letters, in_order.letters),
        max(found.old_share, in_order.old_share),
        max(found.new_share, in_order.new_share),
    )


def _letters(bag: Bag) -> int:
    return sum(len(word) * count for word, count in bag.items())


def moved_pairs(pairs: Collection[Pair]) -> set[Pair]:
    """Return the fewest pairs without which all others are in the same order in both texts.

    Of two that swapped places, it is the one that moved up.
    """
    ordered = sorted(pairs, reverse=True)
    tops: list[int] = []  # of the subsequences of each length, the smallest last value
    ends: list[int] = []  # its index in ordered
    before: list[int] = []
    for at, (_, new) in enumerate(ordered):
        length = bisect_right(tops, -new)
        tops[length : length + 1] = [-new]
        ends[length : length + 1] = [at]
        before.append(ends[length - 1] if length else -1)
    kept, at = set[Pair](), ends[-1] if ends else -1
    while at >= 0:
        kept.add(ordered[at])
        at = before[at]
    return set(pairs) - kept
