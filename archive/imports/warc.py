"""WARC files: our own, which hold every capture as it was, and others', for their pages of the paper."""

import json
import re
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord

from archive.dump.grammar import clean
from archive.export.warc import NOTHING, OWN_FIELD
from archive.imports.made import SOURCE, UnfitError, failed, time_of
from archive.model import Capture, Kind, Outcome, PageKey
from archive.pagekey import BEYOND, page_key
from archive.renditions.charset import MAX_PAGE
from archive.store.payloads import digest_of

Find = Callable[[str], bytes | None]
PAGES = ("response", "resource", "revisit")
GEMINI_HEADER = re.compile(rb"(?P<status>[0-9]{2}) ?(?P<meta>[^\r\n]{0,1024})\r\n")
RECENT = 250  # pages kept at hand, since those of a batch are not in the archive yet
OK, NOT_FOUND, GONE = "200", ("404", "410"), (b"51", b"52")


class Bodies:
    """Pages by their digest: those that came last, and whatever the archive has."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._recent: OrderedDict[str, bytes] = OrderedDict()

    def keep(self, digest: str, body: bytes) -> None:
        self._recent[digest] = body
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)

    def get(self, digest: str) -> bytes:
        body = self._recent.get(digest) or self._find(digest)
        if body is None:
            raise UnfitError("refers to a page that was not met before")
        return body


def captures(file: Path, *, find: Find, now: datetime) -> Iterator[Capture]:
    """The captures in a file, one at a time."""
    bodies = Bodies(find)
    try:
        with file.open("rb") as opened:
            for record in ArchiveIterator(opened):
                yield from _captures(file, record, bodies, now)
    except (ArchiveLoadFailed, EOFError, zlib.error, UnicodeDecodeError) as error:
        yield failed(file, f"expected a whole WARC, found something else ({clean(str(error))})", now=now)
    except OSError as error:
        yield failed(file, f"cannot be read: {error.strerror or error}", now=now)


def _captures(file: Path, record: ArcWarcRecord, bodies: Bodies, now: datetime) -> Iterator[Capture]:
    uri = clean(record.rec_headers.get_header("WARC-Target-URI") or "")
    own = record.rec_headers.get_header(OWN_FIELD)
    try:
        if own:
            yield _own(record, json.loads(own), bodies, now)
        elif record.rec_type in PAGES and page_key(uri):
            yield _others(record, uri, bodies, now)
        else:
            _refuse_half(record)
    except (UnfitError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        problem = f"expected a capture's record, found another ({clean(str(error))})"
        yield failed(file, problem, now=now, url=uri or None)


def _own(record: ArcWarcRecord, said: object, bodies: Bodies, now: datetime) -> Capture:
    """A capture as it was. Bytes are read anew, as `reparse` does, so their outcome follows from them.

    But for those of a fetch that failed, as of a page whose absence nobody had confirmed yet.
    """
    if not isinstance(said, dict):
        raise UnfitError(f"expected an object in {OWN_FIELD}")
    read = _body(record, bodies)
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
    if not 0 <= number < BEYOND or (kind is Kind.ROOT) != (number == 0):
        raise UnfitError("its page has a number that no page can have")
    return PageKey(kind, number)


def _others(record: ArcWarcRecord, uri: str, bodies: Bodies, now: datetime) -> Capture:
    """A page of the paper that another program archived."""
    outcome, problem, body = Outcome.OK, None, b""
    status = record.http_headers.get_statuscode() if record.http_headers else OK
    if status == OK:
        body, outcome, problem = _unheaded(record, uri, _body(record, bodies))
    else:
        outcome = Outcome.ABSENT if status in NOT_FOUND else Outcome.FAILED
        problem = f"the server said {clean(str(status))}"
    return Capture(
        source=SOURCE,
        url=uri,
        captured_at=_date(record, now),
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


def _body(record: ArcWarcRecord, bodies: Bodies) -> bytes:
    digest = record.rec_headers.get_header("WARC-Payload-Digest") or ""
    try:
        body: bytes = record.content_stream().read(MAX_PAGE + 1)
    except AttributeError as error:  # warcio's, of brotli: https://github.com/webrecorder/warcio
        raise UnfitError("cannot be unpacked") from error
    if len(body) > MAX_PAGE:
        raise UnfitError(f"expected a page of at most {MAX_PAGE >> 20} MiB")
    _refuse_half(record)
    if record.rec_type == "revisit":
        return bodies.get(digest)
    if digest.startswith("sha256:") and len(digest) == len(NOTHING) and digest != digest_of(body):
        raise UnfitError("its digest is that of other bytes")
    bodies.keep(digest, body)
    return body


def _refuse_half(record: ArcWarcRecord) -> None:
    """Refuse what warcio does not mind: a file that ends within a record, or within its header."""
    while record.raw_stream.read(MAX_PAGE):  # what follows the page, where HTTP says that it is shorter
        pass
    if getattr(record.raw_stream, "limit", None) != 0:
        raise UnfitError("the file ends within it")


def _date(record: ArcWarcRecord, now: datetime) -> datetime:
    return time_of(record.rec_headers.get_header("WARC-Date"), now=now)
