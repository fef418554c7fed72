"""``gemini://`` for Scrapy: one TLS connection, one URL, one answer (gemini specification 0.24.1).

Limits and failures are those of :mod:`crawler.handlers.base`, and two more, neither retried:
``AbsentPageError`` where the server says that there is no such page, ``DeniedError`` where it says anything
else that asking again will not change. A certificate is trusted at the first meeting, and no other after:
see :mod:`crawler.handlers.certificates`.

The end of an answer is marked: TLS says goodbye. One that breaks off without is a
``ResponseDataLossError``, unless ``DOWNLOAD_FAIL_ON_DATALOSS`` says that it is a response with the flag
``dataloss``, as it is of Scrapy's own handlers.
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

from crawler.handlers.base import (
    DeniedError,
    ExchangeHandler,
    address_of,
    connect,
    failure,
    hang_up,
    response_of,
)
from crawler.handlers.certificates import check_certificate
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
from crawler.handlers.tofu import PassingTrust, Trust
from crawler.run.run import utc_now

MOST_REDIRECTS = 5


@dataclass
class Answer:
    """What came so far: the header once it is whole, and of the page whatever there is."""

    body: bytearray
    header: Header | None = None

    def is_over(self) -> bool:
        """Whether no more is to come: only a success has a page. Raises ``DeniedError`` for no header."""
        self.header = self.header or take_header(self.body)
        return self.header is not None and self.header.kind != SUCCESS


class GeminiDownloadHandler(ExchangeHandler):
    """One connection per request, and one more for each redirect."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._fails_on_loss = crawler.settings.getbool("DOWNLOAD_FAIL_ON_DATALOSS")
        self._passing = PassingTrust(utc_now)

    async def download_request(self, request: Request) -> Response:
        """Ask once, redirects and all. A server that says 44 is then left alone as long as it wants.

        Its slot stays taken meanwhile, so nobody else asks it; but no longer than an answer is waited for.
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
        for _ in range(MOST_REDIRECTS):
            if isinstance(found, Response):
                return found
            url = redirected(url, found)
            body.clear()
            found = await self._exchange(url, request, body)
        if isinstance(found, Response):
            return found
        raise failure(DeniedError, f"the server redirects more than {MOST_REDIRECTS} times", found.line)

    async def _exchange(self, url: GeminiUrl, request: Request, body: bytearray) -> Response | Header:
        """Send the URL, gather the page in ``body``, without its header; or the header of a redirect."""
        started = monotonic()
        reader, writer = await connect(url.host, url.port, self._tls)
        answer = Answer(body)
        try:
            tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
            self._check_certificate(url, tls)
            address = ip_address(address_of(writer))
            writer.write(url.text.encode() + b"\r\n")
            await self.read_all(request, reader, body, since=started, enough=answer.is_over)
            whole = says_goodbye(tls)
        finally:
            # Not close(): that waits for the other side's goodbye, which may never come.
            await hang_up(writer)
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

    def _check_certificate(self, url: GeminiUrl, tls: ssl.SSLObject) -> None:
        """Before anything is said. Whoever runs the crawl keeps the trust; else it ends with the process."""
        trust: Trust = getattr(self.crawler.spider, "trust", self._passing)
        check_certificate(trust, url.server, tls.getpeercert(binary_form=True) or b"", now=utc_now())

    def _judge(self, header: Header | None, request: Request, body: bytearray, *, whole: bool) -> list[str]:
        """The flags of an answer that is a page. Raises what it is otherwise, with the bytes that came."""
        if header is None:
            raise failure(ResponseDataLossError, "the connection was closed within the header", body)
        if header.kind != SUCCESS:
            raise refusal(header)
        if not body:
            raise EmptyPageError("the answer is a page without a byte")
        if problem := mime_problem(header.meta):
            raise failure(DeniedError, problem, body)
        if whole:
            return []
        if request.meta.get("download_fail_on_dataloss", self._fails_on_loss):
            raise failure(ResponseDataLossError, "the connection was closed without TLS's goodbye", body)
        return ["dataloss"]

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """In geminispace no authority vouches for anybody: whom to trust is checked after."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


def says_goodbye(tls: ssl.SSLObject) -> bool:
    """Whether the other side has ended its half with a close_notify; asyncio does not tell."""
    try:
        return not tls.read(1)
    except ssl.SSLZeroReturnError:  # so has ours
        return True
    except ssl.SSLError:  # more was to come
        return False
