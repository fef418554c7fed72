"""CSV (RFC 4180): one version a row, UTF-8; links, authors and what else is a list are JSON in their cells.

An empty cell is NULL, or a text without a word. Cells are as the archive has them, and so can begin with
``=``, which a spreadsheet would take for a formula, and the web may have put there: how many do is said, and
with ``spreadsheet`` each gets an apostrophe before it, as OWASP advises, and the file the mark by which Excel
knows UTF-8.
"""

import codecs
import csv
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

from archive.export.datapackage import Resource, write_datapackage
from archive.export.files.output import whole_file
from archive.export.job import Job
from archive.store import SelectedVersion

# https://owasp.org/www-community/attacks/CSV_Injection; tabs and line ends no cell begins with.
FORMULA = ("=", "+", "-", "@")
TEXTS = tuple(
    SelectedVersion._fields.index(name) for name in ("title", "lead", "caption", "dateline", "text")
)
FILE = "versions.csv"


def write_stream(job: Job, file: BinaryIO) -> None:
    if job.spreadsheet:
        file.write(codecs.BOM_UTF8)
    text = TextIOWrapper(file, encoding="utf-8", newline="", write_through=False)
    table = csv.writer(text)
    table.writerow(SelectedVersion._fields)
    formulas = Formulas(quoted=job.spreadsheet)
    table.writerows(formulas.watched(job.versions()))
    text.flush()
    text.detach()  # the file is not ours to close
    if formulas.count and not job.spreadsheet:
        cells = f"{formulas.count:,} cell{'s begin' if formulas.count > 1 else ' begins'}"
        job.warn(f"{cells} like a formula; for a spreadsheet, export with --spreadsheet")


def write_folder(job: Job, folder: Path) -> None:
    with whole_file(folder / FILE) as file:
        write_stream(job, file)
    write_datapackage(job, folder / "datapackage.json", Resource(FILE, "csv"))


class Formulas:
    """Counts cells that begin like a formula; puts an apostrophe before them if they are ``quoted``."""

    def __init__(self, *, quoted: bool) -> None:
        self.quoted = quoted
        self.count = 0

    def watched(self, rows: Iterable[SelectedVersion]) -> Iterator[Iterable[object]]:
        for row in rows:
            found = [at for at in TEXTS if str(row[at] or "").startswith(FORMULA)]
            self.count += len(found)
            yield self._quoted(row, found) if self.quoted and found else row

    def _quoted(self, row: SelectedVersion, found: list[int]) -> list[object]:
        return [f"'{cell}" if at in found else cell for at, cell in enumerate(row)]
