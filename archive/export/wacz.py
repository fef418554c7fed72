"""WACZ 1.1.1: a ZIP file with the captures as WARC, an index, a list of pages, and a description.

https://specs.webrecorder.net/wacz/1.1.1/
"""

import json
import zipfile
from pathlib import Path
from typing import NamedTuple

from archive.export import cdx
from archive.export.files.output import whole_file
from archive.export.files.zip import HashedFile, open_member
from archive.export.job import ExportJob
from archive.export.warc import record_uri, write_warc
from archive.store import SelectedCapture

WACZ_VERSION = "1.1.1"
WARC, INDEX_BLOCKS, INDEX_OF_BLOCKS, PAGE_LIST = "data.warc.gz", "index.cdx.gz", "index.idx", "pages.jsonl"
PAGES_HEADER = {"format": "json-pages-1.0", "id": "pages", "title": "All pages"}
METADATA_TYPE = "application/warc-fields"  # records of this type contain no page


class Member(NamedTuple):
    """A file in the ZIP file, for its description."""

    folder: str
    name: str
    file: HashedFile


def write_file(job: ExportJob, path: Path) -> None:
    with whole_file(path) as file, zipfile.ZipFile(file, "w") as pack, cdx.CdxIndex() as index:
        resources = [_write_warc(job, pack, index), *_write_index(pack, index), _write_pages(job, pack)]
        _write_description(job, pack, resources)


def _write_warc(job: ExportJob, pack: zipfile.ZipFile, index: cdx.CdxIndex) -> Member:
    with open_member(pack, f"archive/{WARC}", stored=True) as file:
        start = 0

        def note(kept: SelectedCapture | None, kind: str, media: str) -> None:
            nonlocal start
            if kept and media != METADATA_TYPE:
                index.add(_line(kept, kind, media, start, file.size - start))
            start = file.size

        write_warc(job, file, gzipped=True, noted=note)  # type: ignore[arg-type]  # it only writes
    return Member("archive", WARC, file)


def _line(kept: SelectedCapture, kind: str, media: str, offset: int, length: int) -> str:
    fields: dict[str, object] = {
        "mime": "warc/revisit" if kind == "revisit" else media.partition(";")[0],
        "digest": kept.digest,
        "length": str(length),
        "offset": str(offset),
        "filename": WARC,
    }
    return cdx.line(record_uri(kept.url), kept.captured_at, fields)


def _write_index(pack: zipfile.ZipFile, index: cdx.CdxIndex) -> list[Member]:
    with open_member(pack, f"indexes/{INDEX_BLOCKS}", stored=True) as blocks:
        idx = cdx.write_blocks(index.sorted(), blocks, INDEX_BLOCKS)  # type: ignore[arg-type]  # it only writes
    with open_member(pack, f"indexes/{INDEX_OF_BLOCKS}") as file:
        file.write(idx)
    return [Member("indexes", INDEX_BLOCKS, blocks), Member("indexes", INDEX_OF_BLOCKS, file)]


def _write_pages(job: ExportJob, pack: zipfile.ZipFile) -> Member:
    with open_member(pack, f"pages/{PAGE_LIST}") as file:
        file.write(_json_line(PAGES_HEADER))
        for article, url, at, title in job.archive.export.captured_pages():
            page = {"id": str(article), "url": record_uri(url), "ts": at, "title": title}
            file.write(_json_line(page))
    return Member("pages", PAGE_LIST, file)


def _write_description(job: ExportJob, pack: zipfile.ZipFile, resources: list[Member]) -> None:
    described = {
        "profile": "data-package",
        "wacz_version": WACZ_VERSION,
        "title": job.about.paper,
        "description": job.about.sentence,
        "software": job.about.tool,
        "created": job.about.as_of,
        "taz_archive": job.about.fields,
        "resources": [
            {"name": name, "path": f"{folder}/{name}", "hash": file.digest, "bytes": file.size}
            for folder, name, file in resources
        ],
    }
    with open_member(pack, "datapackage.json") as file:
        file.write(json.dumps(described, ensure_ascii=False, indent=2).encode())
    with open_member(pack, "datapackage-digest.json") as digest:
        digest.write(json.dumps({"path": "datapackage.json", "hash": file.digest}).encode())


def _json_line(value: object) -> bytes:
    return f"{json.dumps(value, ensure_ascii=False)}\n".encode()
