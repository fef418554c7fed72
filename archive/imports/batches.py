"""Group the captures of an import: in tasks for workers, and in batches that are recorded at once.

Both are bounded in number and bytes.
"""

from collections.abc import Iterable, Iterator

from archive.batching import in_batches
from archive.model import Capture
from archive.renditions.charset import MAX_PAGE_BYTES
from archive.store import MAX_BATCH, CaptureAhead, Writer
from archive.worker_processes import Workers, batches_ahead

CAPTURES_PER_TASK = 25  # few, since they are worked on one by one if their worker dies
MAX_TASK_BYTES = 2**20  # of all its captures but the last


def captures_ahead(workers: Workers) -> int:
    """Return how many captures are taken before the first of them is in the archive, at most."""
    return MAX_BATCH + batches_ahead(workers) * CAPTURES_PER_TASK


def batches_to_record(
    archive: Writer, captures: Iterable[Capture], workers: Workers
) -> Iterator[list[CaptureAhead]]:
    """Yield captures in batches, in order, with what workers prepared of each."""
    tasks = in_batches(((one, _size(one)) for one in captures), CAPTURES_PER_TASK, MAX_TASK_BYTES)
    ahead = (
        (pair, _size(pair[0]))
        for task, prepared in archive.prepared(tasks, workers)
        for pair in zip(task, prepared, strict=True)
    )
    return in_batches(ahead, MAX_BATCH, MAX_PAGE_BYTES)


def _size(capture: Capture) -> int:
    return len(capture.body or b"")
