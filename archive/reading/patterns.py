"""Texts with places that were cut, and the ways to read two of them side by side. Pure.

A cut place is a wildcard of bounded length: a text fits a pattern if it has what the pattern shows and, at
each cut, no more than can be missing there.
"""

from collections.abc import Iterator
from typing import NamedTuple

from archive.dump.grammar import CUT

Span = tuple[int, int]  # of places in a text, the second behind it
# Steps that may be taken to read two patterns; a page of 10,000 words with 100 cuts takes some 2,000. A
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


def lower(one: int | None, other: int | None) -> int | None:
    return min((limit for limit in (one, other) if limit is not None), default=None)


class Place(NamedTuple):
    """How far a pattern is read: to ``at``, past ``cut`` cuts, and ``spent`` characters into the next."""

    at: int = 0
    cut: int = 0
    spent: int = 0

    def past_cut(self) -> "Place":
        return Place(self.at + 1, self.cut + 1)


class Step(NamedTuple):
    """How far both are read, what of the text was read to come here, and the step before.

    If ``read`` is :data:`CUT`, ``limit`` is how much is missing there.
    """

    places: tuple[Place, Place]
    read: str = ""
    limit: int | None = None
    before: "Step | None" = None

    @property
    def start(self) -> tuple[Place, Place]:
        """How far both were read before it."""
        assert self.before
        return self.before.places


def way(*patterns: Pattern) -> list[Step] | None:
    """The steps of a way to read both to their ends, the shortest fillings tried first; or None."""
    ends = tuple(len(pattern.text) for pattern in patterns)
    seen: set[tuple[Place, ...]] = set()
    ways = [Step((Place(), Place()))]
    while ways and len(seen) < MOST_STEPS:
        step = ways.pop()
        if tuple(place.at for place in step.places) == ends:
            return _steps_to(step)
        if step.places not in seen:
            seen.add(step.places)
            ways += _ways_on(step, patterns)
    return None


def _steps_to(step: Step) -> list[Step]:
    """The steps, in order, that each have one before them."""
    steps = []
    while step.before:
        steps.append(step)
        step = step.before
    return steps[::-1]


def all_ways(*patterns: Pattern) -> set[Span] | None:
    """How far both are read at all steps that lead to their ends; None if there are more than MOST_STEPS."""
    begin = (Place(), Place())
    came_from: dict[tuple[Place, Place], list[tuple[Place, Place]]] = {begin: []}
    ways = [begin]
    while ways and len(came_from) < MOST_STEPS:
        here = ways.pop()
        for step in _ways_on(Step(here), patterns):
            if step.places not in came_from:
                ways.append(step.places)
            came_from.setdefault(step.places, []).append(here)
    return None if ways else _leading_on(came_from, *patterns)


def _leading_on(
    came_from: dict[tuple[Place, Place], list[tuple[Place, Place]]], *patterns: Pattern
) -> set[Span]:
    """Of all steps those that lead to the ends."""
    one, other = patterns
    ways = [
        places for places in came_from if (places[0].at, places[1].at) == (len(one.text), len(other.text))
    ]
    seen = set(ways)
    while ways:
        before = [places for places in came_from[ways.pop()] if places not in seen]
        seen.update(before)
        ways += before
    return {(first.at, second.at) for first, second in seen}


def _ways_on(step: Step, patterns: tuple[Pattern, ...]) -> Iterator[Step]:
    """The steps that can follow, the one to try first last."""
    one_cut, other_cut = (
        pattern.text.startswith(CUT, place.at) for pattern, place in zip(patterns, step.places, strict=True)
    )
    if one_cut and other_cut:
        return _both_cut(step, patterns)
    if one_cut or other_cut:
        return _one_cut(step, patterns, 0 if one_cut else 1)
    return _neither_cut(step, patterns)


def _neither_cut(step: Step, patterns: tuple[Pattern, ...]) -> Iterator[Step]:
    """Both show text: it is the same up to the next cut of either, or there is no way on."""
    one, other = (
        _shown(pattern.text, place.at) for pattern, place in zip(patterns, step.places, strict=True)
    )
    run = min(len(one), len(other))
    if run and one[:run] == other[:run]:
        first, second = (place._replace(at=place.at + run) for place in step.places)
        yield Step((first, second), one[:run], before=step)


def _shown(text: str, at: int) -> str:
    end = text.find(CUT, at)
    return text[at : end if end >= 0 else len(text)]


def _one_cut(step: Step, patterns: tuple[Pattern, ...], cut: int) -> Iterator[Step]:
    """What the other shows next is part of what was lost, or comes after it."""
    lost, shown = step.places[cut], step.places[1 - cut]
    limit, text = patterns[cut].limits[lost.cut], patterns[1 - cut].text
    if shown.at < len(text) and (limit is None or lost.spent < limit):
        within = lost._replace(spent=0 if limit is None else lost.spent + 1)
        places = _in_order(within, shown._replace(at=shown.at + 1), cut)
        yield Step(places, text[shown.at], before=step)
    yield Step(_in_order(lost.past_cut(), shown, cut), before=step)


def _in_order(lost: Place, shown: Place, cut: int) -> tuple[Place, Place]:
    return (shown, lost) if cut else (lost, shown)


def _both_cut(step: Step, patterns: tuple[Pattern, ...]) -> Iterator[Step]:
    """What is missing in both stays missing, no more of it than the stricter of them allows."""
    one, other = step.places
    missing = lower(_left(patterns[0], one), _left(patterns[1], other))
    read = "" if missing == 0 else CUT
    for places in ((one, other.past_cut()), (one.past_cut(), other), (one.past_cut(), other.past_cut())):
        yield Step(places, read, missing, step)


def _left(pattern: Pattern, place: Place) -> int | None:
    limit = pattern.limits[place.cut]
    return None if limit is None else limit - place.spent
