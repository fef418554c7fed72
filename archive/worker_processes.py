"""Work on batches of tasks in other processes, in order, and survive the death of a worker.

A task whose worker dies is tried once more by itself, so that one task that kills its process, or a process
killed for lack of memory, costs no other task.
"""

import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from typing import Any, Generic, NamedTuple, TypeVar, cast

from archive.errors import WorkerError
from archive.worker_serving import WorkerFailure, perform, serve

Task = TypeVar("Task")
Result = TypeVar("Result")
BATCHES_PER_WORKER = 3  # queued: keeps workers busy with little in memory
MAX_BYTES_AHEAD = 4 * 2**20  # in the batches that are queued
TRIES = 2  # a worker may be killed for what another process did
STARTS = 5  # of a worker that ends before it can work
SECONDS_BETWEEN_STARTS = 0.2
SECONDS_TO_END = 5.0  # for a worker whose connection is closed


class Workers(NamedTuple):
    """How many processes work. This one works on the first tasks, while it would not pay to start others."""

    jobs: int = 1
    min_tasks: int = 400

    def for_tasks(self, count: int) -> "Workers":
        """Return workers for ``count`` tasks or more. If it pays to start them, they do all of the tasks.

        A task that kills its process then cannot end this one.
        """
        return self._replace(min_tasks=0) if count >= self.min_tasks else self


ONE_PROCESS = Workers()


def batches_ahead(workers: Workers) -> int:
    """Return how many batches are taken ahead, at most."""
    return BATCHES_PER_WORKER * workers.jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class Work(Generic[Task, Result]):
    """What to do with each task.

    ``here`` does it in this process, ``there`` in a worker, where ``begin`` was called with ``arguments`` at
    the start; both must be functions of modules, and ``imports`` are the modules that they need.
    ``size`` returns the bytes of a task.
    """

    here: Callable[[Task], Result]
    there: Callable[[Task], Result]
    begin: Callable[..., None] | None = None
    arguments: tuple[Any, ...] = ()
    imports: tuple[str, ...] = ()
    size: Callable[[Task], int] | None = None

    def bytes_of(self, batch: "Batch[Task]") -> int:
        """Return the bytes of a batch; 0 if the tasks have no ``size``."""
        return sum(map(self.size, batch)) if self.size else 0


Batch = Sequence[Task]
Worked = tuple[Batch[Task], Sequence[Result | WorkerFailure]]


def processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def work_apart(work: Work[Task, Result], tasks: Sequence[Task]) -> Sequence[Result | WorkerFailure]:
    """Return the result of each task. Workers do one task at a time, since one may kill its worker."""
    batches = work_ahead(work, [[task] for task in tasks], Workers(jobs=2, min_tasks=0))
    return [result for _, results in batches for result in results]


def work_ahead(
    work: Work[Task, Result], batches: Iterable[Batch[Task]], workers: Workers
) -> Iterator[Worked[Task, Result]]:
    """Yield each batch with its results, in order. Some batches are taken ahead.

    Raises what the work raises, except :exc:`MemoryError`, which is a :class:`WorkerFailure`.
    Raises :exc:`WorkerError` if workers cannot be started.
    """
    waiting = iter(batches)
    done = 0
    while workers.jobs == 1 or done < workers.min_tasks:
        batch = next(waiting, None)
        if batch is None:
            return
        yield batch, perform(work.here, batch)
        done += len(batch)
    pool = _Pool(work, workers)
    try:
        yield from pool.results(waiting)
    finally:
        pool.close()


@contextmanager
def work_meanwhile(work: Work[Task, Result], task: Task) -> Iterator[Callable[[], Result]]:
    """Do a task in another process while the block runs. Yield a function that waits for the result.

    The function raises what the work raises, and :exc:`WorkerError` if the process was killed.
    """
    try:
        worker = Worker(work)
    except (EOFError, OSError) as error:  # if the fork server was killed
        raise WorkerError("a process cannot be started; try --jobs 1") from error
    try:
        worker.send(_Sent([task]))
        yield partial(_only_result, worker)
    finally:
        worker.close()


def _only_result(worker: "Worker[Task, Result]") -> Result:
    try:
        answer = worker.answer() or worker.answer()  # None when the worker is ready
    except WorkerDied as error:
        raise WorkerError("a process was killed, maybe for lack of memory; try --jobs 1") from error
    if isinstance(answer, Exception):
        raise answer
    [result] = answer
    if isinstance(result, WorkerFailure):
        raise WorkerError(f"{result.reason}; try --jobs 1")
    return cast("Result", result)


# concurrent.futures gives up all workers when one dies, does not say which task it worked on, and can wait
# forever for a worker that is started meanwhile.


class WorkerDied(Exception):
    """A worker has ended, and its connection with it."""


@dataclass(slots=True)
class _Sent(Generic[Task, Result]):
    """A batch that was sent to a worker, and its results once they are there."""

    batch: Batch[Task]
    results: Sequence[Result | WorkerFailure] | None = None


@contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Delay interrupts by the user; processes that are started in the block never get any.

    The fork server and new workers would print a traceback for one.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Worker(Generic[Task, Result]):
    """A worker process, and the batches that it was sent. It works on the first of them.

    It answers None when it is ready, and then the results of each batch.
    """

    def __init__(self, work: Work[Task, Result]) -> None:
        context = multiprocessing.get_context("forkserver")  # no process inherits a connection
        context.set_forkserver_preload(["__main__", *work.imports])
        self.sent: deque[_Sent[Task, Result]] = deque()
        self.connection, theirs = context.Pipe()
        arguments = (theirs, work.there, work.begin, work.arguments)
        self._process = context.Process(target=serve, args=arguments, daemon=True)
        resource_tracker.ensure_running()  # it unblocks signals
        with theirs, interrupts_blocked():
            self._process.start()

    def send(self, sent: _Sent[Task, Result]) -> None:
        """Send a batch. That a worker has died is noticed by :meth:`receive`."""
        self.sent.append(sent)
        with suppress(OSError):
            self.connection.send(sent.batch)

    def receive(self) -> None:
        """Wait for the results of the first batch. Raise what the work raised."""
        results = self.answer()
        if isinstance(results, Exception):
            raise results
        self.sent.popleft().results = results

    def fileno(self) -> int:
        """Return the descriptor to select on until there is an answer."""
        return self.connection.fileno()

    def answer(self) -> Any:
        """Return what the worker sent: results, an exception that the work raised, or None when ready.

        Raise :exc:`WorkerDied`.
        """
        try:
            return self.connection.recv()
        except (EOFError, OSError) as error:
            raise WorkerDied from error

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self.connection.close()
        self._process.join(SECONDS_TO_END)
        self._process.kill()


class _Pool(Generic[Task, Result]):
    """Worker processes, each replaced when it dies."""

    def __init__(self, work: Work[Task, Result], workers: Workers) -> None:
        self._work, self._jobs, self._most = work, workers.jobs, batches_ahead(workers)
        self._workers: list[Worker[Task, Result]] = []
        self._sent: deque[_Sent[Task, Result]] = deque()
        self._bytes_sent = 0

    def results(self, batches: Iterator[Batch[Task]]) -> Iterator[Worked[Task, Result]]:
        """Yield each batch with its results, in order."""
        self._workers += [self._started() for _ in range(self._jobs)]
        while self._send_ahead(batches):
            first = self._sent.popleft()
            self._bytes_sent -= self._work.bytes_of(first.batch)
            while first.results is None:
                self._receive()
            yield first.batch, first.results

    def _send_ahead(self, batches: Iterator[Batch[Task]]) -> bool:
        """Send batches to the workers that have fewest, within limits. Return whether any batch is left."""
        while len(self._sent) < self._most and self._bytes_sent < MAX_BYTES_AHEAD:
            batch = next(batches, None)
            if batch is None:
                break
            self._bytes_sent += self._work.bytes_of(batch)
            self._sent.append(_Sent(batch))
            min(self._workers, key=lambda worker: len(worker.sent)).send(self._sent[-1])
        return bool(self._sent)

    def close(self) -> None:
        for worker in self._workers:
            worker.close()

    def _started(self) -> Worker[Task, Result]:
        """Return a new worker that is ready."""
        for _ in range(STARTS):
            with suppress(EOFError, OSError, WorkerDied):  # the first two if the fork server was killed
                worker = Worker(self._work)
                problem = worker.answer()
                break
            time.sleep(SECONDS_BETWEEN_STARTS)
        else:
            raise WorkerError("worker processes end as soon as they are started; try --jobs 1")
        if problem:
            worker.close()
            raise problem
        return worker

    def _receive(self) -> None:
        """Wait until a worker has sent results, or has died."""
        ready = wait([worker.connection for worker in self._workers])
        for at, worker in enumerate(self._workers):
            if worker.connection in ready:
                try:
                    worker.receive()
                except WorkerDied:
                    self._replace(at)

    def _replace(self, at: int) -> None:
        """Start another worker. It does the dead one's first batch task by task, and the others as before."""
        waiting = self._workers[at].sent
        self._restart(at)
        if waiting:
            first = waiting.popleft()
            first.results = [self._single(at, task) for task in first.batch]
        for sent in waiting:
            self._workers[at].send(sent)

    def _single(self, at: int, task: Task) -> Result | WorkerFailure:
        """Return the result for a task while its worker has no other."""
        for _ in range(TRIES):
            single = _Sent[Task, Result]([task])
            self._workers[at].send(single)
            try:
                self._workers[at].receive()
            except WorkerDied:
                self._restart(at)
            if single.results:
                return single.results[0]
        return WorkerFailure("its process was killed twice")

    def _restart(self, at: int) -> None:
        self._workers[at].close()
        self._workers[at] = self._started()
