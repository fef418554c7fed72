"""``gopher://`` and ``gophers://`` for Scrapy: one connection, one selector, one answer (RFC 1436).

Scrapy enforces timeout and size in its HTTP handlers only, so they are enforced here, and failures are
told in Scrapy's own classes, which ``RetryMiddleware`` knows:

==================================  ============================================  =======
raised                              when                                          retried
==================================  ============================================  =======
``IgnoreRequest``                   the URL must not be asked; nothing was sent   no
``CannotResolveHostError``          no such host                                  yes
``DownloadConnectionRefusedError``  nobody listens, or no way there               yes
``DownloadFailedError``             no TLS, or a certificate that is not trusted  yes
``DownloadTimeoutError``            no whole answer in ``DOWNLOAD_TIMEOUT``       yes
``DownloadCancelledError``          more than ``DOWNLOAD_MAXSIZE`` bytes          no
``ResponseDataLossError``           reset midway, or closed without a byte        yes
==================================  ============================================  =======

What had come before a failure is not lost: :func:`kept_body`. Whether an answer is *whole* cannot be
told here: gopher marks its end by closing, and so does a server that dies.
"""

import asyncio
import logging
import re
import socket
import ssl
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from time import monotonic
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response

from crawler.sources import PORT, opaque_path

logger = logging.getLogger(__name__)

CHUNK = 65536  # bytes; the stream's own buffer
# What would end the selector early and begin something else: how a gopher client is made to speak
# SMTP or Redis to a machine that trusts it. TAB opens a search (RFC 4266, section 2.1); none is ours.
SMUGGLED = re.compile(rb"[\r\n\t\0]")
# The first that fits: TimeoutError and gaierror are OSErrors themselves.
NO_CONNECTION: tuple[tuple[type[Exception], type[Exception]], ...] = (
    (TimeoutError, DownloadTimeoutError),
    (socket.gaierror, CannotResolveHostError),
    (UnicodeError, CannotResolveHostError),  # a name no resolver takes: "a..b"
    (ssl.SSLError, DownloadFailedError),
    (OSError, DownloadConnectionRefusedError),  # also unreachable, as in Scrapy's aiohttp handler
)
# All that says no whole answer came: the classes of the table above but IgnoreRequest.
FAILURES: tuple[type[Exception], ...] = (
    *(kind for _, kind in NO_CONNECTION),
    DownloadCancelledError,
    ResponseDataLossError,
)


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


class GopherDownloadHandler(BaseDownloadHandler):
    """One connection per request. Sets ``download_latency`` (seconds to the first byte)."""

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._timeout = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        self._maxsize = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self._warnsize = crawler.settings.getint("DOWNLOAD_WARNSIZE")
        self._running: set[asyncio.Task[Any]] = set()

    async def download_request(self, request: Request) -> Response:
        """Ask once. Raises what the table above says, each with the bytes that had come."""
        self._hold_task()
        url = parse_gopher_url(request.url)
        seconds = request.meta.get("download_timeout") or self._timeout or None
        body = bytearray()
        try:
            async with asyncio.timeout(seconds):
                address = await self._exchange(url, request, body)
        except TimeoutError as error:
            raise failure(DownloadTimeoutError, f"no whole answer within {seconds:g} s", body) from error
        return Response(request.url, body=bytes(body), ip_address=ip_address(address), protocol="gopher")

    async def _exchange(self, url: GopherUrl, request: Request, body: bytearray) -> str:
        """Send the selector, gather the answer in ``body``, tell the address that gave it."""
        started = monotonic()
        reader, writer = await connect(url, self._tls if url.tls else None)
        try:
            address: str = writer.get_extra_info("peername")[0]
            writer.write(url.selector + b"\r\n")
            while chunk := await reader.read(CHUNK):
                if not body:
                    request.meta["download_latency"] = monotonic() - started
                self._take(chunk, request, body)
        except OSError as error:
            raise failure(ResponseDataLossError, f"the connection broke: {error}", body) from error
        finally:
            # Not close(): over TLS that waits for the other side's goodbye, which may never come.
            writer.transport.abort()
        if not body:
            raise failure(ResponseDataLossError, "the connection was closed without an answer", body)
        return address

    def _take(self, chunk: bytes, request: Request, body: bytearray) -> None:
        maxsize = request.meta.get("download_maxsize", self._maxsize)
        warnsize = request.meta.get("download_warnsize", self._warnsize)
        before = len(body)
        body += chunk
        if maxsize and len(body) > maxsize:
            del body[maxsize:]
            raise failure(DownloadCancelledError, f"the answer is longer than {maxsize} bytes", body)
        if warnsize and before <= warnsize < len(body):
            logger.warning("%s: the answer is longer than %d bytes", request.url, warnsize)

    def _hold_task(self) -> None:
        """Keep a reference to the task we run in: Scrapy keeps none, and asyncio only weak ones.

        A task that waits for a stream which only it holds is garbage to Python: the request is lost,
        and the crawl never ends.
        """
        if task := asyncio.current_task():
            self._running.add(task)
            task.add_done_callback(self._running.discard)

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
        host=host, port=port or PORT, tls=parts.scheme == "gophers", item=item, selector=path[1:]
    )


async def connect(
    url: GopherUrl, tls: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection, over TLS if ``tls`` is given; failures as in :data:`NO_CONNECTION`."""
    try:
        return await asyncio.open_connection(url.host, url.port, ssl=tls, limit=CHUNK)
    except (OSError, UnicodeError) as error:
        kind = next(kind for cause, kind in NO_CONNECTION if isinstance(error, cause))
        raise failure(kind, f"no connection to {url.host}:{url.port}: {error}") from error


def failure(kind: type[Exception], reason: str, body: bytes | bytearray = b"") -> Exception:
    """Make one of Scrapy's exceptions that carries what had come as ``body``."""
    error = kind(reason)
    error.body = bytes(body)  # type: ignore[attr-defined]  # not a subclass: stats count classes by name
    return error


def kept_body(error: BaseException) -> bytes:
    """Tell what had come before a fetch failed; empty if nothing, or if the failure is not ours."""
    body: bytes = getattr(error, "body", b"")
    return body
