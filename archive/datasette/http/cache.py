"""What takes long to count and may be a minute old, remembered."""

from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import TypeVar

MINUTE = 60.0  # seconds
MOST = 100  # things remembered

Thing = TypeVar("Thing")
_known: dict[Hashable, tuple[float, object]] = {}
_lock = Lock()


def remembered(key: Hashable, make: Callable[[], Thing]) -> Thing:
    """What ``make`` returned for this key within the last minute. The key begins with the archive's path."""
    with _lock:
        until, thing = _known.get(key, (0.0, None))
    if monotonic() < until:
        return thing  # type: ignore[return-value]  # made for the same key
    made = make()
    with _lock:
        if len(_known) >= MOST:
            _known.clear()
        _known[key] = (monotonic() + MINUTE, made)
    return made
