"""Group things in batches that are bounded in number and bytes, so that memory is."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

_T = TypeVar("_T")


def in_batches(things: Iterable[tuple[_T, int]], most: int, max_bytes: int) -> Iterator[list[_T]]:
    """Yield things, given with their bytes, in batches that end once they have ``most`` or ``max_bytes``."""
    batch: list[_T] = []
    size = 0
    for thing, thing_size in things:
        batch.append(thing)
        size += thing_size
        if len(batch) == most or size > max_bytes:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
