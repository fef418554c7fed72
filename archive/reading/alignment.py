"""How two texts with cut places can be read side by side, so that both tell of one text. Pure.

Both are read at once, from their beginnings to their ends. What one shows while the other is cut is part of
what that lost; what both show is the same.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archive.dump.grammar import CUT

# Moves that may be tried; a page of 10,000 words with 100 cuts takes some 700. One made to take more agrees
# with nothing but itself; if only all its ways do, none is sure.
MOST_MOVES, MOST_OF_ALL = 150_000, 20_000
AT_ONCE = 500  # characters that are looked at in a move, so that none takes long


class Pattern(NamedTuple):
    """``text`` has :data:`CUT` at each cut place, of which ``limits`` say how much is missing at most.

    A limit is in characters; None is any number of them.
    """

    text: str
    limits: tuple[int | None, ...] = ()

    @property
    def whole(self) -> bool:
        return not self.limits

    def cut_at(self, place: int) -> bool:
        return self.text.startswith(CUT, place)

    def shown(self, place: int) -> str:
        """What it shows from there to the next cut, or the beginning of that."""
        end = self.text.find(CUT, place, place + AT_ONCE)
        return self.text[place : end if end >= 0 else place + AT_ONCE]


class Place(NamedTuple):
    """How far a pattern is read: to ``at``, past ``cut`` cuts, and ``spent`` characters into the next."""

    at: int = 0
    cut: int = 0
    spent: int = 0

    def on(self, characters: int) -> "Place":
        return self._replace(at=self.at + characters)

    def past_cut(self) -> "Place":
        return Place(self.at + 1, self.cut + 1)


class Places(NamedTuple):
    """How far the one and the other are read."""

    one: Place = Place()
    other: Place = Place()


BEGIN = Places()
Move = tuple[Places, Places]


def one_way(one: Pattern, other: Pattern) -> list[Move]:
    """The moves of one way through both, of the shortest fillings; none if there is no way."""
    before, there = _tried(one, other, MOST_MOVES, until=_ends(one, other)), _ends(one, other)
    moves = []
    while before.get(there):
        moves.append((before[there][0], there))
        there = before[there][0]
    return moves


def all_ways(one: Pattern, other: Pattern) -> list[Move]:
    """The moves of all ways through both, in no order; none if there is no way, or too many to try."""
    before = _tried(one, other, MOST_OF_ALL)
    todo = [_ends(one, other)]
    moves, seen = [], set(todo)
    while todo:
        there = todo.pop()
        for here in before.get(there, ()):
            moves.append((here, there))
            if here not in seen:
                seen.add(here)
                todo.append(here)
    return moves


def _ends(one: Pattern, other: Pattern) -> Places:
    first, second = (Place(len(pattern.text), len(pattern.limits)) for pattern in (one, other))
    return Places(first, second)


def _tried(
    one: Pattern, other: Pattern, most: int, until: Places | None = None
) -> dict[Places, list[Places]]:
    """For all places that can be come to, from where; nothing if there are too many to try."""
    before: dict[Places, list[Places]] = {BEGIN: []}
    todo = [BEGIN]
    moves = 0
    while todo and until not in before:
        here = todo.pop()
        on = list(_moves(here, one, other))
        todo += [there for there in reversed(on) if there not in before]
        for there in on:
            before.setdefault(there, []).append(here)
        moves += len(on)
        if moves > most:
            return {}
    return before


def _moves(here: Places, one: Pattern, other: Pattern) -> Iterator[Places]:
    """Where one can get to next."""
    first, second = here
    if one.cut_at(first.at) and other.cut_at(second.at):
        yield Places(first.past_cut(), second)
        yield Places(first, second.past_cut())
    elif one.cut_at(first.at):
        yield from (Places(lost, shown) for lost, shown in _lost(one, first, other, second))
    elif other.cut_at(second.at):
        yield from (Places(shown, lost) for lost, shown in _lost(other, second, one, first))
    else:
        runs = one.shown(first.at), other.shown(second.at)
        run = min(map(len, runs))
        if run and runs[0][:run] == runs[1][:run]:
            yield Places(first.on(run), second.on(run))


def _lost(cut: Pattern, lost: Place, told: Pattern, shown: Place) -> Iterator[Sequence[Place]]:
    """How much of what one shows next can be what the other lost: up to where that can go on, or all."""
    run = told.shown(shown.at)
    limit = cut.limits[lost.cut]
    most = len(run) if limit is None else limit - lost.spent
    if run and lost.at + 1 < len(cut.text):
        for length in _goes_on(run, cut.shown(lost.at + 1), min(most, len(run) - 1)):
            yield lost.past_cut(), shown.on(length)
    if len(run) <= most:
        ended = shown.at + len(run) == len(told.text)
        spent = 0 if limit is None else lost.spent + len(run)
        yield lost.past_cut() if ended else lost._replace(spent=spent), shown.on(len(run))


def _goes_on(run: str, after: str, most: int) -> Iterator[int]:
    """Where in a run, at most so far in, what comes after a cut can stand; it may go on behind the run."""
    within = most + len(after)
    place = run.find(after, 0, within)
    while place >= 0:
        yield place
        place = run.find(after, place + 1, within)
    beyond = range(max(len(run) - len(after) + 1, 0), most + 1)
    yield from (place for place in beyond if after.startswith(run[place:]))
