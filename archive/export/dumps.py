"""The pages as text files, in the paper's own layout: what `import` reads back into the same versions.

``2025-04/!6081430.v2.20250410T120000000Z-20250411T060000000Z.txt`` is version 2 of article 6081430, seen
between these times, in the folder of the month it was published; ``.gone-…`` before ``.txt`` says since when
the article is not there any more. Names are made of numbers alone, since titles hold anything.
``taz-archive.json`` says what all of it is.
"""

import json
from pathlib import Path

from archive.dump.writer import write_dump
from archive.export.files.output import DUMP_MARK, whole_file
from archive.export.job import Job, month_of
from archive.store import SelectedVersion


def write_folder(job: Job, folder: Path) -> None:
    months = set[str]()
    for told in job.versions():
        month = month_of(told)
        if month not in months:
            (folder / month).mkdir()
            months.add(month)
        (folder / month / file_name(told)).write_bytes(page(told))
    with whole_file(folder / DUMP_MARK) as about:
        text = json.dumps({"format": "dump", **job.about.fields}, ensure_ascii=False, indent=2)
        about.write(f"{text}\n".encode())


def file_name(told: SelectedVersion) -> str:
    """What a version's file is called. A provisional number is negative, and read as none."""
    gone = f".gone-{_bare(told.gone_since)}" if told.gone_since else ""
    return f"!{told.id}.v{told.version}.{_bare(told.first_seen)}-{_bare(told.last_seen)}{gone}.txt"


def page(told: SelectedVersion) -> bytes:
    """The page, with its line ends."""
    lines = [line.text for line in write_dump(told.article())]
    return ("\n".join(lines).rstrip("\n") + "\n").encode()


def _bare(stamped: str) -> str:
    """``2025-04-10T12:00:00.000Z`` → ``20250410T120000000Z``: no sign that some file system forbids."""
    return stamped.translate({ord(sign): None for sign in "-:."})
