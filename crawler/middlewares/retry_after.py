"""Downloader middleware: obey Retry-After."""

from datetime import timedelta
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler import clock
from crawler.gate.errors import HostBackedOffError
from crawler.middlewares.back_off import back_off, note_back_off
from crawler.middlewares.robots import RobotsUnavailableError
from crawler.response_status import demanded_wait, problem_of

_NO_TIME = timedelta(0)


class RetryAfterMiddleware:
    """Backs off from a server for as long as it demands: no retry, and no other page.

    It stands inside of the gate, so that the back-off is in force before the host is free.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Back off if the response says for how long."""
        if "Retry-After" in response.headers:
            request.meta["dont_retry"] = True
            wait = demanded_wait(response, now=clock.utc_now())
            await self._back_off(request, wait, problem_of(response) or "")
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """Back off if the server demanded that instead of sending its ``robots.txt``.

        If the gate refused a request, the choice of a source takes account of it.
        """
        if isinstance(exception, RobotsUnavailableError):
            await self._back_off(request, exception.retry_in, str(exception))
        elif isinstance(exception, HostBackedOffError):
            note_back_off(self._crawler, request, wait=exception.wait, problem=exception.problem)

    async def _back_off(self, request: Request, wait: timedelta | None, problem: str) -> None:
        if wait is not None and wait > _NO_TIME:
            await back_off(self._crawler, request, wait=wait, problem=problem)
