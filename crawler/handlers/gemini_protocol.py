"""What goes over a gemini connection: a URL one way, a header and a page the other. Opens nothing."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from scrapy.exceptions import DownloadFailedError, IgnoreRequest, ResponseDataLossError

from archive.dump.grammar import clean
from archive.hosts import DEFAULT_PORTS
from archive.pagekey import key_in
from archive.renditions.gemtext import resolve
from crawler.handlers.base import AbsentPageError, DeniedError, failure

LONGEST_URL = 1024  # bytes
LONGEST_HEADER = len("20 ") + 1024 + len("\r\n")  # bytes
# What would end the request early, written as it is or escaped; urlsplit drops some of it in silence.
SMUGGLED = re.compile(r"[\x00-\x20\x7f]|%0[0ad]", re.IGNORECASE)
# "51 Not found\r\n": the message may be left out.
HEADER = re.compile(rb"(?P<status>[1-6][0-9])(?: (?P<meta>[^\x00-\x1f\x7f]*))?\r\n")
# As much of one as may have come.
BEGUN = re.compile(rb"[1-6](?:[0-9](?: [^\x00-\x1f\x7f]*)?\r?)?")
SAID = 120  # characters of a server's words that are told
TEXTS = frozenset({"", "text/gemini", "text/plain"})  # nothing is text/gemini too, in older specifications
CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})

INPUT, SUCCESS, REDIRECT, FOR_NOW, FOR_GOOD, CERTIFICATE = range(1, 7)
SLOW_DOWN = 44
SECONDS = re.compile(r"[0-9]{1,6}")  # "30"; and newer, "Rate limit exceeded. Retry after 30 seconds"
# What a status means that brings no page, by itself or by its first digit.
MEANINGS: dict[int, tuple[type[Exception], str]] = {
    INPUT: (DeniedError, "the server asks for input"),
    FOR_NOW: (DownloadFailedError, "the server cannot answer for now"),
    42: (DeniedError, "a program of the server's failed"),
    SLOW_DOWN: (DownloadFailedError, "the server asks to be asked more slowly"),
    FOR_GOOD: (DeniedError, "the server will not answer"),
    51: (AbsentPageError, "the server says there is no such page"),
    52: (AbsentPageError, "the server says the page is gone"),
    53: (DeniedError, "the server does not answer for this host"),
    59: (DeniedError, "the server does not understand the request"),
    CERTIFICATE: (DeniedError, "the server asks for a client's certificate"),
}


class EmptyPageError(ResponseDataLossError):
    """The server sent a page, and not a byte in it."""


@dataclass(frozen=True, slots=True)
class GeminiUrl:
    """A URL that may be asked. ``host`` is without brackets; ``text`` is the whole, as it is sent."""

    host: str
    port: int
    text: str

    @property
    def server(self) -> str:
        """``taz.de:1965``, an IPv6 host in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def path(self) -> str:
        """Path and query, as they are sent."""
        return "/" + self.text.split("/", 3)[3]


@dataclass(frozen=True, slots=True)
class Header:
    """What a server says first. ``meta`` is a MIME type, a URL or a message, as the status has it."""

    status: int
    meta: str
    line: bytes

    @property
    def kind(self) -> int:
        """The status's first digit; a client may go by that alone."""
        return self.status // 10

    def __str__(self) -> str:
        return f'{self.status} "{clean(self.meta)[:SAID]}"'


def parse_gemini_url(url: str) -> GeminiUrl:
    """Read a URL; :exc:`IgnoreRequest` if it must not be asked. A fragment is the reader's business."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:  # a port that is no number, a bracket left open
        raise IgnoreRequest(f"not a gemini URL: {error}") from error
    if parts.scheme != "gemini" or not host or port == 0:
        raise IgnoreRequest("not a gemini URL: it names no host or no port")
    if "@" in parts.netloc:
        raise IgnoreRequest("the URL names a user, which gemini knows none of")
    query = f"?{parts.query}" if parts.query else ""
    text = f"gemini://{parts.netloc}{quote((parts.path or '/') + query, safe=PRINTABLE)}"
    if SMUGGLED.search(url) or not text.isascii():
        raise IgnoreRequest("the URL holds a line end, a space or a control character")
    if len(text) > LONGEST_URL:
        raise IgnoreRequest(f"the URL is longer than {LONGEST_URL} bytes")
    return GeminiUrl(host, port or DEFAULT_PORTS["gemini"], text)


PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


def take_header(heard: bytearray) -> Header | None:
    """Take the header off what came; None if it has not all come. Raises ``DeniedError`` if it is none."""
    line, end, _ = bytes(heard[:LONGEST_HEADER]).partition(b"\r\n")
    if not end and len(line) < LONGEST_HEADER and BEGUN.fullmatch(line):
        return None
    line += end
    match = HEADER.fullmatch(line)
    if not match:
        found = clean(heard[:SAID].decode(errors="replace").partition("\r\n")[0])
        raise failure(DeniedError, f'expected a gemini header ("20 text/gemini"), found "{found}"', heard)
    del heard[: len(line)]
    return Header(int(match["status"]), (match["meta"] or b"").decode(errors="replace"), line)


def refusal(header: Header) -> Exception:
    """The failure that a header means which brings no page. ``wait`` is how many seconds to stay away."""
    kind, words = MEANINGS.get(header.status) or MEANINGS[header.kind]
    error = failure(kind, f"{words}: {header}", header.line)
    if header.status == SLOW_DOWN and (seconds := SECONDS.search(header.meta)):
        error.wait = float(seconds[0])  # type: ignore[attr-defined]  # beside the body, for the handler
    return error


def redirected(url: GeminiUrl, header: Header) -> GeminiUrl:
    """Where a redirect leads, if that may be followed: on the same server, and to no other page of the paper.

    Another page would be taken for this one. Raises ``DeniedError``.
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
    """Why a page of this MIME type cannot be read; None if it can."""
    media, *parameters = (part.strip().lower() for part in meta.split(";"))
    if media not in TEXTS:
        return f'expected text/gemini, found "{clean(media)[:SAID]}"'
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        charset = value.strip().strip('"')
        if name.strip() == "charset" and charset not in CHARSETS:
            return f'expected UTF-8, found a page in "{clean(charset)[:SAID]}"'
    return None
