"""Downloader middleware: obey Retry-After."""

from datetime import datetime
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler import clock
from crawler.frontier_crawl import frontier_crawl_of
from crawler.middlewares.robots import RobotsUnavailableError
from crawler.response_status import earliest_retry, problem_of


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
        """Back off if the server demanded that instead of sending its ``robots.txt``."""
        if isinstance(exception, RobotsUnavailableError):
            self._back_off(request, exception.retry_after, str(exception))

    def _back_off(self, request: Request, until: datetime | None, problem: str | None) -> None:
        crawl = frontier_crawl_of(self._crawler)
        if until and crawl and (fetch := request.meta.get("fetch")):
            crawl.backoff.back_off(fetch.source, until=until, problem=problem or "")
