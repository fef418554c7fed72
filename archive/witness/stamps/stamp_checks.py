"""Check the stamps next to records: whose they are, and whether they are of these records."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from archive.errors import MissingLibrary
from archive.libraries import needing
from archive.proofs.root_record import InvalidRecord
from archive.witness.kept_records import (
    RECORD_ENDING,
    KeptRecord,
    files_in,
    read_bounded,
    record_of_stamp,
)
from archive.witness.stamps.checked_stamp import CheckedStamp, StampChecker
from archive.witness.stamps.stamp_files import DETACHED_STAMP_ENDING, MAX_STAMP_BYTES, TIME_STAMP_ENDING
from archive.witness.stamps.stamp_problems import InvalidStamp

TIME_STAMP_LIBRARIES = ("asn1crypto", "httpx", "OpenSSL")
CALENDAR_LIBRARIES = ("httpx", "opentimestamps")


@dataclass(frozen=True, slots=True)
class StampCheck:
    """The sound stamps, a line for each fault, and notes on stamps that were not checked at all."""

    stamps: list[CheckedStamp] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check_stamps(records: Sequence[KeptRecord], authorities: Sequence[Path]) -> StampCheck:
    """Check all stamps next to records; ``authorities`` are files of certificates to trust.

    Raise :exc:`InvalidStamp` for a file of these without certificates.
    """
    found = StampCheck()
    for ending in (TIME_STAMP_ENDING, DETACHED_STAMP_ENDING):
        placed = list(_placed(found, records, ending))
        try:
            if placed:
                _check(found, placed, _checker(ending, authorities))
        except MissingLibrary as error:
            found.notes.append(f"stamps were not checked: {error}")
    return found


def _checker(ending: str, authorities: Sequence[Path]) -> StampChecker:
    """Return the check of stamps with an ending. Raise :exc:`MissingLibrary`."""
    if ending == TIME_STAMP_ENDING:
        with needing("checking time stamps", *TIME_STAMP_LIBRARIES):
            from archive.witness.stamps.time_stamp_check import time_stamp_checker  # noqa: PLC0415 - of an extra

            return time_stamp_checker(authorities)
    with needing("checking stamps of OpenTimestamps", *CALENDAR_LIBRARIES):
        from archive.witness.stamps.detached_stamp_check import check_detached_stamp  # noqa: PLC0415 - of an extra

        return check_detached_stamp


def _placed(
    found: StampCheck, records: Sequence[KeptRecord], ending: str
) -> Iterator[tuple[KeptRecord, Path]]:
    """Yield the stamps of records; add a fault for each without one, also of those that are damaged."""
    placed = {each.file: each for each in records}
    for folder in sorted({file.parent for file in placed}):
        names = {file.name for file in files_in(folder, RECORD_ENDING)}
        for file in files_in(folder, ending):
            name = record_of_stamp(file, names)
            if name is None:
                found.faults.append(f"{file}: its record is missing")
            elif kept := placed.get(folder / name):
                yield kept, file


def _check(found: StampCheck, placed: Sequence[tuple[KeptRecord, Path]], check: StampChecker) -> None:
    for kept, file in placed:
        try:
            found.stamps.append(check(kept, file, read_bounded(file, MAX_STAMP_BYTES)))
        except InvalidRecord as error:
            found.faults.append(str(error))
        except InvalidStamp as error:
            found.faults.append(f"{file}: {error}")
