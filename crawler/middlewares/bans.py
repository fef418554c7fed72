"""Downloader middleware: notice that a server has banned us."""

import logging
from datetime import timedelta
from http import HTTPStatus
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.gate.hosts import server_name, source_name
from crawler.middlewares.back_off import back_off
from crawler.middlewares.gate import BAN_COUNT
from crawler.opened_gate import gate_of
from crawler.response_status import problem_of

logger = logging.getLogger(__name__)

# A server that answers every page with one of these may have banned us.
BANS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS, 451)
BAN_AFTER_ANSWERS, BAN_BACKOFF = 3, timedelta(days=1)


class BanMiddleware:
    """Backs off from a server for a day after several answers in a row that look like a ban.

    Answers count at the gate, over all crawlers, one per page: the last that Scrapy's RetryMiddleware asks
    for. It stands inside of the gate, so that the back-off is in force before the host is free.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        settings = crawler.settings
        codes = settings.getlist("RETRY_HTTP_CODES") if settings.getbool("RETRY_ENABLED") else []
        self._retried = frozenset(map(int, codes))
        self._retry_times = settings.getint("RETRY_TIMES")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Count an answer to a request for a page of the paper."""
        is_ban = response.status in BANS
        counts = is_ban or request.meta.get(BAN_COUNT, 1)
        if "fetch" in request.meta and counts and self._is_last(request, response):
            calls = gate_of(self._crawler)
            count = await calls.call(calls.gate.count_ban, server_name(request.url), is_ban=is_ban)
            if count >= BAN_AFTER_ANSWERS:
                await self._back_off(request, f"{problem_of(response)} for {count} pages in a row")
        return response

    def _is_last(self, request: Request, response: Response) -> bool:
        """Return whether the request will not be retried after this response."""
        if response.status not in self._retried or request.meta.get("dont_retry"):
            return True
        tries = request.meta.get("max_retry_times", self._retry_times)
        return bool(request.meta.get("retry_times", 0) >= tries)

    async def _back_off(self, request: Request, what: str) -> None:
        problem = f"{what}: the server seems to ban us; skipping it for 24 hours"
        await back_off(self._crawler, request, wait=BAN_BACKOFF, problem=problem)
        logger.warning("%s: %s", source_name(request), problem)
