"""What a server demands of one crawler, all crawlers that share its frontier obey."""

import socket
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from crawler.demo.newspaper.pages.newspaper import Newspaper
from crawler.demo.newspaper.serving.web import response
from tests.support.running.judge import by_host, page_asked
from tests.support.running.shared_crawls import (
    LoggedPaper,
    all_ended,
    crawling_together,
    logged_paper,
    new_frontier,
    shared_command,
)
from tests.support.servers.postgres import PostgresServer
from tests.support.servers.request_log import LoggedRequest

PAPER = Newspaper(seed=3, articles=2, daily=0)
GATEWAY = "127.0.0.3"
POLITE = ("--delay", "0.2s")
RETRY_AFTER = 3  # seconds


def busy(status: HTTPStatus, retry_after: int | None = None) -> bytes:
    """Return a response that refuses a page."""
    answer = response(status)
    if retry_after is None:
        return answer
    return answer.replace(b"\r\nContent-Type", f"\r\nRetry-After: {retry_after}\r\nContent-Type".encode(), 1)


class Refusing:
    """Answers some pages with a refusal: those whose position among all pages is in ``when``."""

    def __init__(self, answer: bytes, when: Callable[[int], bool]) -> None:
        self._answer, self._when = answer, when
        self._pages = 0
        self.refused: list[LoggedRequest] = []

    def __call__(self, request: LoggedRequest, _: socket.socket) -> bytes | None:
        if page_asked(request) is None:
            return None
        self._pages += 1
        if not self._when(self._pages):
            return None
        self.refused.append(request)
        return self._answer


def crawl_gateway(paper: LoggedPaper, frontier: str, folder: Path) -> tuple[list[LoggedRequest], list[int]]:
    """Crawl the gateway with four crawlers; return the requests to it, and the exit codes."""
    words, before = (*POLITE, *paper.through("mills")), len(paper.log.requests)
    commands = [shared_command(folder / f"{number}.db", frontier, *words) for number in range(4)]
    with crawling_together(commands) as crawls:
        codes = [done.returncode for done in all_ended(crawls)]
    return by_host(paper.log.requests[before:]).get(GATEWAY, []), codes


def test_after_one_429_no_crawler_asks_before_its_time(postgres: PostgresServer, tmp_path: Path) -> None:
    refusing = Refusing(busy(HTTPStatus.TOO_MANY_REQUESTS, RETRY_AFTER), lambda page: page == 4)
    with logged_paper(PAPER, ["mills"], refusing) as paper:
        requests, codes = crawl_gateway(paper, new_frontier(postgres), tmp_path)
    [refused] = refusing.refused
    [ended] = [each.ended for each in requests if each.client == refused.client]
    after = [each.began - ended for each in requests if each.began > ended]
    assert after
    assert min(after) >= RETRY_AFTER
    assert sorted(codes) == [0, 0, 0, 3], "one has a failed fetch to report"


def test_after_a_ban_no_crawler_asks_at_all(postgres: PostgresServer, tmp_path: Path) -> None:
    frontier = new_frontier(postgres)
    refusing = Refusing(busy(HTTPStatus.FORBIDDEN), lambda page: page > 2)
    with logged_paper(PAPER, ["mills"], refusing) as paper:
        requests, _ = crawl_gateway(paper, frontier, tmp_path)
        pages = [each for each in requests if page_asked(each)]
        assert len(pages) == 2 + 3, "three answers in a row are a ban, whichever crawlers get them"
        assert crawl_gateway(paper, frontier, tmp_path) == ([], [4, 4, 4, 4])
