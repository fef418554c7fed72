"""Downloader middleware: notice that a server has banned us."""

from http import HTTPStatus
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.frontier_crawl import frontier_crawl_of
from crawler.response_status import problem_of

# A server that answers every page with one of these may have banned us.
BANS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS, 451)


class BanMiddleware:
    """Backs off from a source for a day after several answers in a row that look like a ban.

    It sees a response after Scrapy's RetryMiddleware.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        crawl = frontier_crawl_of(self._crawler)
        if crawl and (fetch := request.meta.get("fetch")):
            ban = problem_of(response) if response.status in BANS else None
            crawl.backoff.record_answer(fetch.source, ban)
        return response
