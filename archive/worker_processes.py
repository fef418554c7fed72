"""Work on batches of tasks in other processes, in order, and survive the death of a worker.

A task whose worker dies is tried once more by itself, so that one task that kills its process, or a process
killed for lack of memory, costs no other task.
"""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from threading import Thread
from typing import Any, Generic, NamedTuple, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")
BATCHES_PER_WORKER = 3  # queued: keeps workers busy with little in memory
TRIES = 2  # a worker may be killed for what another process did


class Workers(NamedTuple):
    """How many processes work. This one works on the first tasks, while it would not pay to start others."""

    jobs: int = 1
    min_tasks: int = 400


ONE_PROCESS = Workers()


class WorkerFailure(NamedTuple):
    """Why a task has no result: "its process was killed twice"."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Work(Generic[Task, Result]):
    """What to do with each task.

    ``here`` does it in this process, ``there`` in a worker, where ``begin`` was called with ``arguments`` at
    the start; both must be functions of modules, and ``imports`` are the modules that they need.
    """

    here: Callable[[Task], Result]
    there: Callable[[Task], Result]
    begin: Callable[..., None] | None = None
    arguments: tuple[Any, ...] = ()
    imports: tuple[str, ...] = ()


Batch = Sequence[Task]
Worked = tuple[Batch[Task], Sequence[Result | WorkerFailure]]


def processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def work_ahead(
    work: Work[Task, Result], batches: Iterable[Batch[Task]], workers: Workers
) -> Iterator[Worked[Task, Result]]:
    """Yield each batch with its results, in order. Some batches are taken ahead.

    Raises what the work raises, except :exc:`MemoryError` in a worker, which is a :class:`WorkerFailure`.
    """
    waiting = iter(batches)
    done = 0
    while workers.jobs == 1 or done < workers.min_tasks:
        batch = next(waiting, None)
        if batch is None:
            return
        yield batch, [work.here(task) for task in batch]
        done += len(batch)
    pool = _Pool(work, workers.jobs)
    try:
        yield from _in_turn(pool, waiting)
    finally:
        pool.close()


def _in_turn(pool: "_Pool[Task, Result]", batches: Iterator[Batch[Task]]) -> Iterator[Worked[Task, Result]]:
    sent: deque[tuple[Batch[Task], Future[list[Result | WorkerFailure]]]] = deque()
    while True:
        while len(sent) < pool.most and (batch := next(batches, None)) is not None:
            sent.append((batch, pool.send(batch)))
        if not sent:
            return
        batch, coming = sent.popleft()
        try:
            results = coming.result()
        except BrokenProcessPool:
            results = [pool.single(task) for task in batch]
            sent = deque((batch, pool.send(batch)) for batch, _ in sent)
        yield batch, results


@dataclass(slots=True)
class _Pool(Generic[Task, Result]):
    """Worker processes, started again when one of them died."""

    work: Work[Task, Result]
    jobs: int
    executor: ProcessPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("forkserver")  # no process inherits a connection
        context.set_forkserver_preload(["__main__", *self.work.imports])
        begin = (self.work.begin, self.work.arguments)
        self.executor = ProcessPoolExecutor(self.jobs, context, initializer=_begin, initargs=begin)

    @property
    def most(self) -> int:
        """How many batches are sent ahead."""
        return BATCHES_PER_WORKER * self.jobs

    def send(self, batch: Batch[Task]) -> "Future[list[Result | WorkerFailure]]":
        try:
            return self.executor.submit(_work, self.work.there, batch)
        except BrokenProcessPool as error:  # since the last result
            failed = Future[list[Result | WorkerFailure]]()
            failed.set_exception(error)
            return failed

    def single(self, task: Task) -> Result | WorkerFailure:
        """Return the result for a task while no other one is worked on."""
        for _ in range(TRIES):
            self.close()
            self._start()
            try:
                return self.send([task]).result()[0]
            except BrokenProcessPool:
                continue
        return WorkerFailure("its process was killed twice")

    def close(self) -> None:
        self.executor.shutdown(cancel_futures=True)


# -- In a worker process ----------------------------------------------------------------------------------


def _begin(begin: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    """Ignore interrupts, which the parent handles, and end with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    if begin:
        begin(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
    os._exit(0)


def _work(work: Callable[[Task], Result], batch: Batch[Task]) -> list[Result | WorkerFailure]:
    return [_one(work, task) for task in batch]


def _one(work: Callable[[Task], Result], task: Task) -> Result | WorkerFailure:
    try:
        return work(task)
    except MemoryError:
        return WorkerFailure("its process ran out of memory")
