"""Parse the next pages of a reparse in worker processes.

Workers only read. Their results are keyed by form, not by capture, so concurrent writes do no harm. What a
worker cannot read, the writing process reads again, and reports.
"""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import NamedTuple, TypeVar

from sqlite_utils import Database

from archive.errors import StoreError
from archive.store.db.connection import open_to_read
from archive.store.db.errors import translated
from archive.store.reparse.stored import NOTHING, Known, Subject, read_ahead

Name = TypeVar("Name")
BATCHES_PER_WORKER = 3  # queued: keeps workers busy with little in memory


class Workers(NamedTuple):
    """How many processes parse, and for how many subjects at least: fewer are done before one has started.

    ``batch`` is how many subjects a worker is sent at a time.
    """

    jobs: int = 1
    min_subjects: int = 400
    batch: int = 20


ONE_PROCESS = Workers()


def processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def reading_ahead(
    path: Path, subjects: Iterable[tuple[Name, Subject]], *, count: int, workers: Workers
) -> Iterator[tuple[Name, Known]]:
    """Yield the name of each of about ``count`` subjects, in order, with the pages parsed ahead for it."""
    if workers.jobs == 1 or count < workers.min_subjects:
        yield from ((name, NOTHING) for name, _ in subjects)
        return
    spawn = multiprocessing.get_context("spawn")  # no process inherits a connection
    with ProcessPoolExecutor(workers.jobs, mp_context=spawn, initializer=_begin, initargs=(path,)) as pool:
        try:
            yield from _in_turn(pool, iter(subjects), workers)
        finally:
            pool.shutdown(cancel_futures=True)


def _in_turn(
    pool: ProcessPoolExecutor, subjects: Iterator[tuple[Name, Subject]], workers: Workers
) -> Iterator[tuple[Name, Known]]:
    sent: deque[tuple[list[Name], Future[list[Known]] | None]] = deque()
    most = BATCHES_PER_WORKER * workers.jobs
    while True:
        while len(sent) < most and (batch := list(islice(subjects, workers.batch))):
            sent.append(([name for name, _ in batch], _send(pool, [subject for _, subject in batch])))
        if not sent:
            return
        names, coming = sent.popleft()
        yield from zip(names, _received(coming, len(names)), strict=True)


def _send(pool: ProcessPoolExecutor, batch: list[Subject]) -> Future[list[Known]] | None:
    try:
        return pool.submit(_read, batch)
    except BrokenProcessPool:
        return None


def _received(coming: Future[list[Known]] | None, count: int) -> Sequence[Known]:
    """Return the results of a batch, empty ones if its worker was killed, for example for lack of memory."""
    try:
        return coming.result() if coming else [NOTHING] * count
    except BrokenProcessPool:
        return [NOTHING] * count


# -- In a worker process ----------------------------------------------------------------------------------

_archive: list[Database] = []


def _begin(path: Path) -> None:
    """Open the archive, ignore interrupts, which the parent handles, and end with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    _archive.append(open_to_read(path))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
    os._exit(0)


def _read(batch: Sequence[Subject]) -> list[Known]:
    return [_read_one(_archive[0], subject) for subject in batch]


def _read_one(db: Database, subject: Subject) -> Known:
    try:
        with translated(Path()):
            return read_ahead(db, subject)
    except StoreError:
        return NOTHING
