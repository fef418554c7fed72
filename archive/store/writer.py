"""An archive opened for writing."""

from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from archive.errors import StoreError
from archive.model import Capture, PageKey
from archive.policy.revisit import DEFAULT_PATIENCE
from archive.store.db import connection, schema_guard
from archive.store.db.errors import translated
from archive.store.db.lock import writing
from archive.store.db.schema_check import type_errors_as_damage
from archive.store.db.transactions import collector_paused, transaction
from archive.store.frontier.frontier import ArchiveFrontier
from archive.store.frontier.host_records import HostRecords, TrustedCertificates
from archive.store.frontier.known_pages import ONLY_SHARD, Shard
from archive.store.ingest.prepared import PreparedCapture
from archive.store.ingest.preparing import Prepared, prepare_ahead
from archive.store.ingest.recorded import Recorded
from archive.store.ingest.recording import RecordOptions, record
from archive.store.maintenance.maintenance import Maintenance, Reparsing
from archive.store.reader import Reader
from archive.store.runs import runs, source_stats
from archive.store.runs.run_recorder import RunRecorder
from archive.worker_processes import Workers


class Writer(Reader):
    """An archive opened for writing, with its lock held. :func:`open_writer` creates it."""

    def __init__(self, path: Path, db: Database) -> None:
        super().__init__(path, db)
        self.frontier = ArchiveFrontier(db)
        self.hosts = HostRecords(db)
        self.certificates = TrustedCertificates(db)
        self.runs = RunRecorder(path, db)
        self.maintenance = Maintenance(path, db)
        self.reparsing = Reparsing(path, db)

    def record(
        self,
        captures: Iterable[Capture],
        *,
        crawl: int | None = None,
        prepared: Sequence[PreparedCapture | None] = (),
        unfinished: Container[PageKey | None] = (),
        patience: float = DEFAULT_PATIENCE,
        shard: Shard = ONLY_SHARD,
        unconfirmed: Container[PageKey | None] = (),
    ) -> list[Recorded]:
        """Store captures and derive articles and versions from them, in one transaction.

        :class:`RecordOptions` explains the options.
        """
        options = RecordOptions(
            crawl=crawl,
            prepared=prepared,
            unfinished=unfinished,
            patience=patience,
            shard=shard,
            unconfirmed=unconfirmed,
        )
        with collector_paused(), transaction(self._db):
            captures = list(captures)
            recorded = record(self._db, captures, options)
            if crawl is not None:
                runs.count(self._db, crawl, recorded)
                source_stats.count(self._db, crawl, list(zip(captures, recorded, strict=True)))
        return recorded

    def store_root(self) -> None:
        """Store the root of all captures, if any were added since the last one; closing does it too."""
        with transaction(self._db):
            self.tree.update(datetime.now(UTC))

    def prepared(
        self, batches: Iterable[Sequence[Capture]], workers: Workers
    ) -> Iterator[tuple[Sequence[Capture], Prepared]]:
        """Yield batches of captures, in order, with what worker processes prepared for :meth:`record`.

        A capture that kills the process that reads it becomes unreadable.
        """
        return prepare_ahead(self.path, self._db, batches, workers)


@contextmanager
def open_writer(path: Path, *, as_is: bool = False, jobs: int = 1) -> Iterator[Writer]:
    """Open an archive for writing, create it if it is missing, and hold its lock.

    What an interrupted merge or repair left is derived first by ``jobs`` processes, which can take minutes.
    ``as_is`` skips the checks of the schema, to restore it. Raises :exc:`ArchiveBusy` if another run
    writes to the archive.
    """
    connection.refuse_non_archive(path)  # before a lock file is created next to it
    with (
        writing(path),
        connection.held_to_write(path, as_is=as_is) as db,
        type_errors_as_damage(path, db),
        translated(path),
    ):
        if not as_is:
            schema_guard.refuse_unfit_tables(path, db)
        archive = Writer(path, db)
        if not as_is:
            archive.maintenance.finish_pending(jobs)
        with _storing_root(archive, as_is=as_is):
            yield archive


@contextmanager
def _storing_root(archive: Writer, *, as_is: bool) -> Iterator[None]:
    """Store the root of all captures at the end of the block; if the block fails, where possible."""
    try:
        yield
    except BaseException:
        if not as_is:
            with suppress(StoreError), translated(archive.path):
                archive.store_root()
        raise
    if not as_is:
        archive.store_root()
