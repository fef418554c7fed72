"""WACZ 1.1.1: the captures as WARC, with an index, the pages there are, and a description, in one ZIP file.

https://specs.webrecorder.net/wacz/1.1.1/
"""

import json
import zipfile
from pathlib import Path
from typing import NamedTuple

from archive.export import cdx
from archive.export.files.output import whole_file
from archive.export.files.zip import Measured, member
from archive.export.job import Job
from archive.export.warc import record_uri, write_warc
from archive.store import SelectedCapture

VERSION = "1.1.1"
WARC, BLOCKS, IDX, PAGES = "data.warc.gz", "index.cdx.gz", "index.idx", "pages.jsonl"
HEAD = {"format": "json-pages-1.0", "id": "pages", "title": "All pages"}
NO_DETAIL = "application/warc-fields"  # records of that type tell of no page


class Resource(NamedTuple):
    """A file in the ZIP file, as its description has it."""

    folder: str
    name: str
    file: Measured


def write_file(job: Job, path: Path) -> None:
    with whole_file(path) as file, zipfile.ZipFile(file, "w") as pack, cdx.Index() as index:
        resources = [_write_warc(job, pack, index), *_write_index(pack, index), _write_pages(job, pack)]
        _write_description(job, pack, resources)


def _write_warc(job: Job, pack: zipfile.ZipFile, index: cdx.Index) -> Resource:
    with member(pack, f"archive/{WARC}", stored=True) as file:
        start = 0

        def note(kept: SelectedCapture | None, kind: str, media: str) -> None:
            nonlocal start
            if kept and media != NO_DETAIL:
                index.add(_line(kept, kind, media, start, file.size - start))
            start = file.size

        write_warc(job, file, gzipped=True, noted=note)  # type: ignore[arg-type]  # it only writes
    return Resource("archive", WARC, file)


def _line(kept: SelectedCapture, kind: str, media: str, offset: int, length: int) -> str:
    fields: dict[str, object] = {
        "mime": "warc/revisit" if kind == "revisit" else media.partition(";")[0],
        "digest": kept.digest,
        "length": str(length),
        "offset": str(offset),
        "filename": WARC,
    }
    return cdx.line(record_uri(kept.url), kept.captured_at, fields)


def _write_index(pack: zipfile.ZipFile, index: cdx.Index) -> list[Resource]:
    with member(pack, f"indexes/{BLOCKS}", stored=True) as blocks:
        idx = cdx.write_blocks(index.sorted(), blocks, BLOCKS)  # type: ignore[arg-type]  # it only writes
    with member(pack, f"indexes/{IDX}") as file:
        file.write(idx)
    return [Resource("indexes", BLOCKS, blocks), Resource("indexes", IDX, file)]


def _write_pages(job: Job, pack: zipfile.ZipFile) -> Resource:
    with member(pack, f"pages/{PAGES}") as file:
        file.write(_json_line(HEAD))
        for article, url, at, title in job.archive.export.captured_pages():
            page = {"id": str(article), "url": record_uri(url), "ts": at, "title": title}
            file.write(_json_line(page))
    return Resource("pages", PAGES, file)


def _write_description(job: Job, pack: zipfile.ZipFile, resources: list[Resource]) -> None:
    described = {
        "profile": "data-package",
        "wacz_version": VERSION,
        "title": job.about.paper,
        "description": job.about.sentence,
        "software": job.about.tool,
        "created": job.about.as_of,
        "taz_archive": job.about.fields,
        "resources": [
            {
                "name": name,
                "path": f"{folder}/{name}",
                "hash": file.digest,
                "bytes": file.size,
            }
            for folder, name, file in resources
        ],
    }
    with member(pack, "datapackage.json") as file:
        file.write(json.dumps(described, ensure_ascii=False, indent=2).encode())
    with member(pack, "datapackage-digest.json") as digest:
        digest.write(json.dumps({"path": "datapackage.json", "hash": file.digest}).encode())


def _json_line(value: object) -> bytes:
    return f"{json.dumps(value, ensure_ascii=False)}\n".encode()
