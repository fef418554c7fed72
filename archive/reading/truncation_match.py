"""Two texts with cut places as one: what the first lost is filled with what the second surely has. Pure.

``ab…`` and ``…b`` can be ab, or abb: two that are both cut can often be laid side by side in several ways.
What is the same in all of them is sure, and nothing else is filled.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from archive.dump.grammar import MISSING
from archive.reading.alignment import Cursor, Move, Pattern, all_alignments, find_alignment

Limits = tuple[int | None, ...]


class Filling(NamedTuple):
    """What a second pattern has for a cut of the first: its text from ``start`` to ``end``.

    Where both are cut that has a :data:`MISSING`, of which ``limits`` say how much is missing at most.
    """

    start: int
    end: int
    limits: Limits = ()


@dataclass(frozen=True, slots=True)
class MergedPattern:
    """Two patterns as one: the first, filled. Each text that fits both fits ``pattern``.

    ``fillings`` are for the cuts of the first; None where the second tells nothing for sure. ``sure`` says
    that ``pattern`` shows all that either does.
    """

    pattern: Pattern
    fillings: tuple[Filling | None, ...] = ()
    is_certain: bool = True


def merge_patterns(one: Pattern, other: Pattern) -> MergedPattern | None:
    """All that two surely tell of one text; None if there is none that fits both."""
    stricter = tuple(map(_lower, one.limits, other.limits))
    if one.text == other.text and stricter in (one.limits, other.limits):
        return MergedPattern(Pattern(one.text, stricter), (None,) * len(stricter))
    if one.is_complete and other.is_complete:
        return None
    way = find_alignment(one, other)
    if not way:
        return None
    # However a cut text is laid beside a whole one, filled it is that whole one.
    fillings = tuple(_fillings(way if other.is_complete else all_alignments(one, other), one, other))
    return MergedPattern(fill_pattern(one, other, fillings), fillings, None not in fillings)


def _lower(one: int | None, other: int | None) -> int | None:
    return min((limit for limit in (one, other) if limit is not None), default=None)


def fill_pattern(one: Pattern, other: Pattern, fillings: Sequence[Filling | None]) -> Pattern:
    """The first with what the second has for its cuts."""
    first, *pieces = one.text.split(MISSING)
    text = [first]
    limits: list[int | None] = []
    for limit, filling, piece in zip(one.limits, fillings, pieces, strict=True):
        text += [other.text[filling.start : filling.end] if filling else MISSING, piece]
        limits += filling.limits if filling else [limit]
    return Pattern("".join(text), tuple(limits))


def _fillings(moves: Iterable[Move], one: Pattern, other: Pattern) -> Iterator[Filling | None]:
    """For each cut of the first what these moves put there, if all of them put the same."""
    starts: list[set[Cursor]] = [set() for _ in one.limits]  # in the second
    ends: list[set[Cursor]] = [set() for _ in one.limits]
    if one.is_truncated_at(0):
        starts[0].add(Cursor())
    for here, (first, second) in moves:
        place = second._replace(consumed=0)
        if first.truncations_passed > here.one.truncations_passed:
            ends[here.one.truncations_passed].add(
                place.pass_truncation() if other.is_truncated_at(place.at) else place
            )
        if first.at > here.one.at and one.is_truncated_at(first.at):
            starts[first.truncations_passed].add(place)
    for limit, begun, ended in zip(one.limits, starts, ends, strict=True):
        sure = len(begun) == len(ended) == 1
        yield _filling(other, begun.pop(), ended.pop(), limit) if sure else None


def _filling(other: Pattern, start: Cursor, end: Cursor, limit: int | None) -> Filling:
    """What stands there in the second, which in all is no longer than that limit."""
    limits = other.limits[start.truncations_passed : end.truncations_passed]
    left = None if limit is None else limit - (end.at - start.at - len(limits))
    return Filling(start.at, end.at, tuple(_lower(limit, left) for limit in limits))
