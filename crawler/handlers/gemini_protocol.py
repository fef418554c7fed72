"""Gemini URLs, headers and MIME types. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from scrapy.exceptions import DownloadFailedError, IgnoreRequest, ResponseDataLossError

from archive.dump.grammar import clean
from archive.gateways import DEFAULT_PORTS
from archive.pagekey import key_in
from archive.renditions.forms.gemtext import resolve
from crawler.handlers.exchange import AbsentPageError, DeniedError, failure

MAX_URL_BYTES = 1024  # bytes
MAX_GEMINI_HEADER_BYTES = len("20 ") + 1024 + len("\r\n")  # bytes
# Characters that end a request early, plain or escaped; urlsplit silently drops some of them.
FORBIDDEN_IN_URL = re.compile(r"[\x00-\x20\x7f]|%0[0ad]", re.IGNORECASE)
# "51 Not found\r\n": the message may be left out.
HEADER_LINE = re.compile(rb"(?P<status>[1-6][0-9])(?: (?P<meta>[^\x00-\x1f\x7f]*))?\r\n")
# The beginning of a header.
PARTIAL_HEADER = re.compile(rb"[1-6](?:[0-9](?: [^\x00-\x1f\x7f]*)?\r?)?")
MAX_MESSAGE = 120  # characters of a server's message that an error quotes
# An empty type means text/gemini in older specifications.
MEDIA_TYPES = frozenset({"", "text/gemini", "text/plain"})
CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})

INPUT, SUCCESS, REDIRECT, TEMPORARY_FAILURE, PERMANENT_FAILURE, CERTIFICATE = range(1, 7)
SLOW_DOWN = 44
# "30", "Rate limit exceeded. Retry after 30 seconds"
SECONDS_IN_MESSAGE = re.compile(r"[0-9]{1,6}")
# Errors by status, or by the first digit of other statuses.
FAILURES_BY_STATUS: dict[int, tuple[type[Exception], str]] = {
    INPUT: (DeniedError, "the server asks for input"),
    TEMPORARY_FAILURE: (DownloadFailedError, "the server cannot answer at the moment"),
    42: (DeniedError, "a program on the server failed"),
    SLOW_DOWN: (DownloadFailedError, "the server asks for slower requests"),
    PERMANENT_FAILURE: (DeniedError, "the server will not answer"),
    51: (AbsentPageError, "the server says there is no such page"),
    52: (AbsentPageError, "the server says the page is gone"),
    53: (DeniedError, "the server does not answer for this host"),
    59: (DeniedError, "the server does not understand the request"),
    CERTIFICATE: (DeniedError, "the server asks for a client's certificate"),
}


class EmptyPageError(ResponseDataLossError):
    """The server sent an empty page."""


@dataclass(frozen=True, slots=True)
class GeminiUrl:
    """A URL that may be requested. ``host`` has no brackets; ``text`` is the whole URL as sent."""

    host: str
    port: int
    text: str

    @property
    def server(self) -> str:
        """``taz.de:1965``, an IPv6 host in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def path(self) -> str:
        """Path and query as sent."""
        return "/" + self.text.split("/", 3)[3]


@dataclass(frozen=True, slots=True)
class Header:
    """A response header. ``meta`` is a MIME type, a URL or a message, depending on the status."""

    status: int
    meta: str
    line: bytes

    @property
    def kind(self) -> int:
        """The first digit of the status, which is all that a client needs to understand."""
        return self.status // 10

    def __str__(self) -> str:
        return f'{self.status} "{clean(self.meta)[:MAX_MESSAGE]}"'


def parse_gemini_url(url: str) -> GeminiUrl:
    """Parse a URL, without its fragment. Raise :exc:`IgnoreRequest` if it must not be requested."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:  # a port that is not a number, an open bracket
        raise IgnoreRequest(f"not a gemini URL: {error}") from error
    if parts.scheme != "gemini" or not host or port == 0:
        raise IgnoreRequest("not a gemini URL: it names no host or no port")
    if "@" in parts.netloc:
        raise IgnoreRequest("the URL names a user, which gemini does not support")
    query = f"?{parts.query}" if parts.query else ""
    text = f"gemini://{parts.netloc}{quote((parts.path or '/') + query, safe=URL_CHARACTERS)}"
    if FORBIDDEN_IN_URL.search(url) or not text.isascii():
        raise IgnoreRequest("the URL holds a line end, a space or a control character")
    if len(text) > MAX_URL_BYTES:
        raise IgnoreRequest(f"the URL is longer than {MAX_URL_BYTES} bytes")
    return GeminiUrl(host, port or DEFAULT_PORTS["gemini"], text)


URL_CHARACTERS = "".join(map(chr, range(0x21, 0x7F)))


def take_header(received: bytearray) -> Header | None:
    """Remove the header from the bytes; None if it is incomplete. Raise ``DeniedError`` for other bytes."""
    line, end, _ = bytes(received[:MAX_GEMINI_HEADER_BYTES]).partition(b"\r\n")
    if not end and len(line) < MAX_GEMINI_HEADER_BYTES and PARTIAL_HEADER.fullmatch(line):
        return None
    line += end
    match = HEADER_LINE.fullmatch(line)
    if not match:
        found = clean(received[:MAX_MESSAGE].decode(errors="replace").partition("\r\n")[0])
        raise failure(DeniedError, f'expected a gemini header ("20 text/gemini"), found "{found}"', received)
    del received[: len(line)]
    return Header(int(match["status"]), (match["meta"] or b"").decode(errors="replace"), line)


def refusal(header: Header) -> Exception:
    """Return the error for a header without a page. Its ``wait`` is the number of seconds to back off."""
    kind, words = FAILURES_BY_STATUS.get(header.status) or FAILURES_BY_STATUS[header.kind]
    error = failure(kind, f"{words}: {header}", header.line)
    if header.status == SLOW_DOWN and (seconds := SECONDS_IN_MESSAGE.search(header.meta)):
        error.wait = float(seconds[0])  # type: ignore[attr-defined]  # read by the handler
    return error


def redirected(url: GeminiUrl, header: Header) -> GeminiUrl:
    """Return where a redirect leads. Raise ``DeniedError`` for another server or another page of the paper.

    Another page would be stored as this one.
    """
    try:
        there = parse_gemini_url(resolve(header.meta, url.text))
    except (ValueError, IgnoreRequest) as error:
        raise failure(DeniedError, f"the server redirects to nowhere: {header}", header.line) from error
    if there.server != url.server:
        raise failure(DeniedError, f"the server redirects to another one: {header}", header.line)
    asked, found = key_in(unquote(url.path)), key_in(unquote(there.path))
    if asked and found and asked != found:
        raise failure(DeniedError, f"the server redirects to another page: {header}", header.line)
    return there


def mime_problem(meta: str) -> str | None:
    """Return why a page of this MIME type cannot be read; None if it can."""
    media, *parameters = (part.strip().lower() for part in meta.split(";"))
    if media not in MEDIA_TYPES:
        return f'expected text/gemini, found "{clean(media)[:MAX_MESSAGE]}"'
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        charset = value.strip().strip('"')
        if name.strip() == "charset" and charset not in CHARSETS:
            return f'expected UTF-8, found a page in "{clean(charset)[:MAX_MESSAGE]}"'
    return None
