"""Protocols with one request and one response per connection, such as gopher and gemini.

Scrapy enforces timeout and size in its HTTP handlers only, so they are enforced here. Failures are raised as
Scrapy's own classes, which ``RetryMiddleware`` knows:

==================================  ============================================  =======
raised                              when                                          retried
==================================  ============================================  =======
``IgnoreRequest``                   the URL must not be requested                 no
``CannotResolveHostError``          no such host                                  yes
``DownloadConnectionRefusedError``  refused or unreachable                        yes
``DownloadFailedError``             no TLS, or an untrusted certificate           yes
``DownloadTimeoutError``            response incomplete at ``DOWNLOAD_TIMEOUT``   yes
``DownloadCancelledError``          more than ``DOWNLOAD_MAXSIZE`` bytes          no
``ResponseDataLossError``           connection reset, or closed without a byte    yes
``DeniedError``                     a refusal that a retry would not change       no
``AbsentPageError``                 a refusal because there is no such page       no
==================================  ============================================  =======

The last two are our own, and only gemini raises them: gopher has no status codes. :func:`kept_body` returns
the bytes that had arrived before a failure.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import Any, TypeVar

from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

logger = logging.getLogger(__name__)

Answered = TypeVar("Answered")

CHUNK = 65536  # bytes; the stream's own buffer
# The first match counts: TimeoutError and gaierror are OSErrors, too.
NO_CONNECTION: tuple[tuple[type[Exception], type[Exception]], ...] = (
    (TimeoutError, DownloadTimeoutError),
    (socket.gaierror, CannotResolveHostError),
    (UnicodeError, CannotResolveHostError),  # an invalid name: "a..b"
    (ssl.SSLError, DownloadFailedError),
    (OSError, DownloadConnectionRefusedError),  # also unreachable, as in Scrapy's aiohttp handler
)


class DeniedError(Exception):
    """The server refused the request; a retry would not change that."""


class AbsentPageError(DeniedError):
    """The server answered that there is no such page."""


# All errors of a request that was sent.
FAILURES: tuple[type[Exception], ...] = (
    *(kind for _, kind in NO_CONNECTION),
    DownloadCancelledError,
    ResponseDataLossError,
    DeniedError,
)


class ExchangeHandler(BaseDownloadHandler):
    """A handler that enforces timeout and size. Sets ``download_latency`` (seconds to the first byte)."""

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._timeout = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        self._maxsize = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self._warnsize = crawler.settings.getint("DOWNLOAD_WARNSIZE")
        self._running: set[asyncio.Task[Any]] = set()

    async def within_limits(
        self, request: Request, ask: Callable[[bytearray], Awaitable[Answered]]
    ) -> Answered:
        """Call ``ask``, which appends the response to the bytes it is given, within the timeout."""
        self._hold_task()
        seconds = self.timeout_of(request)
        body = bytearray()
        try:
            async with asyncio.timeout(seconds):
                return await ask(body)
        except TimeoutError as error:
            raise failure(DownloadTimeoutError, f"no complete response within {seconds:g} s", body) from error

    def timeout_of(self, request: Request) -> float | None:
        """Return the seconds that a response may take; None means no limit."""
        return request.meta.get("download_timeout") or self._timeout or None

    async def read_all(
        self,
        request: Request,
        reader: asyncio.StreamReader,
        body: bytearray,
        *,
        since: float,
        enough: Callable[[], bool] = lambda: False,
    ) -> None:
        """Read until the connection closes or ``enough()``, called after every chunk, is true or raises.

        ``since`` is the start of the request, by the monotonic clock.
        """
        has_data = False
        try:
            while chunk := await reader.read(CHUNK):
                if not has_data:
                    request.meta["download_latency"] = monotonic() - since
                has_data = True
                self._take(chunk, request, body)
                if enough():
                    return
        except OSError as error:
            raise failure(ResponseDataLossError, f"the connection broke: {error}", body) from error
        if not has_data:
            raise failure(ResponseDataLossError, "the connection was closed without a response", body)

    def _take(self, chunk: bytes, request: Request, body: bytearray) -> None:
        maxsize = request.meta.get("download_maxsize", self._maxsize)
        warnsize = request.meta.get("download_warnsize", self._warnsize)
        before = len(body)
        body += chunk
        if maxsize and len(body) > maxsize:
            del body[maxsize:]
            raise failure(DownloadCancelledError, f"the response is longer than {maxsize} bytes", body)
        if warnsize and before <= warnsize < len(body):
            logger.warning("%s: the response is longer than %d bytes", request.url, warnsize)

    def _hold_task(self) -> None:
        """Keep a reference to the current task: Scrapy keeps none, and asyncio only weak ones.

        A task that waits for a stream which only it refers to would be garbage-collected: its request would
        be lost, and the crawl would never end.
        """
        if task := asyncio.current_task():
            self._running.add(task)
            task.add_done_callback(self._running.discard)


async def connect(
    host: str, port: int, tls: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection, over TLS if ``tls`` is given. Raise the errors in :data:`NO_CONNECTION`."""
    try:
        return await asyncio.open_connection(host, port, ssl=tls, limit=CHUNK)
    except (OSError, UnicodeError) as error:
        kind = next(kind for cause, kind in NO_CONNECTION if isinstance(error, cause))
        raise failure(kind, f"no connection to {host}:{port}: {error}") from error


async def abort_connection(writer: asyncio.StreamWriter) -> None:
    """Close a connection at once, and retrieve its error, which asyncio would log."""
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()


def address_of(writer: asyncio.StreamWriter) -> str:
    """Return the IP address of the other end."""
    address: str = writer.get_extra_info("peername")[0]
    return address


def response_of(
    request: Request,
    body: bytes,
    *,
    kind: type[Response] | None = None,
    headers: Headers | None = None,
    **others: Any,
) -> Response:
    """Return a response of a ``kind``, or of the class that Scrapy's own handlers choose.

    Scrapy chooses one with ``text`` for text.
    """
    kind = kind or responsetypes.from_args(headers=headers, url=request.url, body=body)
    return kind(request.url, headers=headers, body=body, **others)


def failure(kind: type[Exception], reason: str, body: bytes | bytearray = b"") -> Exception:
    """Return an exception of ``kind`` with the bytes that had arrived as ``body``."""
    error = kind(reason)
    error.body = bytes(body)  # type: ignore[attr-defined]  # not a subclass: stats count classes by name
    return error


def kept_body(error: BaseException) -> bytes:
    """Return the bytes that had arrived before a failure, which may be empty."""
    body: bytes = getattr(error, "body", b"")
    return body
