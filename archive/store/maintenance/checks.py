"""What ``verify`` checks in an archive."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from archive.progress import Advance
from archive.store.db import schema_check, schema_guard
from archive.store.maintenance import check_slice, verifying
from archive.store.maintenance.verifying import SAMPLED_ARTICLES, VerifyPlan
from archive.store.soundness.check_history import CheckRecord, file_identity, list_checks
from archive.store.soundness.check_run import CheckRun, CheckScope
from archive.store.soundness.check_units import CheckUnit
from archive.store.soundness.faults import Fault
from archive.store.soundness.sound_ranges import SoundRanges
from archive.timestamps import stamp


class Checks:
    """Checks of the file, its schema and its rows, which change nothing."""

    def __init__(self, path: Path, db: Database) -> None:
        self._path = path
        self._db = db

    def plan(self, *, every: bool, sample: int = SAMPLED_ARTICLES) -> VerifyPlan:
        """Return what to check: everything, or all payloads and a new random ``sample`` of the articles."""
        return verifying.plan_verify(self._path, self._db, every=every, sample=sample)

    def faults(
        self, planned: VerifyPlan, advance: Advance, sound: SoundRanges | None = None
    ) -> Iterator[Fault]:
        """Yield the faults that the planned checks find. Ranges that are ``sound`` are not checked again."""
        return verifying.find_faults(self._path, self._db, planned, advance, sound)

    def begin(self, scope: CheckScope, *, at: datetime) -> CheckRun:
        """Return a run of which nothing is checked yet, for :meth:`slice`, :meth:`note` and a record."""
        return check_slice.begin_run(self._path, self._db, scope, stamp(at))

    def slice(
        self, run: CheckRun, sound: SoundRanges, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> Iterator[CheckUnit]:
        """Check unit after unit, the most urgent first, and yield each; stop it when the time is up."""
        return check_slice.check_slice(self._path, self._db, run, sound, lambda: stamp(clock()))

    def note(
        self, run: CheckRun, planned: VerifyPlan, found: list[Fault], sound: SoundRanges, *, at: datetime
    ) -> None:
        """Note in a run what the planned checks found."""
        check_slice.note_verified(run, planned, found, sound, stamp(at))

    @property
    def file(self) -> str:
        """What distinguishes this file from a copy, as in the table of checks."""
        return file_identity(self._path)

    def history(self, count: int) -> list[CheckRecord]:
        """Return the last ``count`` runs of checks that were recorded, newest first; all if negative."""
        return list_checks(self._db.conn, count)

    def additions(self) -> list[str]:
        """Return the parts of the schema that others added and that are harmless."""
        foreign = {str(trigger) for trigger in schema_guard.foreign_triggers(self._db)}
        return [part for part in schema_check.additions(self._db) if part not in foreign]
