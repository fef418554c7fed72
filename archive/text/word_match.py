"""Which words of two wordings match. Pure, and fast on any input.

Words are matched as in a patience diff: those that occur once on either side are anchors, and the gaps
between anchors are matched in the same way. What is left, small and made of repeated words, goes to
:mod:`difflib`, which is quadratic; large gaps without anchors count as replaced.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple

# Pairs of words that difflib compares in one gap, and steps of one diff.
MAX_DIFFLIB_PAIRS = 10_000
MAX_STEPS = 3_000_000
# A run of same words is noise if what changed on either side of it is this many times as long.
NOISE_FACTOR = 3


class MatchingRun(NamedTuple):
    """``length`` matching words, from index ``old`` in one and index ``new`` in the other wording."""

    old: int
    new: int
    length: int


def matching_runs(old: list[str], new: list[str]) -> list[MatchingRun]:
    """Return the matching runs in order, without those that only fragment a rewritten sentence."""
    return _without_noise(all_matching_runs(old, new), len(old), len(new))


def all_matching_runs(old: list[str], new: list[str]) -> list[MatchingRun]:
    """Return all matching runs in order, each as long as possible."""
    return _joined(_runs(old, new))


class _Gap(NamedTuple):
    """A range of either wording that is not matched yet."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def _runs(old: list[str], new: list[str]) -> list[MatchingRun]:
    """Return matching runs in order; adjacent ones are not joined."""
    runs: list[MatchingRun] = []
    gaps = [_Gap(0, len(old), 0, len(new))]
    steps = MAX_STEPS + len(old) + len(new)
    while gaps:
        head, rest, tail = _trimmed(old, new, gaps.pop())
        runs += [head, tail]
        before, after = old[rest.old_start : rest.old_end], new[rest.new_start : rest.new_end]
        if before and after and steps > 0:
            steps -= len(before) + len(after)
            if anchors := _anchors(before, after):
                gaps += _between(anchors, rest)
            elif len(before) * len(after) <= MAX_DIFFLIB_PAIRS:
                steps -= len(before) * len(after)
                runs += _small_runs(before, after, rest)
    return sorted(run for run in runs if run.length)


def _trimmed(old: list[str], new: list[str], gap: _Gap) -> tuple[MatchingRun, _Gap, MatchingRun]:
    """Return the matching words at a gap's start, what is left, and the matching words at its end."""
    start, end, new_start, new_end = gap
    shorter = min(end - start, new_end - new_start)
    head = next((at for at in range(shorter) if old[start + at] != new[new_start + at]), shorter)
    rest = shorter - head
    tail = next((at for at in range(rest) if old[end - 1 - at] != new[new_end - 1 - at]), rest)
    return (
        MatchingRun(start, new_start, head),
        _Gap(start + head, end - tail, new_start + head, new_end - tail),
        MatchingRun(end - tail, new_end - tail, tail),
    )


def _between(anchors: Sequence[tuple[int, int]], gap: _Gap) -> Iterator[_Gap]:
    """Yield the gap before the first anchor, then one that starts with each anchor, where it is matched."""
    places = [(gap.old_start + at_old, gap.new_start + at_new) for at_old, at_new in anchors]
    ends = [(gap.old_start, gap.new_start), *places, (gap.old_end, gap.new_end)]
    for (old_start, new_start), (old_end, new_end) in pairwise(ends):
        yield _Gap(old_start, old_end, new_start, new_end)


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the indexes of words that occur once on both sides: the most of them in the same order."""
    once_old, once_new = _once(old), _once(new)
    pairs = [(at, once_new[word]) for word, at in once_old.items() if word in once_new]
    return _longest_rising(pairs)


def _once(words: Sequence[str]) -> dict[str, int]:
    """Return the index of each word that occurs once, in order."""
    counts = Counter(words)
    return {word: at for at, word in enumerate(words) if counts[word] == 1}


def _longest_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest subsequence of ``pairs`` whose second rises, by patience sorting."""
    tops: list[int] = []  # the smallest last second of a subsequence of this length
    ends: list[int] = []  # its index in pairs
    before: list[int] = []  # for each pair its predecessor in the best subsequence that ends in it
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


def _joined(runs: Iterable[MatchingRun]) -> list[MatchingRun]:
    """Join runs that are adjacent on both sides."""
    joined: list[MatchingRun] = []
    for run in runs:
        last = joined[-1] if joined else None
        if last and (last.old + last.length, last.new + last.length) == (run.old, run.new):
            joined[-1] = last._replace(length=last.length + run.length)
        else:
            joined.append(run)
    return joined


def _small_runs(before: Sequence[str], after: Sequence[str], gap: _Gap) -> Iterator[MatchingRun]:
    for match in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        yield MatchingRun(gap.old_start + match.a, gap.new_start + match.b, match.size)


def _without_noise(runs: Sequence[MatchingRun], old_end: int, new_end: int) -> list[MatchingRun]:
    """Drop short runs between large changes, such as "und" within a rewritten sentence."""
    kept: list[MatchingRun] = []
    at_old = at_new = 0
    for run, following in pairwise([*runs, MatchingRun(old_end, new_end, 0)]):
        before = max(run.old - at_old, run.new - at_new)
        after = max(following.old - run.old, following.new - run.new) - run.length
        if run.length * NOISE_FACTOR > min(before, after):
            kept.append(run)
            at_old, at_new = run.old + run.length, run.new + run.length
    return kept
