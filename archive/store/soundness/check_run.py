"""What one run of ``verify`` checked, as it is recorded in the archive."""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum

from archive.store.soundness.check_units import CheckUnit, LastCheck
from archive.store.soundness.faults import Fault, FaultKind

READ_KINDS = (FaultKind.PAYLOADS, FaultKind.ARTICLES, FaultKind.SECTIONS)


class CheckScope(StrEnum):
    """Which parts of an archive a run of ``verify`` checks."""

    ALL = "all"
    SAMPLE = "sample"
    BUDGET = "budget"


@dataclass
class CheckRun:
    """What a run checked, while it goes on. Times are stamps.

    ``units`` are all of the archive, ``checked`` what earlier runs recorded of them. ``sound`` are those that
    this run found sound, and when; ``faulty`` those with a fault; ``unfinished`` those that
    could not be checked completely, for a fault elsewhere or because a part is not derived yet.
    ``waits_for_reparse``: nothing derived was checked, since that follows an upgrade.
    ``pending`` are those in which something was not derived yet as it began. ``counts`` has the numbers of
    payloads, articles and sections read.
    """

    scope: CheckScope
    file: str
    began_at: str
    units: Sequence[CheckUnit]
    checked: Mapping[CheckUnit, LastCheck]
    pending: AbstractSet[CheckUnit] = frozenset()
    sound: dict[CheckUnit, str] = field(default_factory=dict)
    faulty: set[CheckUnit] = field(default_factory=set)
    unfinished: set[CheckUnit] = field(default_factory=set)
    counts: Counter[FaultKind] = field(default_factory=Counter)
    unchanged: int = 0
    waits_for_reparse: bool = False
    faults: list[Fault] = field(default_factory=list)

    def note(self, unit: CheckUnit, at: str) -> None:
        """Note that a unit was just checked, and found sound unless it is faulty or unfinished."""
        if unit not in self.faulty and unit not in self.unfinished:
            self.sound[unit] = at

    @property
    def read(self) -> tuple[int, int, int]:
        """The numbers of payloads, articles and sections read."""
        payloads, articles, sections = (self.counts[kind] for kind in READ_KINDS)
        return payloads, articles, sections

    @property
    def done_units(self) -> list[CheckUnit]:
        """The units checked."""
        return [*self.sound, *self.faulty, *self.unfinished]

    @property
    def done(self) -> int:
        """The number of units checked."""
        return len(self.done_units)

    @property
    def is_recordable(self) -> bool:
        """Whether the file is sound enough to be written to."""
        return not any(
            fault.part in (FaultKind.FILE, FaultKind.SCHEMA) or fault.is_unreadable for fault in self.faults
        )

    def sound_at(self, unit: CheckUnit) -> str | None:
        """Return when a unit was last found sound in this file; None: never."""
        last = self.checked.get(unit)
        return self.sound.get(unit) or (last.sound_at if last and last.is_same_file else None)

    @property
    def oldest(self) -> str | None:
        """When the unit was found sound that was not for longest, of those that ever were."""
        return min(filter(None, map(self.sound_at, self.units)), default=None)

    @property
    def never(self) -> int:
        """The number of units that were never found sound in this file."""
        return sum(self.sound_at(unit) is None for unit in self.units)
