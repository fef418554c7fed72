"""The pages as text files, in the paper's own layout: what `import` reads back into the same versions.

``2025-04/!6081430.v2.20250410T120000000Z.txt`` is version 2 of article 6081430, first seen then, in the
folder of the month it was published. Names are made of numbers alone, since titles hold anything.
``index.jsonl`` tells of each file between which times the article read so, and whether it is gone since;
``taz-archive.json`` what all of it is.
"""

import json
from pathlib import Path

from archive.dump.writer import write_dump
from archive.export.job import Job
from archive.export.output import whole_file
from archive.store.reading_out import Told

INDEX, ABOUT = "index.jsonl", "taz-archive.json"
UNDATED = "undated"


def write_folder(job: Job, folder: Path) -> None:
    months = set[str]()
    with whole_file(folder / INDEX) as index:
        for told in job.versions():
            name = file_name(told)
            month = name.partition("/")[0]
            if month not in months:
                (folder / month).mkdir()
                months.add(month)
            (folder / name).write_bytes(page(told))
            index.write(f"{json.dumps(_indexed(told, name), ensure_ascii=False)}\n".encode())
    with whole_file(folder / ABOUT) as about:
        text = json.dumps({"format": "dump", **job.about.fields}, ensure_ascii=False, indent=2)
        about.write(f"{text}\n".encode())


def file_name(told: Told) -> str:
    """Where a version's page goes. A provisional number is negative, and read as none."""
    month = told.published[:7] if told.published else UNDATED
    at = told.first_seen.translate({ord(sign): None for sign in "-:."})
    return f"{month}/!{told.id}.v{told.version}.{at}.txt"


def page(told: Told) -> bytes:
    """The page, with its line ends."""
    lines = [line.text for line in write_dump(told.article())]
    return ("\n".join(lines).rstrip("\n") + "\n").encode()


def _indexed(told: Told, name: str) -> dict[str, object]:
    return {
        "file": name,
        "id": told.id,
        "version": told.version,
        "first_seen": told.first_seen,
        "last_seen": told.last_seen,
        "gone_since": told.gone_since,
        "title": told.title,
    }
