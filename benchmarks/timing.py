"""Measuring and printing figures."""

from collections.abc import Callable
from statistics import median
from time import perf_counter

ROUNDS = 3


def per_second(count: int, work: Callable[[], object]) -> float:
    """Return ``count`` divided by the seconds that ``work`` takes, the median of ROUNDS calls."""
    seconds = []
    for _ in range(ROUNDS):
        started = perf_counter()
        work()
        seconds.append(perf_counter() - started)
    return count / median(seconds)


def show(what: str, figure: float, unit: str, note: str = "") -> None:
    """Print a figure on one line."""
    print(f"{what:<56}{figure:>12,.{2 if figure < 100 else 0}f} {unit:<14}{note}")
