"""A gemini server (specification 0.24.1) for any site."""

import re
import ssl
from typing import Generic
from urllib.parse import SplitResult, unquote, urlsplit

from archive.errors import AbsentError, StoreError
from archive.gateways import DEFAULT_PORTS
from archive.servers.certificates import self_signed
from archive.servers.server import Address, Endpoint, Handler
from archive.servers.site import ROBOTS, P, PageAddress, PageCache, ServedSite

BAD_REQUEST_REPLY = b"59 A request is one absolute URL without user or fragment, of at most 1024 bytes.\r\n"
BUSY_REPLY = b"44 60\r\n"  # seconds
WRONG_HOST_REPLY = b"53 No such host here.\r\n"
NOT_FOUND = "51 No such page."
REQUEST_PATTERN = re.compile(r"gemini://[^\x00-\x20\x7f@#]+")
MAX_MESSAGE_CHARACTERS = 500  # characters


def gemini_endpoint(
    site: ServedSite[P],
    *,
    port: int = 0,
    robots: str = ROBOTS,
    name: str | None = None,
    tls: ssl.SSLContext | None = None,
) -> Endpoint:
    """Return an endpoint that serves a site.

    ``robots`` is the text of robots.txt, ``name`` the host in URLs, by default the address. Without ``tls``
    a new certificate is made.
    """

    def make_handler(address: Address) -> Handler:
        return GeminiResponder(site, address._replace(host=name or address.host), robots).answer

    return Endpoint(
        scheme="gemini",
        make_handler=make_handler,
        too_long_reply=BAD_REQUEST_REPLY,
        busy_reply=BUSY_REPLY,
        port=port,
        terminator=b"\r\n",
        tls=tls or self_signed(),
    )


class GeminiResponder(Generic[P]):
    """Answers URLs with gemtext, and with robots.txt."""

    def __init__(self, site: ServedSite[P], address: Address, robots: str) -> None:
        self.site = site
        self.address = address
        self.robots = b"20 text/plain; charset=utf-8\r\n" + robots.encode()
        self._encoded = PageCache[tuple[P, bytes]]()

    def answer(self, request: bytes) -> bytes:
        """Return the reply to a URL, given without its line end."""
        url = request.decode(errors="replace")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or DEFAULT_PORTS["gemini"]
        except ValueError:  # a port that is not a number, an unclosed bracket
            return BAD_REQUEST_REPLY
        if not REQUEST_PATTERN.fullmatch(url) or not host:
            return BAD_REQUEST_REPLY
        if port != self.address.port or host not in {self.address.host, "localhost"}:
            return WRONG_HOST_REPLY
        return self._page(parts)

    def _page(self, parts: SplitResult) -> bytes:
        path, words = unquote(parts.path), ""
        if path == "/robots.txt":
            return self.robots
        if prompt := self.site.asks(path):
            if not parts.query:
                return _header("10", prompt)
            words = unquote(parts.query)
        elif parts.query:  # a selector is opaque, so '?' starts no query (RFC 4266, section 2.1)
            path = unquote(f"{parts.path}?{parts.query}")
        try:
            page = self.site.find(path, words)
        except AbsentError as error:
            return _header("51", str(error))
        except StoreError as error:
            return _header("40", str(error))
        return f"{NOT_FOUND}\r\n".encode() if page is None else self._gemtext((path, words), page)

    def _gemtext(self, address: PageAddress, page: P) -> bytes:
        """Return the reply with a page, encoded once for each page object."""
        last, reply = self._encoded.get(address) or (None, b"")
        if last is not page:
            head = f"20 text/gemini; charset=utf-8; lang={self.site.languages(page)}\r\n"
            reply = (head + self.site.gemtext(page)).encode()
            self._encoded.put(address, (page, reply), len(reply))
        return reply


def _header(status: str, message: str) -> bytes:
    return f"{status} {' '.join(message.split())[:MAX_MESSAGE_CHARACTERS]}\r\n".encode()
