"""Check the stored tree over all captures: whether it is still that of the captures."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from sqlite_utils import Database

from archive.proofs.periods import ALL, LEVELS, MINUTE, MONTH, CaptureLine, PeriodLine
from archive.store.roots.capture_tree import CaptureTree, StoredRoot
from archive.store.roots.period_tree import (
    CAPTURE_LINES,
    NO_CAPTURES,
    summed_captures,
    summed_periods,
)

_MAX_NAMED = 5  # captures of a minute
_IN_TREE = f"{CAPTURE_LINES} WHERE c.id <= ? AND c.captured_at BETWEEN ? AND ? ORDER BY c.captured_at"
_STORED = (
    "SELECT period, capture_count, lower(hex(root)) FROM capture_periods"
    " WHERE level = ? AND period BETWEEN ? AND ?"
)
_NAMED = f"SELECT id FROM captures WHERE captured_at BETWEEN ? AND ? LIMIT {_MAX_NAMED + 1}"  # noqa: S608 - ours

_AFTER = "\U0010ffff"  # sorts after all characters, also those of damaged times
# From one month to the next by indexes, which is faster than reading all rows. A month may have periods of
# one level only, which another program inserted.
_MONTHS = f"""
WITH RECURSIVE first (captured_at) AS (
  SELECT min(captured_at) FROM captures
  UNION SELECT (SELECT min(captured_at) FROM captures
    WHERE captured_at > substr(first.captured_at, 1, {MONTH}) || '{_AFTER}') FROM first
), stored (level, period) AS (
  SELECT value, (SELECT min(period) FROM capture_periods WHERE level = value)
  FROM json_each('{list(LEVELS[:-1])}')
  UNION SELECT level, (SELECT min(p.period) FROM capture_periods p
    WHERE p.level = stored.level AND p.period > substr(stored.period, 1, {MONTH}) || '{_AFTER}') FROM stored
)
SELECT substr(captured_at, 1, {MONTH}) FROM first WHERE captured_at IS NOT NULL
UNION SELECT substr(period, 1, {MONTH}) FROM stored WHERE period IS NOT NULL ORDER BY 1
"""  # noqa: S608 - ours

Periods = dict[str, PeriodLine]


def tree_faults(db: Database) -> Iterator[str]:
    """Yield the minutes whose captures are not those that were added to the tree, and faults of the tree."""
    if last := CaptureTree(db).last_stored():
        yield from _faults_below(db, last, "", LEVELS)
        yield from _root_faults(db, last)
    else:
        yield from _faults_without_root(db)


def tree_months(db: Database) -> list[str]:
    """Return the months of all captures and of all periods of the tree."""
    return [month for (month,) in db.execute(_MONTHS)]


def month_faults(db: Database, month: str) -> Iterator[str]:
    """Yield the faults of a month's captures, and of its part of the tree."""
    if last := CaptureTree(db).last_stored():
        yield from _faults_below(db, last, month, LEVELS[:-1])


def root_faults(db: Database) -> Iterator[str]:
    """Yield the faults of the root over all months."""
    if last := CaptureTree(db).last_stored():
        yield from _changed_periods(_summed(_stored(db, MONTH), ALL), _stored(db, ALL))
        yield from _root_faults(db, last)
    else:
        yield from _faults_without_root(db)


def _faults_without_root(db: Database) -> Iterator[str]:
    """Yield a fault if there are periods, which may have captures that are no longer there."""
    (periods,) = db.execute("SELECT count(*) FROM capture_periods").fetchone()
    if periods:
        yield f"the stored root of {periods:,} stored periods of captures is missing"


def _faults_below(db: Database, last: StoredRoot, period: str, levels: Sequence[int]) -> Iterator[str]:
    """Yield the faults in a period, which is empty for all captures, from its minutes to the last level."""
    stored = _stored(db, MINUTE, period)
    yield from _changed_minutes(db, _minutes(db, last.last_capture, period), stored)
    for level in levels[1:]:
        above = _stored(db, level, period[:level])
        yield from _changed_periods(_summed(stored, level), above)
        stored = above


def _root_faults(db: Database, last: StoredRoot) -> Iterator[str]:
    root = _stored(db, ALL).get("", NO_CAPTURES)
    if (bytes.fromhex(root.root), root.captures) != (last.digest, last.captures):
        yield f"the root stored at {last.computed_at} is not that of its periods"


def _stored(db: Database, level: int, period: str = "") -> Periods:
    values = [level, period, period + _AFTER]
    return {line.period: line for line in map(PeriodLine._make, db.execute(_STORED, values))}


def _minutes(db: Database, last: int, period: str) -> Iterator[PeriodLine]:
    rows = map(CaptureLine._make, db.execute(_IN_TREE, [last, period, period + _AFTER]))
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
        what = f"a capture of {line.period} UTC was changed in its bytes, time, source or address"
    ids = [number for (number,) in db.execute(_NAMED, [line.period, line.period + _AFTER])]
    return f"{what}; captures of that minute: {_listed(ids)}"


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
