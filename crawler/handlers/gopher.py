"""``gopher://`` and ``gophers://`` for Scrapy: one connection, one selector, one answer (RFC 1436).

Limits and failures are those of :mod:`crawler.handlers.exchange`. Whether a response is complete is not known
here: gopher marks the end by closing the connection, and so does a server that crashes.
"""

import re
import ssl
from dataclasses import dataclass
from functools import cached_property, partial
from ipaddress import ip_address
from time import monotonic
from urllib.parse import unquote_to_bytes, urlsplit

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response, TextResponse

from archive.gateways import DEFAULT_PORTS
from crawler.handlers.exchange import ExchangeHandler, abort_connection, address_of, connect, response_of
from crawler.sources.registry import opaque_path

# Characters that end a selector early, by which a URL could make the client speak SMTP or Redis to a machine
# that trusts it. TAB begins a search (RFC 4266, section 2.1), which we never send.
FORBIDDEN_IN_SELECTOR = re.compile(rb"[\r\n\t\0]")
TEXT_ITEMS = ("0", "1")  # files and menus (RFC 1436, section 3.8)


@dataclass(frozen=True, slots=True, kw_only=True)
class GopherUrl:
    """A parsed gopher URL (RFC 4266, section 2.1).

    ``host`` is without brackets; ``item`` is the item type, which is not sent; ``selector`` is the
    bytes to send, percent-decoded once.
    """

    host: str
    port: int
    tls: bool
    item: str
    selector: bytes


class GopherDownloadHandler(ExchangeHandler):
    """One connection per request."""

    async def download_request(self, request: Request) -> Response:
        """Fetch a page. Raise the errors listed in :mod:`crawler.handlers.exchange`."""
        return await self.within_limits(
            request, partial(self._exchange, parse_gopher_url(request.url), request)
        )

    async def _exchange(self, url: GopherUrl, request: Request, body: bytearray) -> Response:
        """Send the selector, and collect the response in ``body``."""
        started = monotonic()
        reader, writer = await connect(url.host, url.port, self._tls if url.tls else None)
        try:
            address = ip_address(address_of(writer))
            writer.write(url.selector + b"\r\n")
            await self.read_all(request, reader, body, since=started)
        finally:
            # Not close(), which over TLS waits for a close_notify that may never arrive.
            await abort_connection(writer)
        # The item type says what is text, so that Scrapy need not guess it from the bytes.
        kind = TextResponse if url.item in TEXT_ITEMS else None
        return response_of(request, bytes(body), kind=kind, ip_address=address, protocol="gopher")

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """The TLS context of ``gophers://``, made when first needed."""
        context = ssl.create_default_context(cafile=self.crawler.settings.get("GOPHER_CA_FILE"))
        if not self.crawler.settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES"):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def parse_gopher_url(url: str) -> GopherUrl:
    """Parse a URL. Raise :exc:`IgnoreRequest` if it must not be requested."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:  # a port that is not a number, an open bracket
        raise IgnoreRequest(f"not a gopher URL: {error}") from error
    if not host or port == 0:
        raise IgnoreRequest("not a gopher URL: it names no host or no port")
    path = unquote_to_bytes(opaque_path(parts))[1:]  # without the fragment
    if FORBIDDEN_IN_SELECTOR.search(path):
        raise IgnoreRequest("the selector holds a line end, a TAB or a NUL")
    item = path[:1].decode("latin-1") or "1"
    return GopherUrl(
        host=host,
        port=port or DEFAULT_PORTS["gopher"],
        tls=parts.scheme == "gophers",
        item=item,
        selector=path[1:],
    )
