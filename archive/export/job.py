"""One export: the archive, the selection, and callbacks for progress and warnings."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from archive.export.manifest import About
from archive.progress import Advance
from archive.store import Reader, SelectedCapture, SelectedVersion, Selection

Row = TypeVar("Row", SelectedVersion, SelectedCapture)
UNDATED_MONTH = "undated"  # for articles without a date
ROWS_PER_PROGRESS_UPDATE = 500


def month_of(row: SelectedVersion) -> str:
    """Return the month of publication, ``2025-04``, as folders are named for it."""
    return row.published[:7] if row.published else UNDATED_MONTH


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportJob:
    """An export. ``advance`` is called with the number of rows written, ``warn`` with a one-line message.

    ``name`` is the file name of OUT, empty for a stream. ``spreadsheet`` only applies to csv.
    """

    archive: Reader
    selection: Selection
    about: About
    name: str
    advance: Advance
    warn: Callable[[str], None]
    spreadsheet: bool = False

    def versions(self) -> Iterator[SelectedVersion]:
        """Yield the versions by article and number."""
        return self._watched(self.archive.export.versions())

    def wordings(self) -> Iterator[SelectedVersion]:
        """Yield the versions by article and number; of their lists, only edits and truncations."""
        return self._watched(self.archive.export.wordings())

    def newest_first(self) -> Iterator[SelectedVersion]:
        """Yield the versions by first_seen, newest first."""
        return self._watched(self.archive.export.newest_first())

    def by_month(self) -> Iterator[SelectedVersion]:
        """Yield the versions by month of publication."""
        return self._watched(self.archive.export.by_month())

    def captures(self) -> Iterator[SelectedCapture]:
        """Yield the captures by time."""
        return self._watched(self.archive.export.captures())

    def _watched(self, rows: Iterator[Row]) -> Iterator[Row]:
        at = 0
        for at, row in enumerate(rows, start=1):
            yield row
            if not at % ROWS_PER_PROGRESS_UPDATE:
                self.advance(ROWS_PER_PROGRESS_UPDATE)
        self.advance(at % ROWS_PER_PROGRESS_UPDATE)
