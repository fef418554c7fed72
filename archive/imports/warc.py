"""WARC files: our own, which hold every capture as it was, and others', for their pages of the paper.

ARC files, and WARCs compressed with zstd or packed in a WACZ, are read alike.
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
from archive.export.warc import NOTHING, OWN_FIELD
from archive.imports.revisited_payloads import Bodies, Origin
from archive.imports.synthetic_captures import SOURCE, UnfitError, failed, time_of, time_shown
from archive.imports.warc_files import DAMAGED, streams
from archive.imports.warc_records import read_http_header, records
from archive.model import Capture, Kind, Outcome, PageKey
from archive.pagekey import NUMBER_LIMIT, page_key
from archive.renditions.charset import MAX_PAGE_BYTES
from archive.store import digest_of

PAGES = ("response", "resource", "revisit")
GEMINI_HEADER = re.compile(rb"(?P<status>[0-9]{2}) ?(?P<meta>[^\r\n]{0,1024})\r\n")
OK, NOT_MODIFIED, NOT_FOUND, GONE = "200", "304", ("404", "410"), (b"51", b"52")


def captures(file: Path, *, bodies: Bodies, now: datetime) -> Iterator[Capture]:
    """The captures in a file, one at a time."""
    try:
        for stream in streams(file):
            for record in records(stream):
                yield from _captures(file, record, bodies, now)
    except (ArchiveLoadFailed, UnfitError, *DAMAGED) as error:
        yield failed(file, f"expected a whole WARC, found something else ({clean(str(error))})", now=now)
    except OSError as error:
        yield failed(file, f"cannot be read: {error.strerror or error}", now=now)


def _captures(file: Path, record: ArcWarcRecord, bodies: Bodies, now: datetime) -> Iterator[Capture]:
    uri = _uri(record, "WARC-Target-URI")
    own = record.rec_headers.get_header(OWN_FIELD)
    try:
        if own:
            yield _own(record, json.loads(own), bodies, now)
        elif uri and record.rec_type in PAGES and page_key(uri):
            yield _others(record, uri, bodies, now)
        else:
            _refuse_half(record)
    except (UnfitError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        problem = f"expected a capture's record, found another ({clean(str(error))})"
        yield failed(file, problem, now=now, url=uri or None, at=_date_if_any(record, now))


def _uri(record: ArcWarcRecord, field: str) -> str:
    """Return an address in a record's header, empty if it has none. Wget writes some in angle brackets."""
    return clean(record.rec_headers.get_header(field) or "").removeprefix("<").removesuffix(">")


def _own(record: ArcWarcRecord, said: object, bodies: Bodies, now: datetime) -> Capture:
    """A capture as it was. Bytes are read anew, as `reparse` does, so their outcome follows from them.

    But for those of a fetch that failed, as of a page whose absence nobody had confirmed yet.
    """
    if not isinstance(said, dict):
        raise UnfitError(f"expected an object in {OWN_FIELD}")
    read = _body(record, bodies, now)
    body = None if record.rec_type == "metadata" else read
    told = Outcome(said["outcome"] if body is None else said.get("outcome", Outcome.OK))
    outcome = Outcome.OK if body is not None and told is not Outcome.FAILED else told
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
        raise UnfitError("its page has a number that no page can have")
    return PageKey(kind, number)


def _others(record: ArcWarcRecord, uri: str, bodies: Bodies, now: datetime) -> Capture:
    """A page of the paper that another program archived."""
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
        captured_at=time_shown(body, now=now) or _date(record, now),
        key=page_key(uri),
        body=body if outcome is Outcome.OK else None,
        outcome=outcome,
        problem=problem,
    )


def _unheaded(record: ArcWarcRecord, uri: str, body: bytes) -> tuple[bytes, Outcome, str | None]:
    """A gemini response without its header, which says whether there is a page."""
    header = GEMINI_HEADER.match(body)
    if urlsplit(uri).scheme != "gemini" or record.rec_type != "response" or not header:
        return body, Outcome.OK, None
    if header["status"].startswith(b"2"):
        return body[header.end() :], Outcome.OK, None
    outcome = Outcome.ABSENT if header["status"] in GONE else Outcome.FAILED
    return body, outcome, f'the server said "{clean(header[0].decode(errors="replace"))}"'


def _body(record: ArcWarcRecord, bodies: Bodies, now: datetime) -> bytes:
    digest = record.rec_headers.get_header("WARC-Payload-Digest") or ""
    try:
        body: bytes = record.content_stream().read(MAX_PAGE_BYTES + 1)
    except AttributeError as error:  # warcio's, of brotli: https://github.com/webrecorder/warcio
        raise UnfitError("cannot be unpacked") from error
    if len(body) > MAX_PAGE_BYTES:
        raise UnfitError(f"expected a page of at most {MAX_PAGE_BYTES >> 20} MiB")
    _refuse_half(record)
    if record.rec_type == "revisit":
        return _earlier(_origin(record, digest, now), bodies)
    if digest.startswith("sha256:") and len(digest) == len(NOTHING) and digest != digest_of(body):
        raise UnfitError("its digest is that of other bytes")
    bodies.keep(digest, _uri(record, "WARC-Target-URI"), _date(record, now), body)
    return body


def _earlier(origin: Origin, bodies: Bodies) -> bytes:
    body = bodies.find(origin)
    if body is None:
        when = f"{origin.at:%Y-%m-%d %H:%M:%S}"
        raise UnfitError(
            f"refers to a page that was not met before, {origin.url} of {when};"
            " import the file that holds it first, then this one again"
        )
    return body


def _origin(record: ArcWarcRecord, digest: str, now: datetime) -> Origin:
    """Return what a revisit refers to. Wget names no date: it means the same address with the same digest."""
    url = _uri(record, "WARC-Refers-To-Target-URI") or _uri(record, "WARC-Target-URI")
    date = record.rec_headers.get_header("WARC-Refers-To-Date")
    at = time_of(date, now=now) if date else _date(record, now)
    return Origin(digest, url, at, exact=bool(date))


def _refuse_half(record: ArcWarcRecord) -> None:
    """Refuse what warcio does not mind: a file that ends within a record or its header, a wrong length."""
    if not (record.rec_headers.get_header("Content-Length") or "").isdecimal():
        raise UnfitError("its Content-Length is not a number")
    while record.raw_stream.read(MAX_PAGE_BYTES):  # what follows the page, where HTTP says that it is shorter
        pass
    if getattr(record.raw_stream, "limit", None) != 0:
        raise UnfitError("the file ends within it")


def _date(record: ArcWarcRecord, now: datetime) -> datetime:
    return time_of(record.rec_headers.get_header("WARC-Date"), now=now)


def _date_if_any(record: ArcWarcRecord, now: datetime) -> datetime | None:
    with suppress(UnfitError):
        return _date(record, now)
    return None
