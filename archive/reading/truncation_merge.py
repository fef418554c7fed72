"""Two truncated texts merged: what the first lost is filled with what the second certainly has. Pure.

``ab…`` and ``…b`` can be ab or abb: two truncated texts often have several alignments. Only what is the same
in all of them is certain, and filled.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from archive.dump.grammar import MISSING
from archive.reading.alignment import Cursor, Move, Pattern, all_alignments, find_alignment

Limits = tuple[int | None, ...]


class Filling(NamedTuple):
    """Characters ``start``–``end`` of a second pattern, which fill a truncation of the first.

    ``limits`` are those of the truncations left in them.
    """

    start: int
    end: int
    limits: Limits = ()


@dataclass(frozen=True, slots=True)
class MergedPattern:
    """The first of two patterns, filled from the second. Each text that fits both fits ``pattern``.

    ``fillings`` has one for each truncation of the first; None where nothing is certain. ``is_certain``:
    ``pattern`` shows everything that either pattern shows.
    """

    pattern: Pattern
    fillings: tuple[Filling | None, ...] = ()
    is_certain: bool = True


def merge_patterns(one: Pattern, other: Pattern) -> MergedPattern | None:
    """Merge two patterns; return None if no text fits both."""
    stricter = tuple(map(_lower, one.limits, other.limits))
    if one.text == other.text and stricter in (one.limits, other.limits):
        return MergedPattern(Pattern(one.text, stricter), (None,) * len(stricter))
    if one.is_complete and other.is_complete:
        return None
    way = find_alignment(one, other)
    if not way:
        return None
    # In every alignment with a complete text, the filled text is the complete one.
    fillings = tuple(_fillings(way if other.is_complete else all_alignments(one, other), one, other))
    return MergedPattern(fill_pattern(one, other, fillings), fillings, None not in fillings)


def _lower(one: int | None, other: int | None) -> int | None:
    return min((limit for limit in (one, other) if limit is not None), default=None)


def fill_pattern(one: Pattern, other: Pattern, fillings: Sequence[Filling | None]) -> Pattern:
    """Return the first pattern with its truncations filled from the second."""
    first, *pieces = one.text.split(MISSING)
    text = [first]
    limits: list[int | None] = []
    for limit, filling, piece in zip(one.limits, fillings, pieces, strict=True):
        text += [other.text[filling.start : filling.end] if filling else MISSING, piece]
        limits += filling.limits if filling else [limit]
    return Pattern("".join(text), tuple(limits))


def _fillings(moves: Iterable[Move], one: Pattern, other: Pattern) -> Iterator[Filling | None]:
    """Yield the filling of each truncation of the first; None where the alignments differ."""
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
    """Return the range of the second as a filling that is no longer than ``limit``."""
    limits = other.limits[start.truncations_passed : end.truncations_passed]
    left = None if limit is None else limit - (end.at - start.at - len(limits))
    return Filling(start.at, end.at, tuple(_lower(limit, left) for limit in limits))
