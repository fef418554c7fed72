"""Texts with places that were cut, and whether two of them can be one text. Pure.

A cut place is a wildcard of bounded length. Two patterns agree if some text fits both; joined, each
fills what the other lost, and what neither shows stays cut.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from archive.dump.grammar import CUT

Span = tuple[int, int]  # of places in a text, the second behind it
# Steps that may be taken to join two patterns; a page of 10,000 words with 100 cuts takes some 2,000. A
# page made to take more agrees with nothing but itself.
MOST_STEPS = 50_000


class Pattern(NamedTuple):
    """``text`` has :data:`CUT` at each cut place, of which ``limits`` say how much is missing at most.

    A limit is in characters; None is any number of them.
    """

    text: str
    limits: tuple[int | None, ...] = ()

    @property
    def whole(self) -> bool:
        return not self.limits


@dataclass(frozen=True, slots=True)
class Joined:
    """Two patterns as one. ``found`` tells for each cut of the first which stretch of the second fills it."""

    pattern: Pattern
    found: tuple[Span, ...]


def join(one: Pattern, other: Pattern) -> Joined | None:
    """All that both tell of one text; None if there is none that fits both."""
    if one.text == other.text:
        limits = tuple(map(_lower, one.limits, other.limits))
        places = (at for at, character in enumerate(one.text) if character == CUT)
        found = tuple((at, at + 1) for at in places) if limits else ()
        return Joined(Pattern(one.text, limits), found)
    if one.whole and other.whole:
        return None
    last = _read_both(one, other)
    return _joined(last, one) if last else None


def _lower(one: int | None, other: int | None) -> int | None:
    return min((limit for limit in (one, other) if limit is not None), default=None)


class _Place(NamedTuple):
    """How far a pattern is read: to ``at``, past ``cut`` cuts, and ``spent`` characters into the next."""

    at: int = 0
    cut: int = 0
    spent: int = 0

    def past_cut(self) -> "_Place":
        return _Place(self.at + 1, self.cut + 1)


class _Step(NamedTuple):
    """How far both are read, what of the text was read to come here, and the step before.

    If ``read`` is :data:`CUT`, ``limit`` is how much is missing there.
    """

    places: tuple[_Place, _Place]
    read: str = ""
    limit: int | None = None
    before: "_Step | None" = None


def _read_both(*patterns: Pattern) -> _Step | None:
    """The last step of a way to read both to their ends, the shortest fillings tried first."""
    ends = tuple(len(pattern.text) for pattern in patterns)
    seen: set[tuple[_Place, ...]] = set()
    ways = [_Step((_Place(), _Place()))]
    while ways and len(seen) < MOST_STEPS:
        step = ways.pop()
        if tuple(place.at for place in step.places) == ends:
            return step
        if step.places not in seen:
            seen.add(step.places)
            ways += _ways_on(step, patterns)
    return None


def _ways_on(step: _Step, patterns: tuple[Pattern, ...]) -> Iterator[_Step]:
    """The steps that can follow, the one to try first last."""
    one_cut, other_cut = (
        pattern.text.startswith(CUT, place.at) for pattern, place in zip(patterns, step.places, strict=True)
    )
    if one_cut and other_cut:
        return _both_cut(step, patterns)
    if one_cut or other_cut:
        return _one_cut(step, patterns, 0 if one_cut else 1)
    return _neither_cut(step, patterns)


def _neither_cut(step: _Step, patterns: tuple[Pattern, ...]) -> Iterator[_Step]:
    """Both show text: it is the same up to the next cut of either, or there is no way on."""
    one, other = (
        _shown(pattern.text, place.at) for pattern, place in zip(patterns, step.places, strict=True)
    )
    run = min(len(one), len(other))
    if run and one[:run] == other[:run]:
        first, second = (place._replace(at=place.at + run) for place in step.places)
        yield _Step((first, second), one[:run], before=step)


def _shown(text: str, at: int) -> str:
    end = text.find(CUT, at)
    return text[at : end if end >= 0 else len(text)]


def _one_cut(step: _Step, patterns: tuple[Pattern, ...], cut: int) -> Iterator[_Step]:
    """What the other shows next is part of what was lost, or comes after it."""
    lost, shown = step.places[cut], step.places[1 - cut]
    limit, text = patterns[cut].limits[lost.cut], patterns[1 - cut].text
    if shown.at < len(text) and (limit is None or lost.spent < limit):
        within = lost._replace(spent=0 if limit is None else lost.spent + 1)
        places = _in_order(within, shown._replace(at=shown.at + 1), cut)
        yield _Step(places, text[shown.at], before=step)
    yield _Step(_in_order(lost.past_cut(), shown, cut), before=step)


def _in_order(lost: _Place, shown: _Place, cut: int) -> tuple[_Place, _Place]:
    return (shown, lost) if cut else (lost, shown)


def _both_cut(step: _Step, patterns: tuple[Pattern, ...]) -> Iterator[_Step]:
    """What is missing in both stays missing, no more of it than the stricter of them allows."""
    one, other = step.places
    missing = _lower(_left(patterns[0], one), _left(patterns[1], other))
    read = "" if missing == 0 else CUT
    for places in ((one, other.past_cut()), (one.past_cut(), other), (one.past_cut(), other.past_cut())):
        yield _Step(places, read, missing, step)


def _left(pattern: Pattern, place: _Place) -> int | None:
    limit = pattern.limits[place.cut]
    return None if limit is None else limit - place.spent


def _joined(last: _Step, one: Pattern) -> Joined:
    steps = list(_steps_to(last))[::-1]
    text = "".join(step.read for step in steps)
    limits = tuple(step.limit for step in steps if step.read == CUT)
    reached: dict[int, int] = {}  # how far the other was read when the first came to a place
    left: dict[int, int] = {}  # and when it had left so many cuts behind
    for step in steps:
        first, second = step.places
        reached.setdefault(first.at, second.at)
        left.setdefault(first.cut, second.at)
    places = (at for at, character in enumerate(one.text) if character == CUT)
    found = tuple((reached[at], left[cut]) for cut, at in enumerate(places, start=1))
    return Joined(Pattern(text, limits), found)


def _steps_to(last: _Step) -> Iterator[_Step]:
    step: _Step | None = last
    while step:
        yield step
        step = step.before
