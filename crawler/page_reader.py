"""Read captures in another process while pages are fetched, if there are many of them."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from archive.errors import WorkerError
from archive.model import Capture
from archive.renditions.read_capture import read_capture
from archive.store import PreparedCapture, PreparingWork, prepared_or_unreadable
from archive.worker_processes import Worker, WorkerDied, work_apart

WORKER_AFTER_PAGES = 200  # read in batches: for fewer it does not pay to start a process

Sent = tuple[Sequence[Capture], "asyncio.Future[Sequence[PreparedCapture]]"]


class PageReader:
    """Prepares captures for an archive: here, or by ``work`` in a worker once many came in batches.

    A capture that kills the worker becomes unreadable. Where no process can be started, all are read here.
    """

    def __init__(self, work: PreparingWork) -> None:
        self._work = work
        self.ready = asyncio.Event()  # set while there is a worker that reads
        self._worker: Worker[Capture | None, PreparedCapture | None] | None = None
        self._sent = deque[Sent]()
        self._pages_in_batches = 0

    async def read(self, captures: Sequence[Capture]) -> Sequence[PreparedCapture]:
        """Return what each capture holds. Results come in the order of calls."""
        if len(captures) > 1:
            self._pages_in_batches += len(captures)
            self._start_if_due()
        if self._worker is None or not (self._sent or (self.ready.is_set() and len(captures) > 1)):
            return read_here(captures)
        future: asyncio.Future[Sequence[PreparedCapture]] = asyncio.get_running_loop().create_future()
        self._sent.append((captures, future))
        with suppress(OSError):  # it has died, which _receive notices
            self._worker.connection.send(captures)
        return await future

    def _start_if_due(self) -> None:
        if self._worker is None and self._pages_in_batches >= WORKER_AFTER_PAGES:
            self._pages_in_batches = 0
            with suppress(EOFError, OSError):  # no process can be started: this one reads on
                self._worker = Worker(self._work)
                # By its number: with the worker itself, a crawl with uvloop does not end.
                asyncio.get_running_loop().add_reader(self._worker.fileno(), self._receive)

    def _receive(self) -> None:
        """Receive that the worker is ready, or the results of its first batch."""
        assert self._worker
        try:
            answer = self._worker.answer()
        except WorkerDied:
            self._replace()
            return
        if self.ready.is_set():
            _resolve(self._sent.popleft()[1], answer)
        elif answer is None:
            self.ready.set()
        else:  # it cannot work
            self.close()

    def _replace(self) -> None:
        """Read the batches of a dead worker with care; the next batch is for another one."""
        self.close()
        sent, self._sent = self._sent, deque()
        for captures, future in sent:
            try:
                _resolve(future, work_apart(self._work, captures))
            except WorkerError as error:
                _resolve(future, error)

    def close(self) -> None:
        """End the worker."""
        if self._worker:
            asyncio.get_running_loop().remove_reader(self._worker.fileno())
            self._worker.close()
        self._worker, self._pages_in_batches = None, 0
        self.ready.clear()


def read_here(captures: Sequence[Capture]) -> list[PreparedCapture]:
    """Return what each capture holds, read in this process."""
    return [PreparedCapture(read_capture(capture)) for capture in captures]


def _resolve(future: "asyncio.Future[Sequence[PreparedCapture]]", answer: Any) -> None:
    """Give a future what a worker answered: results, or what the work raised."""
    if future.cancelled():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        found = [prepared_or_unreadable(one) for one in answer]
        future.set_result([one for one in found if one])
