"""What gopher and gemini have in common: one connection, one line asked, one answer until it closes.

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
``DeniedError``                     an answer that asking again will not change   no
``AbsentPageError``                 of these: that there is no such page          no
==================================  ============================================  =======

The last two are our own, and gemini's alone: gopher has no status codes. What had come before a failure
is not lost: :func:`kept_body`.
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
# The first that fits: TimeoutError and gaierror are OSErrors themselves.
NO_CONNECTION: tuple[tuple[type[Exception], type[Exception]], ...] = (
    (TimeoutError, DownloadTimeoutError),
    (socket.gaierror, CannotResolveHostError),
    (UnicodeError, CannotResolveHostError),  # a name no resolver takes: "a..b"
    (ssl.SSLError, DownloadFailedError),
    (OSError, DownloadConnectionRefusedError),  # also unreachable, as in Scrapy's aiohttp handler
)


class DeniedError(Exception):
    """The server answered, and asking again will not change what: not retried."""


class AbsentPageError(DeniedError):
    """The server answered that there is no such page."""


# All that says no whole answer came: the classes of the table above but IgnoreRequest, and our own.
FAILURES: tuple[type[Exception], ...] = (
    *(kind for _, kind in NO_CONNECTION),
    DownloadCancelledError,
    ResponseDataLossError,
    DeniedError,
)


class ExchangeHandler(BaseDownloadHandler):
    """The limits every exchange has. Sets ``download_latency`` (seconds to the first byte)."""

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
        """Let ``ask`` gather an answer in the bytes it is given, in the time there is for all of it."""
        self._hold_task()
        seconds = self.timeout_of(request)
        body = bytearray()
        try:
            async with asyncio.timeout(seconds):
                return await ask(body)
        except TimeoutError as error:
            raise failure(DownloadTimeoutError, f"no whole answer within {seconds:g} s", body) from error

    def timeout_of(self, request: Request) -> float | None:
        """Seconds a whole answer may take; None is no limit."""
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
        """Read to the end, or until what came is ``enough``; that is asked after every chunk, and may raise.

        ``since`` is when the exchange began, by the monotonic clock.
        """
        heard = False
        try:
            while chunk := await reader.read(CHUNK):
                if not heard:
                    request.meta["download_latency"] = monotonic() - since
                heard = True
                self._take(chunk, request, body)
                if enough():
                    return
        except OSError as error:
            raise failure(ResponseDataLossError, f"the connection broke: {error}", body) from error
        if not heard:
            raise failure(ResponseDataLossError, "the connection was closed without an answer", body)

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


async def connect(
    host: str, port: int, tls: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection, over TLS if ``tls`` is given; failures as in :data:`NO_CONNECTION`."""
    try:
        return await asyncio.open_connection(host, port, ssl=tls, limit=CHUNK)
    except (OSError, UnicodeError) as error:
        kind = next(kind for cause, kind in NO_CONNECTION if isinstance(error, cause))
        raise failure(kind, f"no connection to {host}:{port}: {error}") from error


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close a connection at once, and retrieve the error by which it was lost, which asyncio would log."""
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()


def address_of(writer: asyncio.StreamWriter) -> str:
    """The IP address at the other end."""
    address: str = writer.get_extra_info("peername")[0]
    return address


def response_of(request: Request, body: bytes, *, headers: Headers | None = None, **others: Any) -> Response:
    """Return the response of the class that Scrapy's own handlers choose: one with ``text`` if it is text."""
    kind = responsetypes.from_args(headers=headers, url=request.url, body=body)
    return kind(request.url, headers=headers, body=body, **others)


def failure(kind: type[Exception], reason: str, body: bytes | bytearray = b"") -> Exception:
    """Make one of these exceptions that carries what had come as ``body``."""
    error = kind(reason)
    error.body = bytes(body)  # type: ignore[attr-defined]  # not a subclass: stats count classes by name
    return error


def kept_body(error: BaseException) -> bytes:
    """Tell what had come before a fetch failed; empty if nothing, or if the failure is not ours."""
    body: bytes = getattr(error, "body", b"")
    return body
