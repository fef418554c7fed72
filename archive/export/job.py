"""One export: what was chosen of which archive, and who watches."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from archive.export.manifest import About
from archive.store import Reader, SelectedCapture, SelectedVersion, Selection

Row = TypeVar("Row", SelectedVersion, SelectedCapture)
UNDATED = "undated"  # the month of articles without a date
STEP = 500  # rows between two looks at the progress bar


def month_of(told: SelectedVersion) -> str:
    """Return the month of publication, ``2025-04``, as folders are named for it."""
    return told.published[:7] if told.published else UNDATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """``advance`` is told how many rows were written; ``warn`` of what the user had better know, in one line.

    ``name`` is what OUT is called, empty if it is a stream. ``spreadsheet`` is for csv alone.
    """

    archive: Reader
    selection: Selection
    about: About
    name: str
    advance: Callable[[int], None]
    warn: Callable[[str], None]
    spreadsheet: bool = False

    def versions(self) -> Iterator[SelectedVersion]:
        """By article and number."""
        return self._watched(self.archive.export.versions())

    def newest_first(self) -> Iterator[SelectedVersion]:
        """By when they were first seen."""
        return self._watched(self.archive.export.newest_first())

    def by_month(self) -> Iterator[SelectedVersion]:
        """By when they were published."""
        return self._watched(self.archive.export.by_month())

    def captures(self) -> Iterator[SelectedCapture]:
        """In the order of time."""
        return self._watched(self.archive.export.captures())

    def _watched(self, rows: Iterator[Row]) -> Iterator[Row]:
        at = 0
        for at, row in enumerate(rows, start=1):
            yield row
            if not at % STEP:
                self.advance(STEP)
        self.advance(at % STEP)
