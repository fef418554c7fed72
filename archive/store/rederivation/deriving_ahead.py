"""Derive many subjects again: worker processes load and derive, and this process writes, batch by batch.

Where workers do not have the archive, this process loads, and they derive only.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

from sqlite_utils import Database

from archive.errors import DamagedArchive, StoreError
from archive.model import PageKey
from archive.store.db.connection import open_to_read
from archive.store.db.errors import translated
from archive.store.db.transactions import snapshot
from archive.store.frontier.known_pages import page_rows
from archive.store.rederivation.change_writer import Discover, WrittenChanges, write_changes
from archive.store.rederivation.loaded_subject import LoadedSubject, load_subject
from archive.store.rederivation.stored import Subject
from archive.store.rederivation.subject_changes import SubjectChanges, derive_changes, without_known
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


class Loaded(NamedTuple):
    """A subject with all that is needed to derive it, or what follows for it, or why it cannot be loaded."""

    subject: Subject
    found: LoadedSubject | Derived


LoadedBatch = Sequence[Loaded]


class Elsewhere(Protocol):
    """Does work on batches where the archive is not, and yields each with its results, in order."""

    def __call__(
        self, work: Callable[[Loaded], Derived], batches: Iterable[LoadedBatch], /
    ) -> Iterator[tuple[LoadedBatch, Sequence[Derived | WorkerFailure]]]: ...


class SubjectDeriver:
    """Derives batches of subjects again.

    ``discover`` adds linked pages to the frontier. ``workers`` load and derive, unless that is done
    ``elsewhere``.
    """

    def __init__(
        self,
        db: Database,
        path: Path,
        discover: Discover,
        workers: Workers,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self._db = db
        self._path = path
        self._discover = discover
        self._workers = workers
        self._elsewhere = elsewhere
        self._moved = set[int]()

    def derived(self, batches: Iterable[Sequence[Subject]]) -> Iterator[DerivedBatch]:
        """Yield each batch with what follows for its subjects, to be written before the next one is taken."""
        if self._elsewhere:
            return self._derived_elsewhere(self._elsewhere, batches)
        work: Work[Subject, Derived] = Work(
            here=self._derive, there=_derive, begin=_begin, arguments=(self._path,), imports=(__name__,)
        )
        return work_ahead(work, batches, self._workers)

    def _derived_elsewhere(
        self, elsewhere: Elsewhere, batches: Iterable[Sequence[Subject]]
    ) -> Iterator[DerivedBatch]:
        loaded = ([_loaded(self._db, subject) for subject in batch] for batch in batches)
        for batch, results in elsewhere(derive_loaded, loaded):
            yield [one.subject for one in batch], [self._without_known(result) for result in results]

    def _without_known(self, found: Derived | WorkerFailure) -> Derived | WorkerFailure:
        """Leave out the linked pages that are known, which only this process can find out."""
        if isinstance(found, SubjectChanges):
            found.links = without_known(found.links, partial(_discovered, self._db))
        return found

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
        with _damage_named(subject):
            return derive_changes(load_subject(db, subject), partial(_discovered, db))
    except StoreError as error:
        return error


def _loaded(db: Database, subject: Subject) -> Loaded:
    """Load a subject. A menu is derived at once: it can have more captures than a worker's memory holds."""
    try:
        with _damage_named(subject):
            found = load_subject(db, subject)
            if found.is_menu:
                return Loaded(subject, derive_changes(found, partial(_discovered, db)))
            return Loaded(subject, found.with_bodies())
    except StoreError as error:
        return Loaded(subject, error)


@contextmanager
def _damage_named(subject: Subject) -> Iterator[None]:
    """Raise errors of SQLite as a :exc:`StoreError`, and have damage name the subject."""
    try:
        with translated(Path("its rows")):
            yield
    except DamagedArchive as error:
        raise DamagedArchive(f"{subject.name}: {error}") from error


def _discovered(db: Database, keys: Iterable[PageKey]) -> Mapping[PageKey, str]:
    """Return when pages were discovered, of those that are known."""
    return {key: at for key, (at,) in page_rows(db, "discovered_at", keys).items()}


# -- Elsewhere --------------------------------------------------------------------------------------------


def derive_loaded(loaded: Loaded) -> Derived:
    """Return what follows for a subject, with all pages that it links to. Pure."""
    if isinstance(loaded.found, LoadedSubject):
        return derive_changes(loaded.found, lambda _: {})
    return loaded.found


# -- In a worker process ----------------------------------------------------------------------------------

_archive: list[Database] = []


def _begin(path: Path) -> None:
    _archive.append(open_to_read(path))


def _derive(subject: Subject) -> Derived:
    with snapshot(_archive[0]):
        return _changes_of(_archive[0], subject)
