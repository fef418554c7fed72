"""Check published roots: their records and stamps, and whether the archive still has them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from archive.errors import DamagedArchive
from archive.store import Fault, FaultKind, open_reader
from archive.witness.comparison import Comparison, PlacedRecord, compare
from archive.witness.kept_records import RECORD_ENDING, KeptRecord, kept_records, read_kept, roots_folder
from archive.witness.record_lines import read_records
from archive.witness.stamps.checked_stamp import CheckedStamp
from archive.witness.stamps.stamp_checks import check_stamps


@dataclass(frozen=True, slots=True)
class PublishedRecords:
    """Records that were found: ``kept`` ones may have stamps. ``faults`` name files that have no record."""

    kept: list[KeptRecord] = field(default_factory=list)
    lines: list[PlacedRecord] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def placed(self) -> list[PlacedRecord]:
        return [*(PlacedRecord(str(each.file), each.record) for each in self.kept), *self.lines]


@dataclass(frozen=True, slots=True)
class WitnessCheck:
    """What was found of published roots."""

    records: Sequence[PlacedRecord]
    compared: Comparison
    faults: Sequence[Fault]
    stamps: Sequence[CheckedStamp] = ()
    notes: Sequence[str] = ()


def published_records(archive: Path, given: Sequence[Path]) -> PublishedRecords:
    """Return the records next to an archive, and those in further files and folders.

    Raise :exc:`InvalidRecord` for a given file that has anything else.
    """
    found = PublishedRecords()
    for folder in (roots_folder(archive), *(path for path in given if path.is_dir())):
        for each in kept_records(folder):
            if isinstance(each, KeptRecord):
                found.kept.append(each)
            else:
                found.faults.append(str(each))
    for path in given:
        if path.suffix == RECORD_ENDING:
            found.kept.append(read_kept(path))
        elif not path.is_dir():
            lines = enumerate(read_records(path), 1)
            found.lines.extend(PlacedRecord(f"{path}, line {number}", each) for number, each in lines)
    return found


def check_witnesses(
    archive: Path, published: PublishedRecords, authorities: Sequence[Path] = ()
) -> WitnessCheck:
    """Compare an archive with records, and check the stamps of these.

    ``authorities`` are files of certificates to trust. Raise :exc:`InvalidStamp` for one without any.
    """
    stamped = check_stamps(published.kept, authorities)
    faults = [Fault(FaultKind.WITNESSES, line) for line in (*published.faults, *stamped.faults)]
    compared = Comparison([], [])
    if placed := published.placed:
        try:
            with open_reader(archive) as opened, opened.snapshot():
                compared = compare(opened, placed)
        except DamagedArchive as error:
            faults.append(Fault(FaultKind.CAPTURES, f"published roots cannot be compared: {error}"))
    faults += [Fault(FaultKind.CAPTURES, line) for line in compared.faults]
    return WitnessCheck(placed, compared, faults, stamped.stamps, stamped.notes)
