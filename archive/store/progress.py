"""How long work of the store reports its progress."""

from collections.abc import Callable

Advance = Callable[[int], object]  # called with each further amount that is done
