"""``gemini://`` for Scrapy: one TLS connection, one URL, one answer (gemini specification 0.24.1).

Limits and failures are those of :mod:`crawler.handlers.exchange`. Certificates are checked by
:mod:`crawler.handlers.certificates`.

A complete response ends with a close_notify of TLS. A response without one raises ``ResponseDataLossError``,
or gets the flag ``dataloss`` if ``DOWNLOAD_FAIL_ON_DATALOSS`` is off, as in Scrapy's own handlers.
"""

import asyncio
import ssl
from dataclasses import dataclass
from functools import cached_property, partial
from ipaddress import ip_address
from time import monotonic

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError, ResponseDataLossError
from scrapy.http import Headers, Response

from crawler import clock
from crawler.handlers.certificates import check_certificate
from crawler.handlers.exchange import (
    DeniedError,
    ExchangeHandler,
    abort_connection,
    address_of,
    connect,
    failure,
    response_of,
)
from crawler.handlers.gemini_protocol import (
    REDIRECT,
    SUCCESS,
    EmptyPageError,
    GeminiUrl,
    Header,
    mime_problem,
    parse_gemini_url,
    redirected,
    refusal,
    take_header,
)
from crawler.handlers.tofu import StoredTrust, TemporaryTrust, Trust
from crawler.opened_archive import archive_of, has_archive

MAX_GEMINI_REDIRECTS = 5


@dataclass
class Answer:
    """The part of a response that has arrived: the header, once it is complete, and the page so far."""

    body: bytearray
    header: Header | None = None

    def is_over(self) -> bool:
        """Return whether nothing more is expected. Raise ``DeniedError`` for bytes that are not a header."""
        self.header = self.header or take_header(self.body)
        return self.header is not None and self.header.kind != SUCCESS


class GeminiDownloadHandler(ExchangeHandler):
    """One connection per request, and one more for each redirect."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._fails_on_loss = crawler.settings.getbool("DOWNLOAD_FAIL_ON_DATALOSS")

    async def download_request(self, request: Request) -> Response:
        """Fetch a page, with redirects. After status 44, wait as the server demands, up to the timeout.

        The host's slot stays occupied during the wait, so that no other request is sent.
        """
        try:
            return await self.within_limits(request, partial(self._follow, request))
        except DownloadFailedError as error:
            wait: float = getattr(error, "wait", 0.0)
            await asyncio.sleep(min(wait, self.timeout_of(request) or wait))
            raise

    async def _follow(self, request: Request, body: bytearray) -> Response:
        url = parse_gemini_url(request.url)
        found = await self._exchange(url, request, body)
        for _ in range(MAX_GEMINI_REDIRECTS):
            if isinstance(found, Response):
                return found
            url = redirected(url, found)
            body.clear()
            found = await self._exchange(url, request, body)
        if isinstance(found, Response):
            return found
        raise failure(DeniedError, f"the server redirects more than {MAX_GEMINI_REDIRECTS} times", found.line)

    async def _exchange(self, url: GeminiUrl, request: Request, body: bytearray) -> Response | Header:
        """Send the URL and collect the page in ``body``. Return the response, or the header of a redirect."""
        started = monotonic()
        reader, writer = await connect(url.host, url.port, self._tls)
        answer = Answer(body)
        try:
            tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
            certificate = tls.getpeercert(binary_form=True) or b""
            check_certificate(self._trust, url.server, certificate, now=clock.utc_now())
            address = ip_address(address_of(writer))
            writer.write(url.text.encode() + b"\r\n")
            await self.read_all(request, reader, body, since=started, enough=answer.is_over)
            whole = has_close_notify(tls)
        finally:
            # Not close(), which waits for a close_notify that may never arrive.
            await abort_connection(writer)
        header = answer.header
        if header and header.kind == REDIRECT:
            return header
        flags = self._judge(header, request, body, whole=whole)
        return response_of(
            request,
            bytes(body),
            headers=Headers({"Content-Type": header.meta} if header else None),
            flags=flags,
            ip_address=address,
            protocol="gemini",
        )

    def _judge(self, header: Header | None, request: Request, body: bytearray, *, whole: bool) -> list[str]:
        """Return the flags of a page; raise the error that any other response stands for."""
        if header is None:
            raise failure(ResponseDataLossError, "the connection was closed within the header", body)
        if header.kind != SUCCESS:
            raise refusal(header)
        if not body:
            raise EmptyPageError("the page is empty")
        if problem := mime_problem(header.meta):
            raise failure(DeniedError, problem, body)
        if whole:
            return []
        if request.meta.get("download_fail_on_dataloss", self._fails_on_loss):
            raise failure(ResponseDataLossError, "the connection was closed without a TLS close_notify", body)
        return ["dataloss"]

    @cached_property
    def _trust(self) -> Trust:
        """The certificates that the archive of the crawl trusts, or without one, that this process trusts."""
        if has_archive(self.crawler):
            return StoredTrust(archive_of(self.crawler), clock.utc_now)
        return TemporaryTrust(clock.utc_now)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """A context that accepts all certificates; they are checked after the handshake."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


def has_close_notify(tls: ssl.SSLObject) -> bool:
    """Return whether the other side has sent a close_notify, which asyncio does not report."""
    try:
        return not tls.read(1)
    except ssl.SSLZeroReturnError:  # both sides have
        return True
    except ssl.SSLError:  # more data was announced
        return False
