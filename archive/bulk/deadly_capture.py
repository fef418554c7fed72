"""Find the capture whose page kills the process that parses it."""

from collections.abc import Callable


def deadly_place(is_deadly: Callable[[int, int], bool], count: int) -> int | None:
    """Return the place, from 0, of one of ``count`` captures that kills its process without any other.

    ``is_deadly`` tries the captures from a place up to another, which is not included. Return None if there
    is no such capture: several of them together may need too much memory.
    """
    first, end = 0, count
    while end - first > 1:
        middle = (first + end) // 2
        if is_deadly(first, middle):
            end = middle
        else:
            first = middle
    return first if first < end and is_deadly(first, end) else None
