"""Figures: how often a second, and beside what in the same run."""

from collections.abc import Callable
from statistics import median
from time import perf_counter

ROUNDS = 3


def per_second(count: int, work: Callable[[], object]) -> float:
    """How many of ``count`` things ``work`` does a second: the median of a few rounds."""
    seconds = []
    for _ in range(ROUNDS):
        started = perf_counter()
        work()
        seconds.append(perf_counter() - started)
    return count / median(seconds)


def show(what: str, figure: float, unit: str, note: str = "") -> None:
    """One figure, one line."""
    print(f"{what:<56}{figure:>12,.{2 if figure < 100 else 0}f} {unit:<14}{note}")
