"""Find the capture whose page kills the process that parses it."""

from collections.abc import Callable


def deadly_place(is_deadly: Callable[[int, int], bool], count: int) -> int | None:
    """Return the place, from 0, of one of ``count`` captures that kills its process without any other.

    ``is_deadly`` tries the captures from a place up to another, which is not included. Return None if there
    is no such capture: several of them together may need too much memory.
    """
    first, end, is_tried = 0, count, False
    while end - first > 1:
        middle = (first + end) // 2
        is_tried = is_deadly(first, middle)  # if so, what is left is deadly; if not, the other half may be
        first, end = (first, middle) if is_tried else (middle, end)
    return first if first < end and (is_tried or is_deadly(first, end)) else None
