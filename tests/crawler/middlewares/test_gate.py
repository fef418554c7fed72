"""The gate under Scrapy, with spiders and middlewares of other people: judged by the servers asked."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from itertools import count, pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import Settings

from crawler import clock
from crawler.gate.calls import GateCalls
from crawler.gate.embedded import EmbeddedGate
from crawler.gate.errors import CrawlClosingError
from crawler.gate.interface import Closed, Turn
from crawler.middlewares.gate import TURN_MARGIN, GateMiddleware
from crawler.middlewares.robots import RobotsMiddleware
from crawler.opened_gate import give_gate
from crawler.politeness import MAX_CRAWL_DELAY
from crawler.settings import DOWNLOADER_MIDDLEWARES
from tests.support.servers.gopher_faults import GATED, LOOPBACK, PAGE, Page, Peer, crawl, serving
from tests.support.servers.other_sources import Answer, web

pytestmark = pytest.mark.slow

# Longer than a test may take: a turn that is not given back makes it fail.
LONG = GATED | {"DOWNLOAD_TIMEOUT": 3600, "DOWNLOAD_DELAY": 0.001}


def noting(times: list[tuple[float, float]], peer: Peer) -> None:
    begin = time.monotonic()
    peer.wait(0.03)
    times.append((begin, time.monotonic()))
    peer.send(PAGE)


def test_one_request_at_a_time_is_sent_to_a_machine_with_a_pause_after_each() -> None:
    times: list[tuple[float, float]] = []
    with ExitStack() as stack:
        pages = {f"/{n}".encode(): partial(noting, times) for n in range(5)}
        servers = [stack.enter_context(serving(pages)) for _ in range(2)]
        urls = [f"gopher://{LOOPBACK}:{server.port}/1/{n}" for n in range(5) for server in servers]
        results, _ = crawl(urls, GATED | {"DOWNLOAD_DELAY": 0.1})
    assert not [result for result in results if result["error"]]
    assert len(times) == 10
    assert min(after[0] - before[1] for before, after in pairwise(sorted(times))) >= 0.1


def test_the_crawl_delay_holds_between_robots_txt_and_the_first_page() -> None:
    robots = b"User-agent: *\nCrawl-delay: 0.5\n"
    with serving({b"robots.txt": robots, b"/a": PAGE}) as server:
        crawl([f"gopher://{LOOPBACK}:{server.port}/1/a"], GATED | {"ROBOTSTXT_OBEY": True})
    (_, first), (_, second) = server.asked
    assert second - first >= 0.5


# -- Middlewares of other people ------------------------------------------------------------------


class Meddler:
    """A middleware inside of the gate that does, at one page, what ``MEDDLING`` names."""

    def __init__(self, what: str) -> None:
        self._what = what

    @classmethod
    def from_crawler(cls, crawler: Any) -> "Meddler":
        return cls(crawler.settings["MEDDLING"])

    def _meddles(self, where: str, request: Request) -> bool:
        return self._what.startswith(where) and request.url.endswith("/b") and not request.meta.get("again")

    def _result(self, request: Request) -> Any:
        if "raise" in self._what:
            raise ArithmeticError(self._what)
        if "answer" in self._what:
            return Response(request.url)
        return request.replace(meta={**request.meta, "again": True}, dont_filter=True)

    def process_request(self, request: Request) -> Any:
        return self._result(request) if self._meddles("request", request) else None

    def process_response(self, request: Request, response: Response) -> Any:
        return self._result(request) if self._meddles("response", request) else response

    def process_exception(self, request: Request, exception: Exception) -> Any:
        return self._result(request) if self._meddles("exception", request) else None


@pytest.mark.parametrize("where", ["request", "response", "exception"])
@pytest.mark.parametrize("what", ["raise", "answer", "ask again"])
def test_a_turn_is_given_back_whatever_other_middlewares_do(where: str, what: str) -> None:
    meddler = {f"{__name__}.Meddler": 999}
    settings = {"DOWNLOADER_MIDDLEWARES": DOWNLOADER_MIDDLEWARES | meddler, "MEDDLING": f"{where} {what}"}
    failing: Page = Peer.reset if where == "exception" else PAGE
    with serving({b"/a": PAGE, b"/b": failing, b"/c": PAGE}) as server:
        results, _ = crawl([f"gopher://{LOOPBACK}:{server.port}/1/{page}" for page in "abc"], LONG | settings)
    assert [results[0]["error"], results[2]["error"]] == [None, None]
    assert results[1]["error"] != "lost"


class Login:
    """A middleware that sends a request of its own before and after each page."""

    def __init__(self, crawler: Any) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Any) -> "Login":
        return cls(crawler)

    async def _log_in(self, request: Request) -> None:
        if "login" not in request.url:
            await self._crawler.engine.download_async(Request(f"{request.url}/login"))

    async def process_request(self, request: Request) -> None:
        await self._log_in(request)

    async def process_response(self, request: Request, response: Response) -> Response:
        await self._log_in(request)
        return response


def test_a_middleware_may_send_requests_of_its_own() -> None:
    login = {"DOWNLOADER_MIDDLEWARES": DOWNLOADER_MIDDLEWARES | {f"{__name__}.Login": 900}}
    with serving({b"/a": PAGE, b"/a/login": PAGE}) as server:
        crawl([f"gopher://{LOOPBACK}:{server.port}/1/a"], LONG | login)
    assert server.selectors == [b"/a/login", b"/a", b"/a/login"]


class Cache:
    """A middleware that answers as Scrapy's cache does."""

    def process_request(self, request: Request) -> Response:
        return Response(request.url, flags=["cached"])


def test_no_pause_follows_what_a_cache_answers() -> None:
    cached = {"DOWNLOADER_MIDDLEWARES": DOWNLOADER_MIDDLEWARES | {f"{__name__}.Cache": 900}}
    urls = [f"gopher://{LOOPBACK}/1/{n}" for n in range(3)]
    results, _ = crawl(urls, cached | {"DOWNLOAD_DELAY": 3600})  # longer than a test may take
    assert [result["error"] for result in results] == [None] * 3


# -- What the gate refuses ------------------------------------------------------------------------


def test_a_spider_of_other_people_does_not_ask_a_server_before_its_time() -> None:
    with web({}, Answer(b"", 503, {"Retry-After": "3600"})) as server:
        results, _ = crawl([f"{server.url}/{page}" for page in "abc"], LONG | {"RETRY_ENABLED": True})
        assert len(server.asked) == 1
    assert [result["error"] for result in results] == [None, "HostBackedOffError", "HostBackedOffError"]
    assert results[1]["reason"].endswith("backed off: HTTP 503 Service Unavailable")


def test_a_crawl_that_is_closing_does_not_wait_for_a_long_pause() -> None:
    closing = {"DOWNLOAD_DELAY": 3600, "CLOSESPIDER_PAGECOUNT": 1}
    with serving({b"/a": PAGE, b"/b": PAGE}) as server:
        results, _ = crawl([f"gopher://{LOOPBACK}:{server.port}/1/{page}" for page in "ab"], GATED | closing)
    assert [result["error"] for result in results] == [None, "CrawlClosingError"]
    assert len(server.asked) == 1


class ClosingFailure:
    """A middleware inside of the gate with which each request fails, and ends the crawl."""

    def __init__(self, crawler: Any) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Any) -> "ClosingFailure":
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        self._closing = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason="finished"))
        await asyncio.sleep(0)  # until it has begun
        raise TimeoutError


def test_a_crawl_that_is_closing_asks_no_more_for_a_robots_txt() -> None:
    failing = {"DOWNLOADER_MIDDLEWARES": DOWNLOADER_MIDDLEWARES | {f"{__name__}.ClosingFailure": 999}}
    robots = {"ROBOTSTXT_OBEY": True, "RETRY_ENABLED": True, "RETRY_EXCEPTIONS": ["builtins.TimeoutError"]}
    results, stats = crawl([f"gopher://{LOOPBACK}/1/a"], LONG | failing | robots)
    assert results[0]["error"] == "CrawlClosingError"
    assert stats["retry/count"] == 1
    assert stats["robotstxt/request_count"] == 1


def test_a_crawl_that_is_closing_does_not_wait_for_a_host_that_others_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate, crawler, seconds = EmbeddedGate(), Crawler(Spider, Settings({"DOWNLOAD_DELAY": 1})), count()
    gate.enter(["taz.de"], longest=timedelta(hours=1))
    give_gate(crawler, GateCalls(gate))
    crawler.engine = SimpleNamespace(_slot=SimpleNamespace(closing=True))  # type: ignore[assignment] # that much is asked
    monkeypatch.setattr(clock, "elapsed_seconds", lambda: float(next(seconds)))
    with pytest.raises(CrawlClosingError):
        asyncio.run(ask_and_leave(crawler))


# -- Turns ----------------------------------------------------------------------------------------


class SleepingGate(EmbeddedGate):
    """A gate whose first turn is granted before the machine sleeps for longer than a turn may wait."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.turns: list[Turn] = []
        super().__init__(elapsed=lambda: self.seconds)

    def enter(self, hosts: Sequence[str], *, longest: timedelta) -> Turn | Closed:
        answer = super().enter(hosts, longest=longest)
        if isinstance(answer, Turn):
            self.turns.append(answer)
            self.seconds += 0 if len(self.turns) > 1 else TURN_MARGIN.total_seconds()
        return answer


async def ask_and_leave(crawler: Crawler) -> None:
    request, middleware = Request("gopher://taz.de/1/a"), GateMiddleware.from_crawler(crawler)
    await middleware.process_request(request)
    await middleware.process_response(request, Response(request.url))


def test_a_turn_from_before_the_sleep_of_the_machine_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, crawler = SleepingGate(), Crawler(Spider, Settings({"DOWNLOAD_DELAY": 1}))
    monkeypatch.setattr(clock, "elapsed_seconds", lambda: gate.seconds)
    give_gate(crawler, GateCalls(gate))
    asyncio.run(ask_and_leave(crawler))
    assert [turn.tokens["taz.de"] for turn in gate.turns] == [1, 2]
    closed = gate.enter(["taz.de"], longest=TURN_MARGIN)
    assert closed == Closed(timedelta(seconds=1)), "the pause counts from the end of the second turn"


class ClaimedGate(EmbeddedGate):
    """A gate at which a robots.txt is claimed, and then an error raised."""

    claimed_for = timedelta(0)

    def claim_robots(self, server: str, *, longest: timedelta) -> bool:
        self.claimed_for = longest
        raise LookupError


def test_no_other_crawler_asks_for_a_robots_txt_during_the_pause_after_it() -> None:
    settings = Settings({"ROBOTSTXT_OBEY": True, "DOWNLOAD_TIMEOUT": 1})
    gate, crawler = ClaimedGate(), Crawler(Spider, settings)
    give_gate(crawler, GateCalls(gate))
    with pytest.raises(LookupError):
        asyncio.run(RobotsMiddleware.from_crawler(crawler).process_request(Request("gopher://taz.de/1/a")))
    assert gate.claimed_for > MAX_CRAWL_DELAY + timedelta(seconds=1)
