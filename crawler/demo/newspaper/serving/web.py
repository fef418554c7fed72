"""Web gateways to pages: HTTP/1.0, one request per connection.

A gateway answers only its own URLs, shows a missing page as it would show the gopher server's error,
with status 200, and anything else is not found.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlsplit

from archive.gateways import ServerPage, UrlReader
from archive.model import Line, Page
from archive.pagekey import key_in
from archive.paper import HOSTS
from archive.servers.server import Address, ConnectionLimits, Endpoint, Handler
from archive.servers.site import ROBOTS
from crawler.demo.newspaper.pages.edition import MAX_CACHED_LINES, Pages

HTML, TEXT = "text/html; charset=utf-8", "text/plain; charset=utf-8"
METHODS = ("GET", "HEAD")
MAX_REQUEST_BYTES = 8192  # including headers; a common limit of servers


def set_lines(pages: Pages, page: Page) -> Sequence[Line]:
    """Return the lines of the page in gopherspace."""
    return pages.lines(page)


@dataclass(frozen=True, slots=True)
class SampleGateway:
    """How one gateway shows a page.

    ``form`` reads its URLs, which are all under ``path``. ``show`` makes HTML of a page's lines;
    ``say`` of the one line that a gopher server says of a page it has not. ``lines`` are those that the
    gateway gets: of the page in gopherspace, unless it is a gateway to geminispace.
    """

    path: str
    form: UrlReader
    show: Callable[[ServerPage, Sequence[Line]], str]
    say: Callable[[ServerPage, str], str]
    lines: Callable[[Pages, Page], Sequence[Line]] = set_lines


class Request(NamedTuple):
    """The first line of a request; ``method`` is empty if it is invalid."""

    method: str
    target: str


def gateway_endpoint(
    gateway: SampleGateway, pages: Pages, *, port: int = 0, robots: str = ROBOTS
) -> Endpoint:
    """``robots`` is the text of robots.txt."""

    def make_handler(_: Address) -> Handler:
        return GatewaySite(gateway, pages, robots).answer

    return Endpoint(
        scheme="http",
        make_handler=make_handler,
        too_long_reply=response(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE),
        port=port,
        terminator=b"\r\n\r\n",
        limits=ConnectionLimits(request_bytes=MAX_REQUEST_BYTES),
    )


class GatewaySite:
    """Answers HTTP requests with the pages of a gateway."""

    def __init__(self, gateway: SampleGateway, pages: Pages, robots: str) -> None:
        self.gateway = gateway
        self.pages = pages
        self.robots = robots
        self._shown: dict[ServerPage, tuple[Page, bytes]] = {}

    def answer(self, request: bytes) -> bytes:
        """Return the response to a request; headers are ignored."""
        method, target = read_request(request)
        if not method:
            return response(HTTPStatus.BAD_REQUEST)
        if method not in METHODS:
            return response(HTTPStatus.NOT_IMPLEMENTED)
        whole = self._get(target)
        return whole if method == "GET" else whole[: whole.index(b"\r\n\r\n") + 4]

    def _get(self, target: str) -> bytes:
        try:
            parts = urlsplit(target)
        except ValueError:
            return response(HTTPStatus.BAD_REQUEST)
        if parts.path == "/robots.txt":
            return response(HTTPStatus.OK, self.robots, TEXT)
        place = self.gateway.form(parts) if parts.path.startswith(self.gateway.path) else None
        return self._page(place) if place else response(HTTPStatus.NOT_FOUND)

    def _page(self, place: ServerPage) -> bytes:
        """Return the page of a server page, laid out again only if it has changed."""
        key = key_in(place.selector) if place.leads_to(HOSTS) else None
        page = self.pages.page(key) if key else None
        if page is None:
            said = f"No such page: '{place.selector}'" if place.host in HOSTS else "could not connect"
            return response(HTTPStatus.OK, self.gateway.say(place, said), HTML)
        last, shown = self._shown.get(place, (None, b""))
        if last is not page:
            lines = self.gateway.lines(self.pages, page)
            shown = response(HTTPStatus.OK, self.gateway.show(place, lines), HTML)
            if len(self._shown) >= MAX_CACHED_LINES:
                self._shown.clear()
            self._shown[place] = (page, shown)
        return shown


def read_request(request: bytes) -> Request:
    """Parse ``GET /taz.de/1/%21123 HTTP/1.1`` into method and target."""
    words = request.lstrip(b"\r\n").partition(b"\n")[0].decode("latin-1").split()
    if len(words) not in (2, 3) or not words[1].startswith("/"):
        return Request("", "")
    return Request(words[0], "/" + words[1].lstrip("/"))


def response(status: HTTPStatus, text: str | None = None, kind: str = TEXT) -> bytes:
    """Return a complete response; without ``text`` its body is the phrase of the status."""
    body = (f"{status.value} {status.phrase}\n" if text is None else text).encode(errors="replace")
    head = (
        f"HTTP/1.0 {status.value} {status.phrase}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
