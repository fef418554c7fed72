"""Reads WARC files: all captures of our own exports, and the paper's pages in those of other programs.

ARC files, and WARCs compressed with zstd or in a WACZ, are supported as well.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord

from archive.dump.grammar import clean
from archive.export.warc import OWN_FIELD
from archive.imports.revisited_payloads import RevisitedCapture, RevisitedPayloads
from archive.imports.synthetic_captures import (
    SOURCE,
    InvalidRecordError,
    failed_capture,
    parse_past_time,
    shown_time,
)
from archive.imports.warc_files import DAMAGE_ERRORS, streams
from archive.imports.warc_records import read_http_header, records
from archive.model import Capture, Kind, Outcome, PageKey
from archive.pagekey import NUMBER_LIMIT, page_key
from archive.renditions.charset import MAX_PAGE_BYTES
from archive.store import digest_of, parse_digest
from archive.timestamps import display_time

PAGE_RECORDS = ("response", "resource", "revisit")
GEMINI_HEADER = re.compile(rb"(?P<status>[0-9]{2}) ?(?P<meta>[^\r\n]{0,1024})\r\n")
OK, NOT_MODIFIED, NOT_FOUND, GONE = "200", "304", ("404", "410"), (b"51", b"52")


def captures(file: Path, *, bodies: RevisitedPayloads, now: datetime) -> Iterator[Capture]:
    try:
        for stream in streams(file):
            for record in records(stream):
                yield from _captures(file, record, bodies, now)
    except (ArchiveLoadFailed, InvalidRecordError, *DAMAGE_ERRORS) as error:
        problem = f"expected a complete WARC, found something else ({clean(str(error))})"
        yield failed_capture(file, problem, now=now)
    except OSError as error:
        yield failed_capture(file, f"cannot read the file: {error.strerror or error}", now=now)


def _captures(
    file: Path, record: ArcWarcRecord, bodies: RevisitedPayloads, now: datetime
) -> Iterator[Capture]:
    uri = _uri(record, "WARC-Target-URI")
    own = record.rec_headers.get_header(OWN_FIELD)
    try:
        if own:
            yield _own(record, json.loads(own), bodies, now)
        elif uri and record.rec_type in PAGE_RECORDS and page_key(uri):
            yield _others(record, uri, bodies, now)
        else:
            _refuse_half(record)
    except (InvalidRecordError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        problem = f"expected a capture's record, found another ({clean(str(error))})"
        yield failed_capture(file, problem, now=now, url=uri or None, at=_date_if_any(record, now))


def _uri(record: ArcWarcRecord, field: str) -> str:
    """Return a URL in a record's header, or an empty string. Wget writes some in angle brackets."""
    return clean(record.rec_headers.get_header(field) or "").removeprefix("<").removesuffix(">")


def _own(record: ArcWarcRecord, said: object, bodies: RevisitedPayloads, now: datetime) -> Capture:
    """Return a capture of our own export. As with `reparse`, the outcome is derived from the bytes again.

    A failed capture with bytes, as of a page whose absence was not confirmed yet, stays failed.
    """
    if not isinstance(said, dict):
        raise InvalidRecordError(f"expected an object in {OWN_FIELD}")
    read = _body(record, bodies, now)
    body = None if record.rec_type == "metadata" else read
    recorded = Outcome(said["outcome"] if body is None else said.get("outcome", Outcome.OK))
    outcome = Outcome.OK if body is not None and recorded is not Outcome.FAILED else recorded
    kind, number = said.get("page") or (None, 0)
    problem, rendition = said.get("problem"), said.get("rendition")
    return Capture(
        source=clean(str(said["source"])),
        url=clean(str(said["url"])),
        captured_at=_date(record, now),
        key=_key(Kind(kind), int(number)) if kind else None,
        body=body,
        outcome=outcome,
        problem=None if outcome is Outcome.OK or problem is None else clean(str(problem)),
        rendition=None if rendition is None else clean(str(rendition)),
    )


def _key(kind: Kind, number: int) -> PageKey:
    if not 0 <= number < NUMBER_LIMIT or (kind is Kind.ROOT) != (number == 0):
        raise InvalidRecordError("the page has an invalid number")
    return PageKey(kind, number)


def _others(record: ArcWarcRecord, uri: str, bodies: RevisitedPayloads, now: datetime) -> Capture:
    """Return the capture of a page that another program archived."""
    outcome, problem, body = Outcome.OK, None, b""
    read_http_header(record, uri)
    status = record.http_headers.get_statuscode() if record.http_headers else OK
    if status == OK or (status == NOT_MODIFIED and record.rec_type == "revisit"):
        body, outcome, problem = _unheaded(record, uri, _body(record, bodies, now))
    else:
        outcome = Outcome.ABSENT if status in NOT_FOUND else Outcome.FAILED
        problem = f"the server said {clean(str(status))}"
    return Capture(
        source=SOURCE,
        url=uri,
        captured_at=shown_time(body, now=now) or _date(record, now),
        key=page_key(uri),
        body=body if outcome is Outcome.OK else None,
        outcome=outcome,
        problem=problem,
    )


def _unheaded(record: ArcWarcRecord, uri: str, body: bytes) -> tuple[bytes, Outcome, str | None]:
    """Split a gemini response from its header, which holds the outcome."""
    header = GEMINI_HEADER.match(body)
    if urlsplit(uri).scheme != "gemini" or record.rec_type != "response" or not header:
        return body, Outcome.OK, None
    if header["status"].startswith(b"2"):
        return body[header.end() :], Outcome.OK, None
    outcome = Outcome.ABSENT if header["status"] in GONE else Outcome.FAILED
    return body, outcome, f'the server said "{clean(header[0].decode(errors="replace"))}"'


def _body(record: ArcWarcRecord, bodies: RevisitedPayloads, now: datetime) -> bytes:
    digest = record.rec_headers.get_header("WARC-Payload-Digest") or ""
    try:
        body: bytes = record.content_stream().read(MAX_PAGE_BYTES + 1)
    except AttributeError as error:  # warcio's, of brotli: https://github.com/webrecorder/warcio
        raise InvalidRecordError("cannot be unpacked") from error
    if len(body) > MAX_PAGE_BYTES:
        raise InvalidRecordError(f"expected a page of at most {MAX_PAGE_BYTES >> 20} MiB")
    _refuse_half(record)
    if record.rec_type == "revisit":
        return _earlier(_origin(record, digest, now), bodies)
    stated = parse_digest(digest)
    if stated and stated != digest_of(body):
        raise InvalidRecordError("the digest does not match the bytes")
    bodies.keep(digest, _uri(record, "WARC-Target-URI"), _date(record, now), body)
    return body


def _earlier(origin: RevisitedCapture, bodies: RevisitedPayloads) -> bytes:
    body = bodies.find(origin)
    if body is None:
        when = display_time(origin.at)
        raise InvalidRecordError(
            f"refers to a page that was not imported, {origin.url} of {when};"
            " first import the file that contains it, then this one again"
        )
    return body


def _origin(record: ArcWarcRecord, digest: str, now: datetime) -> RevisitedCapture:
    """Return what a revisit refers to. Wget writes no date: it means the same URL with the same digest."""
    url = _uri(record, "WARC-Refers-To-Target-URI") or _uri(record, "WARC-Target-URI")
    date = record.rec_headers.get_header("WARC-Refers-To-Date")
    at = parse_past_time(date, now=now) if date else _date(record, now)
    return RevisitedCapture(digest, url, at, exact=bool(date))


def _refuse_half(record: ArcWarcRecord) -> None:
    """Raise for errors that warcio ignores: a file that ends within a record, or a wrong length."""
    if not (record.rec_headers.get_header("Content-Length") or "").isdecimal():
        raise InvalidRecordError("its Content-Length is not a number")
    while record.raw_stream.read(MAX_PAGE_BYTES):  # what follows the page, where HTTP says that it is shorter
        pass
    if getattr(record.raw_stream, "limit", None) != 0:
        raise InvalidRecordError("the file ends within it")


def _date(record: ArcWarcRecord, now: datetime) -> datetime:
    return parse_past_time(record.rec_headers.get_header("WARC-Date"), now=now)


def _date_if_any(record: ArcWarcRecord, now: datetime) -> datetime | None:
    with suppress(InvalidRecordError):
        return _date(record, now)
    return None
