"""Compare the captures of an archive with roots that were published of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple, TypeVar

from archive.proofs.periods import PeriodLine
from archive.proofs.root_record import RootRecord
from archive.store import Reader
from archive.timestamps import display_stamp

Root = tuple[str, int]  # in hexadecimal digits, and of how many captures
_Limit = TypeVar("_Limit", int, str)


class PlacedRecord(NamedTuple):
    """A record, and the file it is from, with the line if it has several."""

    place: str
    record: RootRecord


@dataclass(frozen=True, slots=True)
class Comparison:
    """The records that hold, oldest first, and a line for each fault.

    ``added_later`` counts the captures that came after the last of these records, but are of earlier times.
    """

    holding: Sequence[PlacedRecord]
    faults: Sequence[str]
    added_later: int = 0


def compare(opened: Reader, records: Sequence[PlacedRecord]) -> Comparison:
    """Compare an archive with records.

    A record holds if its root is that of the captures up to its newest one's time, as nearly always, or up to
    its last one's number: an import may have brought older captures later. All captures are read for that,
    and none of the roots that the archive stores.
    """
    ordered = sorted(records, key=lambda each: (each.record.last_capture, each.record.computed_at))
    by_time = _roots(opened.witnessed.until(record.newest for _, record in ordered))
    numbered: Mapping[int, Root] = {}
    if any(by_time[record.newest] != _root(record) for _, record in ordered):
        numbered = _roots(opened.witnessed.up_to(record.last_capture for _, record in ordered))

    def holds(each: PlacedRecord) -> bool:
        record = each.record
        return _root(record) in (by_time[record.newest], numbered.get(record.last_capture))

    holding = [each for each in ordered if holds(each)]
    runs = [(is_holding, list(run)) for is_holding, run in groupby(ordered, key=holds)]
    faults = list(_faults(opened, runs, numbered))
    later = by_time[holding[-1].record.newest][1] - holding[-1].record.captures if holding else 0
    return Comparison(holding, faults, later)


def _root(record: RootRecord) -> Root:
    return record.root, record.captures


def _roots(found: Mapping[_Limit, PeriodLine]) -> dict[_Limit, Root]:
    return {limit: (line.root, line.captures) for limit, line in found.items()}


def _faults(
    opened: Reader, runs: Sequence[tuple[bool, Sequence[PlacedRecord]]], numbered: Mapping[int, Root]
) -> Iterator[str]:
    """Yield a line for the first record of each run that does not hold."""
    unchanged = 0  # captures up to this number are as they were
    for is_holding, run in runs:
        if is_holding:
            same = (record for _, record in run if numbered.get(record.last_capture) == _root(record))
            unchanged = max((record.last_capture for record in same), default=unchanged)
            continue
        later = len({_root(record) for _, record in run}) - 1
        rest = (
            f"; nor does the archive have {later:,} later roots"
            if later > 1
            else "; nor does it have the next root" * later
        )
        yield f"{run[0].place}: {_difference(opened, run[0].record, unchanged, numbered)}{rest}"


def _difference(opened: Reader, record: RootRecord, unchanged: int, numbered: Mapping[int, Root]) -> str:
    had = f"the root witnessed on {display_stamp(record.computed_at)} is of {record.captures:,} captures"
    if record.last_capture > opened.witnessed.last_capture():
        _, has = numbered[record.last_capture]  # not the stored tree, which may have more
        return f"{had}, the archive has {has:,}: some were removed, or this is an older copy of the archive"
    among = f"those with numbers from {unchanged + 1:,} to {record.last_capture:,}"
    return f"{had}, whose root is now another: some were changed, removed or inserted among {among}"
