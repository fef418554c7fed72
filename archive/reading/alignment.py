"""How two texts with cut places can be read side by side, so that both tell of one text. Pure.

Both are read at once, from their beginnings to their ends. What one shows while the other is cut is part of
what that lost; what both show is the same.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archive.dump.grammar import MISSING

# Moves that may be tried; a page of 10,000 words with 100 cuts takes some 700. One made to take more agrees
# with nothing but itself; if only all its ways do, none is sure.
MAX_MOVES, MAX_MOVES_FOR_ALL = 150_000, 20_000
MAX_STRIDE = 500  # characters that are looked at in a move, so that none takes long


class Pattern(NamedTuple):
    """``text`` has :data:`MISSING` at each cut place, of which ``limits`` say how much is missing at most.

    A limit is in characters; None is any number of them.
    """

    text: str
    limits: tuple[int | None, ...] = ()

    @property
    def is_complete(self) -> bool:
        return not self.limits

    def is_truncated_at(self, place: int) -> bool:
        return self.text.startswith(MISSING, place)

    def visible_from(self, place: int) -> str:
        """What it shows from there to the next cut, or the beginning of that."""
        end = self.text.find(MISSING, place, place + MAX_STRIDE)
        return self.text[place : end if end >= 0 else place + MAX_STRIDE]


class Cursor(NamedTuple):
    """How far a pattern is read: to ``at``, past ``cut`` cuts, and ``spent`` characters into the next."""

    at: int = 0
    truncations_passed: int = 0
    consumed: int = 0

    def advance(self, characters: int) -> "Cursor":
        return self._replace(at=self.at + characters)

    def pass_truncation(self) -> "Cursor":
        return Cursor(self.at + 1, self.truncations_passed + 1)


class CursorPair(NamedTuple):
    """How far the one and the other are read."""

    one: Cursor = Cursor()
    other: Cursor = Cursor()


_BEGINNING = CursorPair()
Move = tuple[CursorPair, CursorPair]


def find_alignment(one: Pattern, other: Pattern) -> list[Move]:
    """The moves of one way through both, of the shortest fillings; none if there is no way."""
    before, there = _tried(one, other, MAX_MOVES, until=_ends(one, other)), _ends(one, other)
    moves = []
    while before.get(there):
        moves.append((before[there][0], there))
        there = before[there][0]
    return moves


def all_alignments(one: Pattern, other: Pattern) -> list[Move]:
    """The moves of all ways through both, in no order; none if there is no way, or too many to try."""
    before = _tried(one, other, MAX_MOVES_FOR_ALL)
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


def _ends(one: Pattern, other: Pattern) -> CursorPair:
    first, second = (Cursor(len(pattern.text), len(pattern.limits)) for pattern in (one, other))
    return CursorPair(first, second)


def _tried(
    one: Pattern, other: Pattern, most: int, until: CursorPair | None = None
) -> dict[CursorPair, list[CursorPair]]:
    """For all places that can be come to, from where; nothing if there are too many to try."""
    before: dict[CursorPair, list[CursorPair]] = {_BEGINNING: []}
    todo = [_BEGINNING]
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


def _moves(here: CursorPair, one: Pattern, other: Pattern) -> Iterator[CursorPair]:
    """Where one can get to next."""
    first, second = here
    if one.is_truncated_at(first.at) and other.is_truncated_at(second.at):
        yield CursorPair(first.pass_truncation(), second)
        yield CursorPair(first, second.pass_truncation())
    elif one.is_truncated_at(first.at):
        yield from (CursorPair(lost, shown) for lost, shown in _lost(one, first, other, second))
    elif other.is_truncated_at(second.at):
        yield from (CursorPair(shown, lost) for lost, shown in _lost(other, second, one, first))
    else:
        runs = one.visible_from(first.at), other.visible_from(second.at)
        run = min(map(len, runs))
        if run and runs[0][:run] == runs[1][:run]:
            yield CursorPair(first.advance(run), second.advance(run))


def _lost(cut: Pattern, lost: Cursor, told: Pattern, shown: Cursor) -> Iterator[Sequence[Cursor]]:
    """How much of what one shows next can be what the other lost: up to where that can go on, or all."""
    run = told.visible_from(shown.at)
    limit = cut.limits[lost.truncations_passed]
    most = len(run) if limit is None else limit - lost.consumed
    if run and lost.at + 1 < len(cut.text):
        for length in _goes_on(run, cut.visible_from(lost.at + 1), min(most, len(run) - 1)):
            yield lost.pass_truncation(), shown.advance(length)
    if len(run) <= most:
        ended = shown.at + len(run) == len(told.text)
        spent = 0 if limit is None else lost.consumed + len(run)
        yield lost.pass_truncation() if ended else lost._replace(consumed=spent), shown.advance(len(run))


def _goes_on(run: str, after: str, most: int) -> Iterator[int]:
    """Where in a run, at most so far in, what comes after a cut can stand; it may go on behind the run."""
    within = most + len(after)
    place = run.find(after, 0, within)
    while place >= 0:
        yield place
        place = run.find(after, place + 1, within)
    beyond = range(max(len(run) - len(after) + 1, 0), most + 1)
    yield from (place for place in beyond if after.startswith(run[place:]))
