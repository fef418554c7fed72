"""WARC 1.1: all captures as recorded, by time, from which `import` recreates the archive.

The type of a record depends on the stored response:

- bytes received for the first time: a ``resource``. Only pages are stored, without the header that gemini and
  HTTP send before them. Gopher sends no header; a ``response`` of a gopher server would be correct, but pywb
  cannot replay its revisits, because it looks for HTTP headers in it (https://github.com/webrecorder/pywb/issues/802).
- bytes received before: a ``revisit`` that refers to their first capture.
- no bytes: a ``metadata`` record with the outcome.

Digests are sha256, as in the archive. ``Taz-Archive-Capture`` holds as JSON what WARC has no field for.
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

from archive.export.job import ExportJob
from archive.export.manifest import About
from archive.markup.atom import URL_SAFE
from archive.store import SelectedCapture, digest_of, format_digest

OWN_FIELD = "Taz-Archive-Capture"
PAGE_SCHEMES = ("gopher", "gophers", "gemini", "http", "https")
EMPTY_DIGEST = format_digest(digest_of(b""))
# Media types by rendition; pages of HTTP gateways are HTML.
MEDIA_TYPE_BY_RENDITION = {"gopher": "application/gopher-menu", "gemini": "text/gemini; charset=utf-8"}
TEXT_TYPE, HTML_TYPE = "text/plain; charset=utf-8", "text/html"
WARC_FIELDS_TYPE = "application/warc-fields"

Noted = Callable[
    [SelectedCapture | None, str, str], None
]  # called with the capture, if any, the record type and the media type


def write_stream(job: ExportJob, file: BinaryIO) -> None:
    """Write a WARC with each record gzipped on its own, or uncompressed if OUT ends in ``.warc``."""
    write_warc(job, file, gzipped=not job.name.endswith(".warc"))


def write_warc(job: ExportJob, file: BinaryIO, *, gzipped: bool, noted: Noted | None = None) -> None:
    """Write all selected captures; ``noted`` is called after each record."""
    writer = WARCWriter(file, gzip=gzipped, warc_version="1.1")
    for kept, record in _records(writer, job):
        writer.write_record(record)
        if noted:
            noted(kept, record.rec_type, record.content_type)


def _records(writer: WARCWriter, job: ExportJob) -> Iterator[tuple[SelectedCapture | None, ArcWarcRecord]]:
    yield None, _warcinfo(writer, job.about)
    for kept in job.captures():
        yield kept, _record(writer, job, kept)


@lru_cache(maxsize=4096)  # called up to four times per capture
def record_uri(url: str) -> str:
    """Return the target URI of a record: the page's URL, or ``file:///…`` for an imported file."""
    if _scheme(url) in PAGE_SCHEMES:
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
    headers = _headers("warcinfo", about.sentence, about.last_seen) | {
        "WARC-Block-Digest": format_digest(digest_of(block))
    }
    return _made(writer, None, "warcinfo", block, WARC_FIELDS_TYPE, headers)


def _record(writer: WARCWriter, job: ExportJob, kept: SelectedCapture) -> ArcWarcRecord:
    uri = record_uri(kept.url)
    headers = _headers(kept.url, kept.source, kept.captured_at, kept.digest, kept.problem, kept.id)
    headers[OWN_FIELD] = _own(kept)
    if kept.digest is None:
        block = f"outcome: {kept.outcome}\r\n".encode()
        headers["WARC-Block-Digest"] = headers["WARC-Payload-Digest"] = format_digest(digest_of(block))
        return _made(writer, uri, "metadata", block, WARC_FIELDS_TYPE, headers)
    media = media_type(kept)
    headers["WARC-Payload-Digest"] = kept.digest
    if kept.first_url is None:
        headers["WARC-Block-Digest"] = kept.digest
        return _made(writer, uri, "resource", job.archive.export.body(kept), media, headers)
    headers |= {
        "WARC-Profile": writer.REVISIT_PROFILE_1_1,
        "WARC-Refers-To-Target-URI": record_uri(kept.first_url),
        "WARC-Refers-To-Date": str(kept.first_at),
        "WARC-Block-Digest": EMPTY_DIGEST,
    }
    return _made(writer, uri, "revisit", b"", media, headers)


def media_type(kept: SelectedCapture) -> str:
    """Return the media type of a capture, as far as known."""
    scheme = _scheme(kept.url)
    if scheme.startswith("http"):
        return HTML_TYPE
    return MEDIA_TYPE_BY_RENDITION.get(kept.rendition or scheme.removesuffix("s"), TEXT_TYPE)


def _own(kept: SelectedCapture) -> str:
    """Return the capture's data that WARC has no field for, as one line of ASCII."""
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
    """Return a record's id, derived from the names, and its date, the third name."""
    made = uuid5(NAMESPACE_URL, "\n".join(map(str, names)))
    return {"WARC-Record-ID": f"<urn:uuid:{made}>", "WARC-Date": str(names[2])}


def _made(
    writer: WARCWriter, uri: str | None, kind: str, block: bytes, media: str, headers: dict[str, str]
) -> ArcWarcRecord:
    return writer.create_warc_record(
        uri, kind, BytesIO(block), len(block), warc_content_type=media, warc_headers_dict=headers
    )
