"""Alignments of two truncated texts that can be the same text. Pure.

Both are read in parallel from start to end. Where one is truncated, the other fills what is missing; where
both show text, they must agree.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archive.dump.grammar import MISSING

# Moves to try at most. A page of 10,000 words with 100 truncations takes about 700. A pair that needs more
# than the first counts as different; one that needs more than the second has no certain filling.
MAX_MOVES, MAX_MOVES_FOR_ALL = 150_000, 20_000
MAX_STRIDE = 500  # characters compared in one move, so that each move takes bounded time


class Pattern(NamedTuple):
    """``text`` has :data:`MISSING` at each truncation; ``limits`` has the most characters missing at each.

    None is no limit.
    """

    text: str
    limits: tuple[int | None, ...] = ()

    @property
    def is_complete(self) -> bool:
        return not self.limits

    def is_truncated_at(self, place: int) -> bool:
        return self.text.startswith(MISSING, place)

    def visible_from(self, place: int) -> str:
        """Return the text from ``place`` to the next truncation, up to :data:`MAX_STRIDE` characters."""
        end = self.text.find(MISSING, place, place + MAX_STRIDE)
        return self.text[place : end if end >= 0 else place + MAX_STRIDE]


class Cursor(NamedTuple):
    """How far a pattern is read: up to offset ``at``, past ``truncations_passed`` truncations.

    ``consumed`` counts the characters that the truncation at ``at`` has filled so far.
    """

    at: int = 0
    truncations_passed: int = 0
    consumed: int = 0

    def advance(self, characters: int) -> "Cursor":
        return self._replace(at=self.at + characters)

    def pass_truncation(self) -> "Cursor":
        return Cursor(self.at + 1, self.truncations_passed + 1)


class CursorPair(NamedTuple):
    """How far either pattern is read."""

    one: Cursor = Cursor()
    other: Cursor = Cursor()


_BEGINNING = CursorPair()
Move = tuple[CursorPair, CursorPair]


def find_alignment(one: Pattern, other: Pattern) -> list[Move]:
    """Return the moves of the alignment with the shortest fillings, last first; empty without one."""
    before, there = _search(one, other, MAX_MOVES, until=_ends(one, other)), _ends(one, other)
    moves = []
    while before.get(there):
        moves.append((before[there][0], there))
        there = before[there][0]
    return moves


def all_alignments(one: Pattern, other: Pattern) -> list[Move]:
    """Return the moves of all alignments, unordered; empty without one, or if there are too many to try."""
    before = _search(one, other, MAX_MOVES_FOR_ALL)
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


def _search(
    one: Pattern, other: Pattern, most: int, until: CursorPair | None = None
) -> dict[CursorPair, list[CursorPair]]:
    """Map each reachable pair of cursors to its predecessors; return {} if there are too many to try."""
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
    """Yield the pairs of cursors that one move leads to."""
    first, second = here
    if one.is_truncated_at(first.at) and other.is_truncated_at(second.at):
        yield CursorPair(first.pass_truncation(), second)
        yield CursorPair(first, second.pass_truncation())
    elif one.is_truncated_at(first.at):
        yield from (CursorPair(lost, shown) for lost, shown in _fill(one, first, other, second))
    elif other.is_truncated_at(second.at):
        yield from (CursorPair(shown, lost) for lost, shown in _fill(other, second, one, first))
    else:
        runs = one.visible_from(first.at), other.visible_from(second.at)
        run = min(map(len, runs))
        if run and runs[0][:run] == runs[1][:run]:
            yield CursorPair(first.advance(run), second.advance(run))


def _fill(truncated: Pattern, lost: Cursor, complete: Pattern, shown: Cursor) -> Iterator[Sequence[Cursor]]:
    """Yield where both can be once text of the complete pattern fills a truncation of the other."""
    run = complete.visible_from(shown.at)
    limit = truncated.limits[lost.truncations_passed]
    most = len(run) if limit is None else limit - lost.consumed
    if run and lost.at + 1 < len(truncated.text):
        for length in _continuations(run, truncated.visible_from(lost.at + 1), min(most, len(run) - 1)):
            yield lost.pass_truncation(), shown.advance(length)
    if len(run) <= most:
        ended = shown.at + len(run) == len(complete.text)
        spent = 0 if limit is None else lost.consumed + len(run)
        yield lost.pass_truncation() if ended else lost._replace(consumed=spent), shown.advance(len(run))


def _continuations(run: str, after: str, most: int) -> Iterator[int]:
    """Yield the offsets up to ``most`` in ``run`` where ``after`` can begin; it may extend past the run."""
    within = most + len(after)
    place = run.find(after, 0, within)
    while place >= 0:
        yield place
        place = run.find(after, place + 1, within)
    beyond = range(max(len(run) - len(after) + 1, 0), most + 1)
    yield from (place for place in beyond if after.startswith(run[place:]))
