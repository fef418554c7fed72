"""CSV (RFC 4180) of edits: one row per edited field, for spreadsheets and pandas."""

import csv
import io
from collections.abc import Iterable, Iterator

from archive.cli.output.reports.report import ReportedChange
from archive.dump.grammar import without_controls
from archive.export.csv import FORMULA_PREFIXES
from archive.store import Reader

COLUMNS = ("at", "id", "version", "field", "old", "new", "added", "removed", "sections", "url")
SECTION_SEPARATOR = "; "
Row = tuple[str | int, ...]


def edit_rows(opened: Reader, changes: Iterable[ReportedChange], *, headline: bool) -> Iterator[Row]:
    """Yield the values of :data:`COLUMNS` for each field that was edited; with ``headline`` only for titles.

    ``at`` is UTC, ``added`` and ``removed`` count words, and ``url`` is empty for a provisional id.
    """
    for event, edits, _ in (change for change in changes if change.event.what == "edited"):
        placements = opened.sections.of_article(event.article)
        sections = SECTION_SEPARATOR.join(placed.name for placed in placements if placed.section)
        url = opened.articles.url(event.article) or ""
        for edit in edits:
            if edit.field == "title" or not headline:
                words = edit.old, edit.new, edit.added, edit.removed
                yield event.at, event.article, event.number, edit.field, *words, sections, url


def write_csv(rows: Iterable[Row]) -> tuple[str, int]:
    """Return the rows as CSV with a header, and how many cells a spreadsheet would take for formulas."""
    text, formulas = io.StringIO(), 0
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        cells = [without_controls(cell) if isinstance(cell, str) else cell for cell in row]
        writer.writerow(cells)
        formulas += sum(isinstance(cell, str) and cell.startswith(FORMULA_PREFIXES) for cell in cells)
    return text.getvalue(), formulas
