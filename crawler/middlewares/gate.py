"""Downloader middleware: send a request when its hosts may be asked, and no other to them meanwhile."""

import asyncio
import logging
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached

from crawler import clock
from crawler.frontier_crawl import frontier_crawl_of
from crawler.gate.calls import GateCalls
from crawler.gate.errors import CrawlClosingError, HostBackedOffError, LeaseLostError
from crawler.gate.hosts import ROBOTS_FOR, hosts_of
from crawler.gate.interface import Closed, Turn
from crawler.middlewares.throttle import pause_after_answer, pause_after_failure
from crawler.middlewares.waiting import CLOSING_PATIENCE_SECONDS, is_closing, wait
from crawler.opened_gate import gate_of

logger = logging.getLogger(__name__)

# In the meta of a request: seconds that the robots.txt of its server demands between two requests.
CRAWL_DELAY = "crawl_delay"
# In the meta of a request: how many answers in a row before it looked like a ban.
BAN_COUNT = "ban_count"
# A turn lasts for the timeout of the request and this. It is used for sending within this time only, so that
# it has not passed to another crawler even if this process or its machine slept.
TURN_MARGIN = timedelta(seconds=10)
NO_TIMEOUT = timedelta(days=1)  # longest turn of a request whose time is not limited


@dataclass(frozen=True, slots=True)
class _Held:
    """The hosts that a request holds, with their locks in this process."""

    hosts: tuple[str, ...]
    turn: Turn
    locks: tuple[asyncio.Lock, ...]


class GateMiddleware:
    """Enters the gate for the hosts of each request, and leaves it when the answer has ended.

    It stands next to the download; only those for Retry-After and bans stand between, so that a back-off is
    in force before the host is free. Retries enter again. The pause that counts from the end of the answer
    is at least ``DOWNLOAD_DELAY`` and the ``Crawl-delay`` of the request.

    Requests of this process queue at a lock of each host, and only the first of them asks the gate.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        names = crawler.settings.getlist("CRAWL_CACHING_GATEWAYS")
        self._caching = frozenset(name for words in names for name in words.split())
        self._timeout = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        self._delays = _Delays(crawler)
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._held: dict[Request, _Held] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @cached_property
    def _calls(self) -> GateCalls:
        return gate_of(self._crawler)

    async def process_request(self, request: Request) -> None:
        """Wait until the hosts may be asked. Raise :exc:`RequestNotSentError` if they must not be."""
        if not urlparse_cached(request).hostname:
            return
        if _is_extra(request) and is_closing(self._crawler):
            raise CrawlClosingError
        hosts = hosts_of(request, caching=self._caching)
        locks = tuple(self._locks[host] for host in sorted(hosts))  # in one order: no two wait for each other
        await _acquire(locks)
        try:
            turn = await self._enter(request, hosts)
        except BaseException:
            _release(locks)
            raise
        self._held[request] = _Held(hosts, turn, locks)
        request.meta[BAN_COUNT] = turn.ban_count
        task = asyncio.current_task()
        assert task
        task.add_done_callback(partial(self._abandon, request))

    async def _enter(self, request: Request, hosts: tuple[str, ...]) -> Turn:
        """Return a turn that is fresh enough to send a request in it."""
        gate, closing_since = self._calls.gate, math.inf
        while True:
            since = clock.elapsed_seconds()
            answer = await self._calls.call(gate.enter, hosts, longest=self._longest(request))
            if isinstance(answer, Closed):
                closing_since = min(closing_since, since) if is_closing(self._crawler) else math.inf
                if since - closing_since > CLOSING_PATIENCE_SECONDS:  # others hold the host
                    raise CrawlClosingError
                await self._wait(answer)
            elif not self._may_send(request):
                await self._calls.call(gate.leave, answer, {})
                raise LeaseLostError
            elif clock.elapsed_seconds() - since < TURN_MARGIN.total_seconds():
                return answer
            else:
                await self._calls.call(gate.leave, answer, {})

    def _may_send(self, request: Request) -> bool:
        """Return whether this crawl still holds the lease of the page that a request is for."""
        crawl, fetch = frontier_crawl_of(self._crawler), request.meta.get("fetch")
        return not crawl or not fetch or crawl.pages.holds(fetch.wanted)

    async def _wait(self, closed: Closed) -> None:
        if closed.problem is not None:
            raise HostBackedOffError(closed.wait, closed.problem)
        await wait(self._crawler, closed.wait.total_seconds())

    def _longest(self, request: Request) -> timedelta:
        seconds = request.meta.get("download_timeout") or self._timeout
        return (timedelta(seconds=seconds) if seconds else NO_TIMEOUT) + TURN_MARGIN

    async def process_response(self, request: Request, response: Response) -> Response:
        """Leave the gate with a pause that follows from the latency."""
        await self._leave(request)
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """Leave the gate with a longer pause after a failure."""
        await self._leave(request, is_failed=not isinstance(exception, IgnoreRequest))

    async def _leave(self, request: Request, *, is_failed: bool = False) -> None:
        """Leave the gate, if the request is in it."""
        if held := self._held.pop(request, None):
            pauses = self._pauses(request, held, is_failed=is_failed)
            try:
                await self._calls.call(self._calls.gate.leave, held.turn, pauses)
            finally:
                _release(held.locks)

    def _pauses(self, request: Request, held: _Held, *, is_failed: bool) -> Mapping[str, timedelta]:
        """Return the pause of each host: behind a gateway, the paper's host gets the usual one."""
        delay, last = self._delays.of(request), held.turn.pause
        usual = max(delay, timedelta(seconds=request.meta.get(CRAWL_DELAY, 0)))
        if not delay:  # the host is your own
            pause = usual
        elif is_failed:
            pause = pause_after_failure(last, usual=usual)
        else:
            pause = pause_after_answer(last, _latency(request), usual=usual)
        server, machine, *behind = held.hosts
        return {server: pause, machine: pause} | dict.fromkeys(behind, delay)

    def _abandon(self, request: Request, _task: asyncio.Task[object]) -> None:
        """Leave the gate for a request that was cancelled, or whose answer another middleware replaced."""
        if request in self._held:
            leaving = asyncio.ensure_future(self._leave(request))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._abandoned)

    def _abandoned(self, leaving: asyncio.Task[None]) -> None:
        """Log why the gate could not be left. The turn then ends by itself."""
        self._leaving.discard(leaving)
        if not leaving.cancelled() and (error := leaving.exception()):
            logger.debug("the gate could not be left: %s", error)


class _Delays:
    """``DOWNLOAD_DELAY``, or that of a slot in ``DOWNLOAD_SLOTS``, with which Scrapy would wait as well."""

    def __init__(self, crawler: Crawler) -> None:
        self._delay = timedelta(seconds=crawler.settings.getfloat("DOWNLOAD_DELAY"))
        self._of_slots = {
            name: timedelta(seconds=float(slot["delay"]))
            for name, slot in crawler.settings.getdict("DOWNLOAD_SLOTS").items()
            if "delay" in slot
        }

    def of(self, request: Request) -> timedelta:
        """Return the delay of a request."""
        if not self._of_slots:
            return self._delay
        slot = request.meta.get("download_slot") or urlparse_cached(request).hostname or ""
        return self._of_slots.get(slot, self._delay)


def _latency(request: Request) -> timedelta | None:
    seconds = request.meta.get("download_latency")
    return None if seconds is None else timedelta(seconds=seconds)


def _is_extra(request: Request) -> bool:
    """Return whether a request repeats one that failed, or is for a robots.txt: a page may need several."""
    return bool(request.meta.get("retry_times")) or ROBOTS_FOR in request.meta


async def _acquire(locks: tuple[asyncio.Lock, ...]) -> None:
    """Acquire all locks, or none if the wait is cancelled."""
    acquired: list[asyncio.Lock] = []
    try:
        for lock in locks:
            await lock.acquire()
            acquired.append(lock)
    except BaseException:
        _release(acquired)
        raise


def _release(locks: Iterable[asyncio.Lock]) -> None:
    for lock in locks:
        lock.release()
