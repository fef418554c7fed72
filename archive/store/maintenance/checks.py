"""What ``verify`` checks in an archive."""

from collections.abc import Iterator
from pathlib import Path

from sqlite_utils import Database

from archive.progress import Advance
from archive.store.db import schema_check, schema_guard
from archive.store.maintenance import verifying
from archive.store.maintenance.verifying import SAMPLED_ARTICLES, VerifyPlan
from archive.store.soundness.faults import Fault
from archive.store.soundness.sound_ranges import SoundRanges


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

    def additions(self) -> list[str]:
        """Return the parts of the schema that others added and that are harmless."""
        foreign = {str(trigger) for trigger in schema_guard.foreign_triggers(self._db)}
        return [part for part in schema_check.additions(self._db) if part not in foreign]
