"""What two patterns tell of one text. Pure.

Two patterns agree if some text fits both. Joined, each fills what the other lost, and what neither
shows stays cut.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from math import inf
from typing import NamedTuple

from archive.dump.grammar import CUT
from archive.reading.patterns import Pattern, Span, Step, all_ways, lower, way

# Characters that both show between their cuts. Laid side by side in another way, the two would have these
# twice within what a line can lose: common with one letter, with so many made up.
ANCHORED = 8


class Filling(NamedTuple):
    """What a second pattern has for a cut of the first: these ``spans`` of it, one after the other.

    Where both are cut that text has a :data:`CUT`, of which ``limits`` say what is missing. ``sure`` says
    that nothing else can stand here, or that both show :data:`ANCHORED` characters between this and any cut
    of the second.
    """

    spans: tuple[Span, ...]
    limits: tuple[int | None, ...] = ()
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Joined:
    """Two patterns as one, and what the second has for each cut of the first.

    If it is not ``sure``, there are other texts that fit both than those that fit ``pattern``.
    """

    pattern: Pattern
    fillings: tuple[Filling, ...]
    sure: bool = True


def join(one: Pattern, other: Pattern) -> Joined | None:
    """All that both tell of one text; None if there is none that fits both."""
    if one.text == other.text:
        return _same(one, other)
    if one.whole and other.whole:
        return None
    steps = way(one, other)
    if steps is None:
        return None
    joined = _joined(steps, one, other)
    return joined if one.whole or other.whole else _compared(joined, steps, one, other)


def _same(one: Pattern, other: Pattern) -> Joined:
    limits = tuple(map(lower, one.limits, other.limits))
    if not limits:
        return Joined(one, ())
    sure = limits in (one.limits, other.limits)
    places = (at for at, character in enumerate(one.text) if character == CUT)
    fillings = (Filling(((at, at + 1),), (limit,), sure) for at, limit in zip(places, limits, strict=True))
    return Joined(Pattern(one.text, limits), tuple(fillings), sure)


def _compared(joined: Joined, steps: list[Step], one: Pattern, other: Pattern) -> Joined:
    """Two that are both cut can often be laid side by side in several ways: ``ab…`` and ``…b`` as ab, or abb.

    What they show where no way leaves that of these ``steps`` is sure.
    """
    aside = _aside(steps, one, other)
    if aside is None:
        return replace(joined, sure=False)
    cuts = [-1, *(at for at, character in enumerate(one.text) if character == CUT), len(one.text)]
    fillings = tuple(
        filling._replace(sure=filling.sure or bisect_left(aside, before) == bisect_right(aside, after))
        for filling, before, after in zip(joined.fillings, cuts, cuts[2:], strict=False)
    )
    return Joined(joined.pattern, fillings, sure=not aside)


def _aside(steps: list[Step], one: Pattern, other: Pattern) -> list[int] | None:
    """Where in the first pattern a way goes that these steps do not; None if there are too many to look."""
    ways = all_ways(one, other)
    if ways is None:
        return None
    taken = {(first.at, second.at) for step in steps for first, second in (step.places, step.start)}
    for first, second in list(taken):
        both_cut = one.text.startswith(CUT, first) and other.text.startswith(CUT, second)
        if both_cut and (first + 1, second + 1) in taken:  # past two cuts one goes in any order
            taken |= {(first + 1, second), (first, second + 1)}
    return sorted(first for first, _ in ways - taken)


def _joined(steps: list[Step], one: Pattern, other: Pattern) -> Joined:
    """What these steps read; a place where nothing can be missing is no cut any more."""
    limits = _limits(steps, one, other)
    read = ["" if limit == 0 else step.read for step, limit in zip(steps, limits, strict=True)]
    left = tuple(limit for piece, limit in zip(read, limits, strict=True) if piece == CUT)
    fillings = [Filling((), sure=shown >= ANCHORED) for shown in _anchored(steps, one, other)]
    for step, piece, limit in zip(steps, read, limits, strict=True):
        first, second = step.start
        if piece and one.text.startswith(CUT, first.at):
            fillings[first.cut] = _filled(fillings[first.cut], step, second.at, limit)
    return Joined(Pattern("".join(read), left), tuple(fillings))


def _filled(filling: Filling, step: Step, start: int, limit: int | None) -> Filling:
    """One more stretch of the second pattern, which follows the last one or has a cut before it."""
    cut = step.read == CUT
    span = (start, start + 1 if cut else step.places[1].at)
    limits = (*filling.limits, limit) if cut else filling.limits
    return filling._replace(spans=(*filling.spans, span), limits=limits)


def _limits(steps: list[Step], *patterns: Pattern) -> list[int | None]:
    """How much is missing at each step that reads a cut, less what the same cut stood for elsewhere."""
    spent: Counter[tuple[int, int]] = Counter()  # by pattern and cut
    for step in steps:
        for which, place in enumerate(step.places):
            spent[which, place.cut] = max(place.spent, spent[which, place.cut])
    return [_limit(step, patterns, spent) if step.read == CUT else None for step in steps]


def _limit(step: Step, patterns: tuple[Pattern, ...], spent: Counter[tuple[int, int]]) -> int | None:
    lowest = None
    for which, (place, pattern) in enumerate(zip(step.start, patterns, strict=True)):
        limit = pattern.limits[place.cut]
        lowest = lower(lowest, None if limit is None else limit - spent[which, place.cut])
    return lowest


def _anchored(steps: list[Step], one: Pattern, other: Pattern) -> list[float]:
    """For each cut of the first, how many characters both show up to the nearest cut of the second."""
    anchored = [inf] * len(one.limits)
    for cut, shown in chain(_shown(steps, one, other), _shown(reversed(steps), one, other)):
        anchored[cut] = min(anchored[cut], shown)
    return anchored


def _shown(steps: Iterable[Step], one: Pattern, other: Pattern) -> Iterator[tuple[int, float]]:
    """At each step within a cut of the first, which cut, and what both showed since the second was cut."""
    shown = inf
    for step in steps:
        first, second = step.start
        if other.text.startswith(CUT, second.at):
            shown = 0
        if one.text.startswith(CUT, first.at):
            yield first.cut, shown
        else:
            shown += len(step.read)
