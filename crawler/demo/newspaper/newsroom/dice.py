"""Chance that falls the same way every time: on any machine, in any order of asking."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Dice named by what they decide: ``Dice(seed, 6081430, "lead")`` always throws the same numbers.

    Everything is built on ``Random.random``, the one method whose numbers Python promises to keep.
    """

    __slots__ = ("roll",)

    def __init__(self, *name: object) -> None:
        self.roll = Random("/".join(map(str, name))).random  # noqa: S311 -- makes up stories, no secrets

    def chance(self, probability: float) -> bool:
        return self.roll() < probability

    def number(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self.roll() * (high - low + 1))

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self.roll() * len(options))]

    def sample(self, options: Sequence[T], most: int) -> list[T]:
        """Up to ``most`` different ones, in a random order."""
        pool = list(options)
        return [pool.pop(int(self.roll() * len(pool))) for _ in range(min(most, len(pool)))]

    def weighted(self, weights: dict[T, int]) -> T:
        """One of the keys, as often as its weight says."""
        ends = list(accumulate(weights.values()))
        return list(weights)[bisect_right(ends, self.roll() * ends[-1])]
