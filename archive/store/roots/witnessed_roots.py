"""The root of all captures as it is now, and as it was when fewer had been added.

Captures are numbered in the order in which they were added, so the archive of some earlier time consists of
the captures with numbers up to a limit. An import may bring older captures later, which changes the root as
of a time but not the root of the captures up to a number.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple, TypeVar

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.proofs.periods import LEVELS, MINUTE, CaptureLine, PeriodLine
from archive.proofs.root_record import RootRecord
from archive.store.roots.capture_tree import CaptureTree
from archive.store.roots.period_tree import (
    CAPTURE_FIELDS,
    CAPTURES,
    NO_CAPTURES,
    summed_captures,
    summed_periods,
)
from archive.timestamps import parse_stamp, stamp

_NEWEST = "SELECT max(id), max(captured_at) FROM captures"
_BY_TIME = f"SELECT c.id, {CAPTURE_FIELDS} FROM {CAPTURES} WHERE {{}} <= ? ORDER BY c.captured_at"  # noqa: S608 - ours
_NUMBERED, _UNTIL = _BY_TIME.format("c.id"), _BY_TIME.format("c.captured_at")

_Row = tuple[int, str, str, str, str]
_Limit = TypeVar("_Limit", int, str)


class _Growth(NamedTuple):
    """A period's line after each limit at which it had more captures than at the one before.

    ``steps`` are the places of these limits, ascending.
    """

    period: str
    steps: Sequence[int]
    lines: Sequence[PeriodLine]

    def at(self, step: int) -> PeriodLine | None:
        """Return the line at a limit; None if the period had no captures yet."""
        place = bisect_right(self.steps, step)
        return self.lines[place - 1] if place else None


class WitnessedRoots:
    """Roots of an archive to publish, and those to compare published ones with."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def newest(self, now: datetime) -> RootRecord | None:
        """Return the root of all captures, computed when it was stored or ``now``; None without captures.

        Raise :exc:`DamagedArchive` if the newest one's time is invalid.
        """
        last_capture, newest = self._db.execute(_NEWEST).fetchone()
        if last_capture is None:
            return None
        _refuse_other_than_stamp(newest)
        tree = CaptureTree(self._db)
        (root, captures), stored = tree.root(), tree.last_stored()
        is_stored = stored is not None and stored.digest == root
        computed_at = stored.computed_at if stored and is_stored else stamp(now)
        return RootRecord(root.hex(), captures, newest, last_capture, computed_at)

    def last_capture(self) -> int:
        """Return the greatest number of a capture; 0 without captures."""
        return self._db.execute(_NEWEST).fetchone()[0] or 0

    def up_to(self, limits: Iterable[int]) -> dict[int, PeriodLine]:
        """Return the line of the captures with numbers up to each limit.

        All captures are read once, by time. Only those of a minute, and the periods that contain it, are in
        memory; a period has as many lines as there are limits between the numbers of its captures.
        """
        ordered = sorted(set(limits))
        rows = self._db.execute(_NUMBERED, ordered[-1:]) if ordered else ()
        return _lines(((bisect_left(ordered, row[0]), row) for row in rows), ordered)

    def until(self, times: Iterable[str]) -> dict[str, PeriodLine]:
        """Return the line of the captures up to each time, a stamp, that one included.

        All captures are read once, as in :meth:`up_to`. Nothing that was stored of the tree is used: a
        program that changes captures can change that, too.
        """
        ordered = sorted(set(times))
        rows = self._db.execute(_UNTIL, ordered[-1:]) if ordered else ()
        return _lines(((bisect_left(ordered, row[1]), row) for row in rows), ordered)


def _refuse_other_than_stamp(time: str) -> None:
    try:
        is_stamp = stamp(parse_stamp(time)) == time
    except (ValueError, OverflowError):
        is_stamp = False
    if not is_stamp:
        raise DamagedArchive("the newest capture has a time that is not like 2025-04-10T12:00:00.000Z")


def _lines(rows: Iterable[tuple[int, _Row]], limits: Sequence[_Limit]) -> dict[_Limit, PeriodLine]:
    """Return the line at each limit. Rows, by time, come with the place of the limit that has them first."""
    grown = _minutes(rows)
    for level in LEVELS[1:]:
        grown = _summed(grown, level)
    whole = next(iter(grown), None)
    return {limit: (whole and whole.at(place)) or NO_CAPTURES for place, limit in enumerate(limits)}


def _minutes(rows: Iterable[tuple[int, _Row]]) -> Iterator[_Growth]:
    for minute, captures in groupby(rows, key=lambda placed: placed[1][1][:MINUTE]):
        added = [(step, CaptureLine(*values).line) for step, (_, *values) in captures]
        steps = sorted({step for step, _ in added})
        lines = [
            summed_captures(minute, sorted({line for step, line in added if step <= last})) for last in steps
        ]
        yield _Growth(minute, steps, lines)


def _summed(parts: Iterable[_Growth], level: int) -> Iterator[_Growth]:
    """Yield the periods of a level that follow from their parts, by time."""
    for period, grown in groupby(parts, key=lambda part: part.period[:level]):
        inner = list(grown)
        steps = sorted({step for part in inner for step in part.steps})
        there = ([line for part in inner if (line := part.at(step))] for step in steps)
        yield _Growth(period, steps, [summed_periods(period, lines) for lines in there])
