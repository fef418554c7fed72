"""How long work reports its progress."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

Advance = Callable[[int], object]  # called with each further amount that is done
Watching = Callable[[int], AbstractContextManager[Advance]]  # called with the whole amount


class CountingAdvance(Protocol):
    """Reports a further amount as done, and how many things were counted meanwhile: by default, as many."""

    def __call__(self, amount: int, counted: int | None = None, /) -> object: ...
