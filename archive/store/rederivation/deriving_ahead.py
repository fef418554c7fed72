"""Derive many subjects again: worker processes load and derive, and this process writes, batch by batch."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sqlite_utils import Database

from archive.errors import DamagedArchive, StoreError
from archive.store.db.connection import open_to_read
from archive.store.db.errors import translated
from archive.store.db.transactions import snapshot
from archive.store.rederivation.change_writer import Discover, WrittenChanges, write_changes
from archive.store.rederivation.stored import Subject
from archive.store.rederivation.subject_changes import SubjectChanges, find_changes
from archive.worker_processes import Work, Workers, work_ahead
from archive.worker_serving import WorkerFailure

Derived = SubjectChanges | StoreError
DerivedBatch = tuple[Sequence[Subject], Sequence[Derived | WorkerFailure]]
MAX_SUBJECTS, MAX_CAPTURES = 200, 1000  # of a batch, which is written in one transaction


def batches(
    subjects: Iterable[tuple[Subject, int]], *, most: int = MAX_SUBJECTS
) -> Iterator[Sequence[Subject]]:
    """Yield batches of subjects, each given with the number of its captures, which are in memory at once."""
    batch, captures = list[Subject](), 0
    for subject, count in subjects:
        if batch and (len(batch) == most or captures + count > MAX_CAPTURES):
            yield batch
            batch, captures = [], 0
        batch.append(subject)
        captures += count
    if batch:
        yield batch


class SubjectDeriver:
    """Derives batches of subjects again.

    ``discover`` adds linked pages to the frontier; ``workers`` load and derive.
    """

    def __init__(self, db: Database, path: Path, discover: Discover, workers: Workers) -> None:
        self._db = db
        self._path = path
        self._discover = discover
        self._workers = workers
        self._moved = set[int]()

    def derived(self, batches: Iterable[Sequence[Subject]]) -> Iterator[DerivedBatch]:
        """Yield each batch with what follows for its subjects, to be written before the next one is taken."""
        work: Work[Subject, Derived] = Work(
            here=self._derive, there=_derive, begin=_begin, arguments=(self._path,), imports=(__name__,)
        )
        return work_ahead(work, batches, self._workers)

    def write(
        self, subjects: Sequence[Subject], found: Sequence[Derived | WorkerFailure]
    ) -> Iterator[WrittenChanges | DamagedArchive]:
        """Write what follows for a batch, in the caller's transaction. Yield the result for each subject."""
        usable = [self._usable(subject, one) for subject, one in zip(subjects, found, strict=True)]
        yield from (one for one in usable if isinstance(one, DamagedArchive))
        for done in write_changes(
            self._db, [one for one in usable if isinstance(one, SubjectChanges)], self._discover
        ):
            if isinstance(done, WrittenChanges):
                self._moved |= done.moved
            yield done

    def _usable(self, subject: Subject, found: Derived | WorkerFailure) -> SubjectChanges | DamagedArchive:
        """Return what follows for a subject, derived once more if it is out of date or failed in a worker."""
        if isinstance(found, WorkerFailure):
            return DamagedArchive(f"{subject.name}: {found.reason}")
        if isinstance(found, StoreError) or subject.article in self._moved:
            found = self._derive(subject)
        if isinstance(found, StoreError) and not isinstance(found, DamagedArchive):
            raise found
        return found

    def _derive(self, subject: Subject) -> Derived:
        return _changes_of(self._db, subject)


def _changes_of(db: Database, subject: Subject) -> Derived:
    try:
        with translated(Path("its rows")):
            return find_changes(db, subject)
    except DamagedArchive as error:
        return DamagedArchive(f"{subject.name}: {error}")
    except StoreError as error:
        return error


# -- In a worker process ----------------------------------------------------------------------------------

_archive: list[Database] = []


def _begin(path: Path) -> None:
    _archive.append(open_to_read(path))


def _derive(subject: Subject) -> Derived:
    with snapshot(_archive[0]):
        return _changes_of(_archive[0], subject)
