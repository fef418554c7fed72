"""The periods of the tree over all captures: those stored, and those that newer captures changed."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from sqlite_utils import Database

from archive.proofs.merkle import leaf_digest, root_of
from archive.proofs.periods import LEVELS, MINUTE, CaptureLine, PeriodLine

AFTER = "~"  # sorts after all characters of a stamp
CAPTURE_FIELDS = "c.captured_at, lower(hex(p.digest)), c.source, c.url"  # those of a CaptureLine
CAPTURES = "captures c LEFT JOIN payloads p ON p.id = c.payload_id"
CAPTURE_LINES = f"SELECT {CAPTURE_FIELDS} FROM {CAPTURES}"  # noqa: S608 - ours
_OF_MINUTE = f"{CAPTURE_LINES} WHERE c.captured_at BETWEEN ? AND ?"
_NEW_MINUTES = f"SELECT DISTINCT substr(captured_at, 1, {MINUTE}) FROM captures WHERE id > ?"  # noqa: S608 - ours
_STORED = """
SELECT period, capture_count, lower(hex(root)) FROM capture_periods
WHERE level = ? AND period BETWEEN ? AND ? ORDER BY period
"""
_PARTS = dict(pairwise(reversed(LEVELS)))  # the length of the periods in a period
NO_CAPTURES = PeriodLine("", 0, root_of([]).hex())


class PeriodTree:
    """The periods of all captures. Those with captures of ids above ``after`` are derived again.

    A period is named by the beginning of the stamps in it: ``2025-04-10T12``. That of all captures is empty.
    """

    def __init__(self, db: Database, after: int) -> None:
        self._db = db
        self.changed: dict[str, PeriodLine] = {}
        self._changed_parts: defaultdict[str, list[PeriodLine]] = defaultdict(list)
        for (minute,) in db.execute(_NEW_MINUTES, [after]).fetchall():
            self._add(summed_captures(minute, self._captures(minute, minute + AFTER)))
        for above in LEVELS[1:]:
            for period in [name for name in self._changed_parts if len(name) == above]:
                self._add(summed_periods(period, self._parts(period)))

    def _add(self, line: PeriodLine) -> None:
        self.changed[line.period] = line
        if line.period:
            above = LEVELS[LEVELS.index(len(line.period)) + 1]
            self._changed_parts[line.period[:above]].append(line)

    def line(self, period: str = "") -> PeriodLine:
        """Return a period's line, by default that of all captures."""
        if period in self.changed:
            return self.changed[period]
        stored = self._stored(len(period), period, period)
        return stored[0] if stored else NO_CAPTURES

    def line_until(self, until: str, period: str = "") -> PeriodLine:
        """Return the line of a period's captures up to a stamp, that one included."""
        if period and period + AFTER <= until:
            return self.line(period)
        if len(period) == MINUTE:
            return summed_captures(period, self._captures(period, until))
        return summed_periods(period, self._parts_until(until, period))

    def lines_until(self, until: str, period: str) -> list[str]:
        """Return the lines of a period's tree up to a stamp: captures of a minute, or shorter periods."""
        if len(period) == MINUTE:
            return self._captures(period, min(until, period + AFTER))
        return [line.line for line in self._parts_until(until, period)]

    def _parts_until(self, until: str, period: str) -> list[PeriodLine]:
        begun = until[: _PARTS[len(period)]]
        parts = (self.line_until(until, line.period) for line in self._parts(period) if line.period <= begun)
        return [line for line in parts if line.captures]

    def _parts(self, period: str) -> list[PeriodLine]:
        """Return the periods of the next lower level in a period, by time."""
        stored = {line.period: line for line in self._stored(_PARTS[len(period)], period, period + AFTER)}
        stored.update((line.period, line) for line in self._changed_parts.get(period, ()))
        return [stored[name] for name in sorted(stored)]

    def _stored(self, level: int, first: str, last: str) -> list[PeriodLine]:
        return [PeriodLine._make(row) for row in self._db.execute(_STORED, [level, first, last])]

    def _captures(self, minute: str, until: str) -> list[str]:
        """Return the lines of the captures from a minute's beginning to a stamp in order, each once."""
        return sorted({CaptureLine._make(row).line for row in self._db.execute(_OF_MINUTE, [minute, until])})


def summed_captures(minute: str, lines: Sequence[str]) -> PeriodLine:
    """Return the line of a minute with these captures, given by their lines in order."""
    return PeriodLine(minute, len(lines), root_of([leaf_digest(line) for line in lines]).hex())


def summed_periods(period: str, parts: Sequence[PeriodLine]) -> PeriodLine:
    """Return the line of a period with these parts, by time."""
    root = root_of([leaf_digest(part.line) for part in parts])
    return PeriodLine(period, sum(part.captures for part in parts), root.hex())
