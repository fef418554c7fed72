"""WARC 1.1: every capture as it was recorded, in the order of time, for `import` to make the same archive of.

The type of a record follows from what was kept of the answer:

- bytes received for the first time: a ``resource``. Only pages are stored, without the header that gemini and
  HTTP send before them. Gopher sends no header; a ``response`` of a gopher server would be correct, but pywb
  cannot replay its revisits, because it looks for HTTP headers in it (https://github.com/webrecorder/pywb/issues/802).
- bytes received before: a ``revisit`` that refers to the first capture of them.
- no bytes: a ``metadata`` record that says why.

Digests are sha256, as the archive has them. ``Taz-Archive-Capture`` holds as JSON what WARC has no field for.
"""

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from io import BytesIO
from typing import BinaryIO
from urllib.parse import quote, urlsplit
from uuid import NAMESPACE_URL, uuid5

from warcio.recordloader import ArcWarcRecord
from warcio.warcwriter import WARCWriter

from archive.atom import URL_SAFE
from archive.export.job import Job
from archive.export.manifest import About
from archive.store import SelectedCapture, digest_of

OWN_FIELD = "Taz-Archive-Capture"
SCHEMES = ("gopher", "gophers", "gemini", "http", "https")
NOTHING = digest_of(b"")
# What the bytes are, by the form they were taken for; of HTTP gateways, a web page.
MEDIA = {"gopher": "application/gopher-menu", "gemini": "text/gemini; charset=utf-8"}
PLAIN, HTML = "text/plain; charset=utf-8", "text/html"
FIELDS = "application/warc-fields"

Noted = Callable[
    [SelectedCapture | None, str, str], None
]  # the capture if it is of one, the record's type, its media type


def write_stream(job: Job, file: BinaryIO) -> None:
    """Each record gzipped by itself, as WARC has it, unless OUT is called ``….warc``."""
    write_warc(job, file, gzipped=not job.name.endswith(".warc"))


def write_warc(job: Job, file: BinaryIO, *, gzipped: bool, noted: Noted | None = None) -> None:
    """Write all chosen captures; ``noted`` is told of each record that was just written."""
    writer = WARCWriter(file, gzip=gzipped, warc_version="1.1")
    for kept, record in _records(writer, job):
        writer.write_record(record)
        if noted:
            noted(kept, record.rec_type, record.content_type)


def _records(writer: WARCWriter, job: Job) -> Iterator[tuple[SelectedCapture | None, ArcWarcRecord]]:
    yield None, _warcinfo(writer, job.about)
    for kept in job.captures():
        yield kept, _record(writer, job, kept)


@lru_cache(maxsize=4096)  # of one capture it is asked for up to four times
def record_uri(url: str) -> str:
    """The address a record is of: that of the page, or, of a file that was imported, ``file:///…``."""
    if _scheme(url) in SCHEMES:
        return quote(url, safe=URL_SAFE)
    return "file:///" + quote(url.lstrip("/"), safe="/")


def _scheme(url: str) -> str:
    try:
        return urlsplit(url).scheme
    except ValueError:  # "gopher://[broken"
        return ""


def _warcinfo(writer: WARCWriter, about: About) -> ArcWarcRecord:
    info = {
        "software": about.tool,
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "description": about.sentence,
        **{f"taz-archive-{name.replace('_', '-')}": value for name, value in about.plain.items()},
    }
    block = "".join(f"{name}: {' '.join(value.split())}\r\n" for name, value in info.items()).encode()
    headers = _headers("warcinfo", about.sentence, about.last_seen) | {"WARC-Block-Digest": digest_of(block)}
    return _made(writer, None, "warcinfo", block, FIELDS, headers)


def _record(writer: WARCWriter, job: Job, kept: SelectedCapture) -> ArcWarcRecord:
    uri = record_uri(kept.url)
    headers = _headers(kept.url, kept.source, kept.captured_at, kept.digest, kept.problem, kept.id)
    headers[OWN_FIELD] = _own(kept)
    if kept.digest is None:
        block = f"outcome: {kept.outcome}\r\n".encode()
        headers["WARC-Block-Digest"] = headers["WARC-Payload-Digest"] = digest_of(block)
        return _made(writer, uri, "metadata", block, FIELDS, headers)
    media = media_type(kept)
    headers["WARC-Payload-Digest"] = kept.digest
    if kept.first_url is None:
        headers["WARC-Block-Digest"] = kept.digest
        return _made(writer, uri, "resource", job.archive.export.body(kept), media, headers)
    headers |= {
        "WARC-Profile": writer.REVISIT_PROFILE_1_1,
        "WARC-Refers-To-Target-URI": record_uri(kept.first_url),
        "WARC-Refers-To-Date": str(kept.first_at),
        "WARC-Block-Digest": NOTHING,
    }
    return _made(writer, uri, "revisit", b"", media, headers)


def media_type(kept: SelectedCapture) -> str:
    """What its bytes are, as far as the archive knows."""
    scheme = _scheme(kept.url)
    if scheme.startswith("http"):
        return HTML
    return MEDIA.get(kept.rendition or scheme.removesuffix("s"), PLAIN)


def _own(kept: SelectedCapture) -> str:
    """What a WARC has no field for, on one line of ASCII whatever it holds."""
    said = {
        "source": kept.source,
        "url": kept.url,
        "rendition": kept.rendition,
        "outcome": kept.outcome,
        "problem": kept.problem,
        "page": [kept.kind, kept.number] if kept.kind else None,
    }
    return json.dumps({name: value for name, value in said.items() if value is not None})


def _headers(*names: object) -> dict[str, str]:
    """An id made of what the record is, and the third name as its date."""
    made = uuid5(NAMESPACE_URL, "\n".join(map(str, names)))
    return {"WARC-Record-ID": f"<urn:uuid:{made}>", "WARC-Date": str(names[2])}


def _made(
    writer: WARCWriter, uri: str | None, kind: str, block: bytes, media: str, headers: dict[str, str]
) -> ArcWarcRecord:
    return writer.create_warc_record(
        uri, kind, BytesIO(block), len(block), warc_content_type=media, warc_headers_dict=headers
    )
