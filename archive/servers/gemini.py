"""A gemini capsule of pages, whoever has them, over TLS, as gemtext (specification 0.24.1)."""

import re
import ssl
from typing import Generic
from urllib.parse import SplitResult, unquote, urlsplit

from archive.errors import AbsentError, StoreError
from archive.servers.certificates import self_signed
from archive.servers.server import Address, Answer, Door
from archive.servers.site import ROBOTS, Kept, P, Site

PORT = 1965
MALFORMED = b"59 A request is one absolute URL without user or fragment, of at most 1024 bytes.\r\n"
SLOW_DOWN = b"44 60\r\n"  # seconds
NOT_OURS = b"53 No such host here.\r\n"
NOT_FOUND = "51 No such page."
REQUEST = re.compile(r"gemini://[^\x00-\x20\x7f@#]+")
LONGEST_MESSAGE = 500  # characters


def gemini_door(
    site: Site[P],
    *,
    port: int = 0,
    robots: str = ROBOTS,
    name: str | None = None,
    tls: ssl.SSLContext | None = None,
) -> Door:
    """``robots`` is the text of robots.txt; ``name`` is what the host is called, if not by its address.

    ``tls`` has the certificate to show, or a new one is made.
    """

    def answerer(address: Address) -> Answer:
        return Capsule(site, address._replace(host=name or address.host), robots).answer

    return Door(
        scheme="gemini",
        answerer=answerer,
        too_long=MALFORMED,
        busy=SLOW_DOWN,
        port=port,
        end=b"\r\n",
        tls=tls or self_signed(),
    )


class Capsule(Generic[P]):
    """Answers URLs with gemtext and a text file."""

    def __init__(self, site: Site[P], address: Address, robots: str) -> None:
        self.site = site
        self.address = address
        self.robots = b"20 text/plain; charset=utf-8\r\n" + robots.encode()
        self._written = Kept[tuple[P, bytes]]()

    def answer(self, request: bytes) -> bytes:
        """``request`` is a URL, without its line end."""
        url = request.decode(errors="replace")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or PORT
        except ValueError:  # a port that is no number, a bracket left open
            return MALFORMED
        if not REQUEST.fullmatch(url) or not host:
            return MALFORMED
        if port != self.address.port or host not in {self.address.host, "localhost"}:
            return NOT_OURS
        return self._page(parts)

    def _page(self, parts: SplitResult) -> bytes:
        path, words = unquote(parts.path), ""
        if path == "/robots.txt":
            return self.robots
        if asked := self.site.asks(path):
            if not parts.query:
                return _header("10", asked)
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

    def _gemtext(self, where: tuple[str, str], page: P) -> bytes:
        """Written anew only if the page is another than last time."""
        last, written = self._written.get(where) or (None, b"")
        if last is not page:
            written = b"20 text/gemini; charset=utf-8; lang=de\r\n" + self.site.gemtext(page).encode()
            self._written.put(where, (page, written), len(written))
        return written


def _header(status: str, message: str) -> bytes:
    return f"{status} {' '.join(message.split())[:LONGEST_MESSAGE]}\r\n".encode()
