"""What a worker process does: work on each batch that it receives, and send the results.

Threads receive and send, so that neither process waits while the other one is busy. They end the process when
the parent has ended or does not need it any more.
"""

import os
import pickle
import signal
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


class WorkerFailure(NamedTuple):
    """Why a task has no result: "its process was killed twice"."""

    reason: str


def perform(work: Callable[[Task], Result], batch: Sequence[Task]) -> list[Result | WorkerFailure]:
    """Do the work for each task of a batch."""
    return [_one(work, task) for task in batch]


def _one(work: Callable[[Task], Result], task: Task) -> Result | WorkerFailure:
    try:
        return work(task)
    except MemoryError:
        return WorkerFailure("its process ran out of memory")


def serve(
    connection: Connection,
    work: Callable[[Task], Result],
    begin: Callable[..., None] | None,
    arguments: tuple[Any, ...],
) -> None:
    """Send None when ready, then the results of each batch. Interrupts are handled by the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    batches: SimpleQueue[Sequence[Task]] = SimpleQueue()
    answers: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_receive_all, args=(connection, batches), daemon=True).start()
    Thread(target=_send_all, args=(connection, answers), daemon=True).start()
    answers.put(_answer(partial(begin, *arguments) if begin else lambda: None))
    while True:
        answers.put(_answer(partial(perform, work, batches.get())))


def _receive_all(connection: Connection, batches: "SimpleQueue[Sequence[Task]]") -> None:
    try:
        while True:
            batches.put(connection.recv())
    finally:
        os._exit(0)


def _send_all(connection: Connection, answers: "SimpleQueue[bytes]") -> None:
    try:
        while True:
            connection.send_bytes(answers.get())
    finally:
        os._exit(0)


def _answer(work: Callable[[], object]) -> bytes:
    """Return what the work returns or raises, pickled."""
    try:
        return pickle.dumps(work())
    except MemoryError:
        os._exit(1)
    except Exception as error:  # noqa: BLE001 - the parent raises it
        error.add_note("".join(traceback.format_exception(error)))
        return _pickled(error)


def _pickled(error: Exception) -> bytes:
    try:
        pickled = pickle.dumps(error)
        pickle.loads(pickled)  # noqa: S301 - pickled above
    except Exception:  # noqa: BLE001 - whatever an exception of another package raises
        return pickle.dumps(RuntimeError("".join(traceback.format_exception(error))))
    return pickled
