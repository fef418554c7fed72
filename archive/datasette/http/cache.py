"""A cache for values that are slow to compute and may be a minute old."""

from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import TypeVar

CACHE_SECONDS = 60.0
MAX_CACHE_ENTRIES = 100

Thing = TypeVar("Thing")
_entries: dict[Hashable, tuple[float, object]] = {}
_lock = Lock()


def cached(key: Hashable, make: Callable[[], Thing]) -> Thing:
    """Return the value that ``make`` returned for this key in the last minute, or call it."""
    with _lock:
        until, thing = _entries.get(key, (0.0, None))
    if monotonic() < until:
        return thing  # type: ignore[return-value]  # made for the same key
    made = make()
    with _lock:
        if len(_entries) >= MAX_CACHE_ENTRIES:
            _entries.clear()
        _entries[key] = (monotonic() + CACHE_SECONDS, made)
    return made
