"""Group the captures of an import: in tasks for workers, and in batches that are recorded at once.

Both are bounded in number and bytes, so that memory is.
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from archive.model import Capture
from archive.renditions.charset import MAX_PAGE_BYTES
from archive.store import MAX_BATCH, CaptureAhead, Writer
from archive.worker_processes import Workers, batches_ahead

CAPTURES_PER_TASK = 25  # few, since they are worked on one by one if their worker dies
MAX_TASK_BYTES = 2**20  # of all its captures but the last
_T = TypeVar("_T")


def captures_ahead(workers: Workers) -> int:
    """Return how many captures are taken before the first of them is in the archive, at most."""
    return MAX_BATCH + batches_ahead(workers) * CAPTURES_PER_TASK


def batches_to_record(
    archive: Writer, captures: Iterable[Capture], workers: Workers
) -> Iterator[list[CaptureAhead]]:
    """Yield captures in batches, in order, with what workers prepared of each."""
    tasks = _batches(((one, _size(one)) for one in captures), CAPTURES_PER_TASK, MAX_TASK_BYTES)
    ahead = (
        (pair, _size(pair[0]))
        for task, prepared in archive.prepared(tasks, workers)
        for pair in zip(task, prepared, strict=True)
    )
    return _batches(ahead, MAX_BATCH, MAX_PAGE_BYTES)


def _size(capture: Capture) -> int:
    return len(capture.body or b"")


def _batches(things: Iterable[tuple[_T, int]], most: int, max_bytes: int) -> Iterator[list[_T]]:
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
