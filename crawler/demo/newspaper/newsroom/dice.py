"""Reproducible randomness: the same on any machine and in any order of calls."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A random generator named for what it decides, such as ``Dice(seed, 6081430, "lead")``.

    It uses ``Random.random`` only, whose numbers Python guarantees for all versions.
    """

    __slots__ = ("roll",)

    def __init__(self, *name: object) -> None:
        self.roll = Random("/".join(map(str, name))).random  # noqa: S311 -- makes up stories, no secrets

    def chance(self, probability: float) -> bool:
        return self.roll() < probability

    def number(self, low: int, high: int) -> int:
        """Return an integer from ``low`` to ``high``, inclusive."""
        return low + int(self.roll() * (high - low + 1))

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self.roll() * len(options))]

    def sample(self, options: Sequence[T], most: int) -> list[T]:
        """Return up to ``most`` different options in random order."""
        pool = list(options)
        return [pool.pop(int(self.roll() * len(pool))) for _ in range(min(most, len(pool)))]

    def weighted(self, weights: dict[T, int]) -> T:
        """Return one of the keys with a probability proportional to its weight."""
        ends = list(accumulate(weights.values()))
        return list(weights)[bisect_right(ends, self.roll() * ends[-1])]
