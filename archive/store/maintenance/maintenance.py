"""Maintenance of a whole archive, as :class:`~archive.store.Writer` offers it."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from archive.progress import Advance
from archive.store.db import schema_repair
from archive.store.db.transactions import refuse_replaced
from archive.store.maintenance import merging, repairing
from archive.store.maintenance.foreign_archive import ForeignArchive
from archive.store.maintenance.merged_captures import MergeResult
from archive.store.payloads import compaction
from archive.store.payloads.compaction import CompactionProgress
from archive.store.rederivation import pending, reparsing
from archive.store.rederivation.deriving_ahead import Elsewhere
from archive.store.rederivation.pending import DerivedPending
from archive.store.rederivation.reparsing import Reparse
from archive.store.soundness.faults import Fault
from archive.worker_processes import Workers

_log = logging.getLogger(__name__)


class Maintenance:
    """Work on a whole archive: compaction, merge, repair."""

    def __init__(self, path: Path, db: Database) -> None:
        self._path = path
        self._db = db

    def checkpoint(self) -> None:
        """Copy the write-ahead log into the file, as far as readers allow."""
        refuse_replaced(self._db)
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def merge(self, other: ForeignArchive, advance: Advance) -> MergeResult:
        """Add the facts of another archive; call :meth:`derive_pending` after the last."""
        return merging.merge(self._db, other, advance)

    def count_pending(self) -> int:
        """Return how much :meth:`derive_pending` has to do: articles, and captures of menus."""
        return pending.count(self._db)

    def derive_pending(self, advance: Advance, *, jobs: int = 1) -> DerivedPending:
        """Derive all that is pending with ``jobs`` processes, and match pages without a number again."""
        return pending.derive_pending(self._db, self._path, advance, Workers(jobs), rematch=True)

    def finish_pending(self, jobs: int) -> None:
        """Derive what an interrupted merge or repair left, and log that."""
        if left := self.count_pending():
            _log.warning("deriving what an interrupted merge or repair left (pending: %s)", f"{left:,}")
            for line in self.derive_pending(lambda _: None, jobs=jobs).damaged:
                _log.warning("cannot be derived: %s", line)

    def compact(self, *, at: datetime) -> Iterator[CompactionProgress]:
        """Compress all payloads again at the best level, and yield the progress, first before any work."""
        return compaction.compact(self._db, at=at)

    def has_free_pages(self) -> bool:
        """Return whether :meth:`vacuum` would make the file smaller."""
        return compaction.has_free_pages(self._db)

    def vacuum(self) -> None:
        """Rewrite the file without its free pages."""
        compaction.vacuum(self._db)

    def repair(self, faults: Sequence[Fault], advance: Advance) -> Counter[str]:
        """Derive again what is faulty. Return counts of what was repaired."""
        return repairing.repair(self._db, self._path, faults, advance)

    def restore_schema(self) -> Counter[str]:
        """Restore tables, indexes, triggers and views to the schema of this release. Return counts."""
        return schema_repair.restore(self._db)


class Reparsing:
    """Derivation of all articles from their captures again, in steps that a later run can continue."""

    def __init__(self, path: Path, db: Database) -> None:
        self._path = path
        self._db = db

    def begin(self, *, at: datetime, restart: bool, jobs: int, elsewhere: Elsewhere | None = None) -> Reparse:
        """Begin or resume a reparse that uses ``jobs`` processes, or work ``elsewhere``."""
        return reparsing.begin(
            self._db, self._path, at=at, restart=restart, workers=Workers(jobs), elsewhere=elsewhere
        )

    def step(self, going: Reparse) -> int:
        """Derive the next articles in one transaction. Return how many; 0 when all are done."""
        return reparsing.step(self._db, going)

    def finish(self, going: Reparse, *, at: datetime) -> None:
        """Record that a reparse is complete."""
        reparsing.finish(self._db, going, at=at)

    def count_unreadable(self) -> int:
        """Return how many captures cannot be parsed."""
        return reparsing.unreadable(self._db)
