"""Parse the next pages of a reparse in worker processes.

Workers only read. Their results are keyed by form, not by capture, so concurrent writes do no harm. What a
worker cannot read, the writing process reads again, and reports.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from archive.errors import StoreError
from archive.store.db.connection import open_to_read
from archive.store.db.errors import translated
from archive.store.reparse.stored import NOTHING, Known, Subject, read_ahead
from archive.worker_processes import Work, WorkerFailure, Workers, work_ahead

Name = TypeVar("Name")
SUBJECTS_PER_BATCH = 20


def reading_ahead(
    path: Path, subjects: Iterable[tuple[Name, Subject]], workers: Workers
) -> Iterator[tuple[Name, Known]]:
    """Yield the name of each subject, in order, with the pages parsed ahead for it."""
    work: Work[tuple[Name, Subject], Known] = Work(
        here=_nothing, there=_read, begin=_begin, arguments=(path,), imports=(__name__,)
    )
    for batch, results in work_ahead(work, _batches(subjects), workers):
        for (name, _), known in zip(batch, results, strict=True):
            yield name, NOTHING if isinstance(known, WorkerFailure) else known


def _batches(subjects: Iterable[tuple[Name, Subject]]) -> Iterator[list[tuple[Name, Subject]]]:
    waiting = iter(subjects)
    while batch := list(islice(waiting, SUBJECTS_PER_BATCH)):
        yield batch


def _nothing(_: object) -> Known:
    return NOTHING


# -- In a worker process ----------------------------------------------------------------------------------

_archive: list[Database] = []


def _begin(path: Path) -> None:
    _archive.append(open_to_read(path))


def _read(named: tuple[object, Subject]) -> Known:
    try:
        with translated(Path()):
            return read_ahead(_archive[0], named[1])
    except StoreError:
        return NOTHING
