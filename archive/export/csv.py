"""CSV (RFC 4180) in UTF-8: one version per row; lists such as links and authors are JSON in their cells.

An empty cell is NULL or an empty text. Cells are written unchanged, so they may begin with ``=``, which
spreadsheets run as a formula: a warning counts such cells. With ``spreadsheet`` they get an apostrophe, as
OWASP advises, and the file gets a byte order mark, by which Excel recognizes UTF-8.
"""

import codecs
import csv
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

from archive.export.datapackage import RowsFile, write_datapackage
from archive.export.files.output import whole_file
from archive.export.job import ExportJob
from archive.store import SelectedVersion

# https://owasp.org/www-community/attacks/CSV_Injection; no cell begins with a tab or line end.
FORMULA_PREFIXES = ("=", "+", "-", "@")
TEXT_COLUMNS = tuple(
    SelectedVersion._fields.index(name) for name in ("title", "lead", "caption", "dateline", "text")
)
CSV_FILE = "versions.csv"


def write_stream(job: ExportJob, file: BinaryIO) -> None:
    if job.spreadsheet:
        file.write(codecs.BOM_UTF8)
    text = TextIOWrapper(file, encoding="utf-8", newline="", write_through=False)
    table = csv.writer(text)
    table.writerow(SelectedVersion._fields)
    count = 0
    for row in job.versions():
        formulas = [at for at in TEXT_COLUMNS if str(row[at] or "").startswith(FORMULA_PREFIXES)]
        count += len(formulas)
        table.writerow(_escaped(row, formulas) if job.spreadsheet and formulas else row)
    text.flush()
    text.detach()  # leave the file open
    if count and not job.spreadsheet:
        cells = f"{count:,} cell{'s begin' if count > 1 else ' begins'}"
        job.warn(f"{cells} like a formula; for a spreadsheet, export with --spreadsheet")


def _escaped(row: SelectedVersion, formulas: list[int]) -> list[object]:
    return [f"'{cell}" if at in formulas else cell for at, cell in enumerate(row)]


def write_folder(job: ExportJob, folder: Path) -> None:
    with whole_file(folder / CSV_FILE) as file:
        write_stream(job, file)
    write_datapackage(job, folder / "datapackage.json", RowsFile(CSV_FILE, "csv"))
