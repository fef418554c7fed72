"""Pages as text files in the paper's own layout, which `import` reads back into the same versions.

``2025-04/!6081430.v2.20250410T120000000Z-20250411T060000000Z.txt`` is version 2 of article 6081430, seen
between these times, in the folder of its month of publication; ``.gone-…`` before ``.txt`` is the time since
which the article is gone. Titles can contain any character, so names consist of numbers.
``taz-archive.json`` describes the export.
"""

import json
from pathlib import Path

from archive.dump.writer import write_dump
from archive.export.files.output import DUMP_MARK, whole_file
from archive.export.job import ExportJob, month_of
from archive.store import SelectedVersion


def write_folder(job: ExportJob, folder: Path) -> None:
    months = set[str]()
    for row in job.versions():
        month = month_of(row)
        if month not in months:
            (folder / month).mkdir()
            months.add(month)
        (folder / month / file_name(row)).write_bytes(page(row))
    with whole_file(folder / DUMP_MARK) as about:
        text = json.dumps({"format": "dump", **job.about.fields}, ensure_ascii=False, indent=2)
        about.write(f"{text}\n".encode())


def file_name(row: SelectedVersion) -> str:
    """Return the name of a version's file. A provisional article number is negative."""
    gone = f".gone-{_bare(row.gone_since)}" if row.gone_since else ""
    return f"!{row.id}.v{row.version}.{_bare(row.first_seen)}-{_bare(row.last_seen)}{gone}.txt"


def page(row: SelectedVersion) -> bytes:
    lines = [line.text for line in write_dump(row.article())]
    return ("\n".join(lines).rstrip("\n") + "\n").encode()


def _bare(stamped: str) -> str:
    """``2025-04-10T12:00:00.000Z`` → ``20250410T120000000Z``: no characters that file systems forbid."""
    return stamped.translate({ord(sign): None for sign in "-:."})
