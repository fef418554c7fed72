"""Status and Retry-After of HTTP responses.

Only status 200 is a page. Any other status of a gateway, be it 404 or a redirect to a login, is about the
gateway and not about the paper: the fetch has failed.
"""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from archive.timestamps import parse_http_date
from crawler import clock

OK = 200  # also the status of Scrapy's responses from gopher
BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
MAX_RETRY_AFTER = timedelta(days=1)  # far longer than a run


def problem_of(response: Response) -> str | None:
    """Return "HTTP 503 Service Unavailable" for a response that is not a page, and None for a page."""
    if response.status == OK:
        return None
    try:
        return f"HTTP {response.status} {HTTPStatus(response.status).phrase}"
    except ValueError:  # 522, 999
        return f"HTTP {response.status}"


def earliest_retry(response: Response, *, now: datetime) -> datetime | None:
    """Return the earliest time for the next request, if a response states it (RFC 9110, section 10.2.3)."""
    header = response.headers.get("Retry-After")
    if header is None or response.status == OK:
        return None
    until = _moment(header.decode("latin-1").strip(), now)
    return until and min(until, now + MAX_RETRY_AFTER)


def _moment(text: str, now: datetime) -> datetime | None:
    """Return the time that ``120`` or an HTTP date stands for; None for any other text."""
    if text.isascii() and text.isdigit():
        return now + timedelta(seconds=min(float(text[:10]), MAX_RETRY_AFTER.total_seconds()))
    return parse_http_date(text)


class RetryAfterMiddleware:
    """Backs off from a source for as long as it demands: no retry, and no other page."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        if "Retry-After" in response.headers:
            request.meta["dont_retry"] = True
            self._back_off(request, earliest_retry(response, now=clock.utc_now()), problem_of(response))
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Back off if the server's ``robots.txt`` could not be had, and it demanded that."""
        self._back_off(request, getattr(exception, "retry_after", None), str(exception))

    def _back_off(self, request: Request, until: datetime | None, problem: str | None) -> None:
        backoff = getattr(self._crawler.spider, "backoff", None)
        if until and backoff and (fetch := request.meta.get("fetch")):
            backoff.back_off(fetch.source, until=until, problem=problem or "")
