"""Check the stored tree over all captures: whether it is still that of the captures."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from sqlite_utils import Database

from archive.proofs.periods import LEVELS, MINUTE, CaptureLine, PeriodLine
from archive.store.roots.capture_tree import CaptureTree
from archive.store.roots.period_tree import (
    AFTER,
    CAPTURE_LINES,
    NO_CAPTURES,
    summed_captures,
    summed_periods,
)

_MAX_NAMED = 5  # captures of a minute
_IN_TREE = f"{CAPTURE_LINES} WHERE c.id <= ? ORDER BY c.captured_at"
_STORED = "SELECT period, capture_count, lower(hex(root)) FROM capture_periods WHERE level = ?"
_NAMED = f"SELECT id FROM captures WHERE captured_at BETWEEN ? AND ? LIMIT {_MAX_NAMED + 1}"  # noqa: S608 - ours

Periods = dict[str, PeriodLine]


def tree_faults(db: Database) -> Iterator[str]:
    """Yield the minutes whose captures are not those that were added to the tree, and faults of the tree."""
    last = CaptureTree(db).last_stored()
    if last is None:
        return
    stored = _stored(db, MINUTE)
    yield from _changed_minutes(db, _minutes(db, last.last_capture), stored)
    for level in LEVELS[1:]:
        above = _stored(db, level)
        yield from _changed_periods(_summed(stored, level), above)
        stored = above
    root = stored.get("", NO_CAPTURES)
    if (bytes.fromhex(root.root), root.captures) != (last.digest, last.captures):
        yield f"the root stored at {last.computed_at} is not that of its periods"


def _stored(db: Database, level: int) -> Periods:
    return {line.period: line for line in map(PeriodLine._make, db.execute(_STORED, [level]))}


def _minutes(db: Database, last: int) -> Iterator[PeriodLine]:
    rows = map(CaptureLine._make, db.execute(_IN_TREE, [last]))
    for minute, captures in groupby(rows, key=lambda capture: capture.captured_at[:MINUTE]):
        yield summed_captures(minute, sorted({capture.line for capture in captures}))


def _changed_minutes(db: Database, found: Iterable[PeriodLine], stored: Periods) -> Iterator[str]:
    missing = dict(stored)
    for line in found:
        before = missing.pop(line.period, None)
        if before != line:
            yield _changed_minute(db, line, before.captures if before else 0)
    for line in missing.values():
        yield f"all {line.captures:,} captures of {line.period} UTC are missing or have another time"


def _changed_minute(db: Database, line: PeriodLine, before: int) -> str:
    what = f"{before:,} captures of {line.period} UTC were added, {line.captures:,} are there"
    if line.captures == before:
        what = f"the bytes, time, source or address of a capture of {line.period} UTC changed"
    ids = [number for (number,) in db.execute(_NAMED, [line.period, line.period + AFTER])]
    return f"{what}: captures {_listed(ids)}"


def _listed(ids: Sequence[int]) -> str:
    return ", ".join(map(str, ids[:_MAX_NAMED])) + (" …" if len(ids) > _MAX_NAMED else "")


def _summed(parts: Mapping[str, PeriodLine], level: int) -> Periods:
    """Return the periods of a level that follow from their parts."""
    grouped = groupby((parts[name] for name in sorted(parts)), key=lambda part: part.period[:level])
    return {period: summed_periods(period, list(lines)) for period, lines in grouped}


def _changed_periods(found: Periods, stored: Periods) -> Iterator[str]:
    for period in sorted(found.keys() | stored.keys()):
        if found.get(period) != stored.get(period):
            yield f"the stored root of {period or 'all captures'} does not follow from its parts"
