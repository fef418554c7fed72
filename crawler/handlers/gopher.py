"""``gopher://`` and ``gophers://`` for Scrapy: one connection, one selector, one answer (RFC 1436).

Limits and failures are those of :mod:`crawler.handlers.base`. Whether an answer is *whole* cannot be
told here: gopher marks its end by closing, and so does a server that dies.
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
from scrapy.http import Response

from archive.hosts import DEFAULT_PORTS
from crawler.handlers.base import ExchangeHandler, address_of, connect, hang_up, response_of
from crawler.sources.registry import opaque_path

# What would end the selector early and begin something else: how a gopher client is made to speak
# SMTP or Redis to a machine that trusts it. TAB opens a search (RFC 4266, section 2.1); none is ours.
SMUGGLED = re.compile(rb"[\r\n\t\0]")


@dataclass(frozen=True, slots=True, kw_only=True)
class GopherUrl:
    """What a URL asks of whom (RFC 4266, section 2.1).

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
        """Ask once. Raises what the table in ``exchange`` says, each with the bytes that had come."""
        return await self.within_limits(
            request, partial(self._exchange, parse_gopher_url(request.url), request)
        )

    async def _exchange(self, url: GopherUrl, request: Request, body: bytearray) -> Response:
        """Send the selector, gather the answer in ``body``."""
        started = monotonic()
        reader, writer = await connect(url.host, url.port, self._tls if url.tls else None)
        try:
            address = ip_address(address_of(writer))
            writer.write(url.selector + b"\r\n")
            await self.read_all(request, reader, body, since=started)
        finally:
            # Not close(): over TLS that waits for the other side's goodbye, which may never come.
            await hang_up(writer)
        return response_of(request, bytes(body), ip_address=address, protocol="gopher")

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """The trust for ``gophers://``, loaded when first asked for."""
        context = ssl.create_default_context(cafile=self.crawler.settings.get("GOPHER_CA_FILE"))
        if not self.crawler.settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES"):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def parse_gopher_url(url: str) -> GopherUrl:
    """Read a URL; :exc:`IgnoreRequest` if it must not be asked."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:  # a port that is no number, a bracket left open
        raise IgnoreRequest(f"not a gopher URL: {error}") from error
    if not host or port == 0:
        raise IgnoreRequest("not a gopher URL: it names no host or no port")
    path = unquote_to_bytes(opaque_path(parts))[1:]  # a fragment is the reader's business
    if SMUGGLED.search(path):
        raise IgnoreRequest("the selector holds a line end, a TAB or a NUL")
    item = path[:1].decode("latin-1") or "1"
    return GopherUrl(
        host=host,
        port=port or DEFAULT_PORTS["gopher"],
        tls=parts.scheme == "gophers",
        item=item,
        selector=path[1:],
    )
