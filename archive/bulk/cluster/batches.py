"""Batches of tasks on a cluster, in order, for results that this process writes.

Tasks and results are values with bytes of pages and texts, which are compressed on their way.
"""

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import zstandard
from distributed import Future

from archive.bulk.cluster.dask_tasks import DaskTasks
from archive.bulk.cluster.tasks import Result, Task
from archive.worker_serving import WorkerFailure, perform

BATCHES_SENT_PER_WORKER = 2  # sent: keeps workers busy with little in memory
MAX_BYTES_SENT = 256 * 2**20  # of the batches that are sent, compressed
_LEVEL = 1
Batch = Sequence[Task]


class _Sent(NamedTuple):
    """A batch that was sent, compressed, and the future of its results."""

    packed: bytes
    future: Future


class ClusterBatches:
    """Does work on batches in the workers of a cluster. It is an :class:`.Elsewhere` of the store."""

    def __init__(self, tasks: DaskTasks) -> None:
        self._tasks = tasks

    def __call__(
        self, work: Callable[[Task], Result], batches: Iterable[Batch[Task]], /
    ) -> Iterator[tuple[Batch[Task], Sequence[Result | WorkerFailure]]]:
        """Yield each batch with its results, in order. Some batches are taken and sent ahead."""
        sent = deque[_Sent]()
        for batch in batches:
            sent.append(self._send(work, batch))
            del batch  # it is kept compressed only
            while self._is_full(sent):
                yield self._received(work, sent)
        while sent:
            yield self._received(work, sent)

    def _send(self, work: Callable[[Task], Result], batch: Batch[Task]) -> _Sent:
        packed = _packed(batch)
        return _Sent(packed, self._tasks.submit(partial(_perform_packed, work), packed))

    def _is_full(self, sent: Sequence[_Sent]) -> bool:
        most = BATCHES_SENT_PER_WORKER * self._tasks.count_workers()
        return len(sent) > most or sum(len(one.packed) for one in sent) > MAX_BYTES_SENT

    def _received(
        self, work: Callable[[Task], Result], sent: deque[_Sent]
    ) -> tuple[Batch[Task], Sequence[Result | WorkerFailure]]:
        """Wait for the results of the first batch."""
        first = sent.popleft()
        results = self._tasks.result(first.future)
        batch = _unpack(first.packed)
        if not isinstance(results, WorkerFailure):
            return batch, _unpack(results)
        # Nothing else must be in work, so that it is certain which task kills its process.
        self._tasks.wait([one.future for one in sent])
        return batch, [self._single(work, task) for task in batch]

    def _single(self, work: Callable[[Task], Result], task: Task) -> Result | WorkerFailure:
        results = self._tasks.single(partial(_perform_packed, work), _packed([task]))
        return results if isinstance(results, WorkerFailure) else _unpack(results)[0]


def _perform_packed(work: Callable[[Task], Result], packed: bytes) -> bytes:
    """Do a batch in a worker."""
    return _packed(perform(work, _unpack(packed)))


def _packed(values: object) -> bytes:
    return zstandard.compress(pickle.dumps(values), _LEVEL)


def _unpack(packed: bytes) -> Any:
    return pickle.loads(zstandard.decompress(packed))  # noqa: S301 - from our own processes
