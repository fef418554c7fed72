"""``robots.txt`` of gopher servers (after Veronica-2), of gemini servers, and of web servers.

Gopher: the selector ``robots.txt``, then ``/robots.txt``, is requested under item type 0, once per run and
day. There are no status codes: an answer without a ``User-agent`` line, whether a row of type 3, a menu, "not
found" or empty, means that there are no rules. Rules are matched to selectors, whatever the item type.

Gemini: ``/robots.txt`` is requested, and a status says if it is missing. Rules may also name a category of
robots; ours is ``archiver``.

HTTP: ``/robots.txt`` is requested; :mod:`crawler.middlewares.robots_redirects` follows redirects. Scrapy's
own middleware would treat a server that is down as one that forbids nothing, and ask gopher servers for item
type "r".
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, lru_cache, partial
from http import HTTPStatus
from typing import Self
from urllib.parse import quote, urlsplit

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured, ResponseDataLossError
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from crawler import clock
from crawler.gate.errors import CrawlClosingError
from crawler.gate.hosts import ROBOTS_FOR, source_name
from crawler.gate.interface import KnownRobots
from crawler.handlers.exchange import FAILURES, AbsentPageError, kept_body
from crawler.handlers.gemini_protocol import EmptyPageError, parse_gemini_url
from crawler.handlers.gopher import parse_gopher_url
from crawler.middlewares.gate import CRAWL_DELAY
from crawler.middlewares.robots_cache import RobotsCache
from crawler.middlewares.robots_redirects import RedirectError, follow
from crawler.middlewares.waiting import is_closing, wait
from crawler.opened_gate import gate_of
from crawler.politeness import MAX_CRAWL_DELAY
from crawler.response_status import BUSY, OK, demanded_wait, problem_of

MAX_ROBOTS_BYTES = 500 * 1024  # RFC 9309, section 2.5: at least as much must be read
MAX_AGE = timedelta(days=1)  # RFC 9309, section 2.4: no longer than 24 hours
# After a fetch that failed with all retries: long enough not to ask before every page, short enough to learn
# a server's rules soon after it is back.
RETRY_INTERVAL = timedelta(minutes=10)
# A crawler that fetches a robots.txt has its timeout, the longest Crawl-delay, which it waits for then, and
# this for it; then another one does.
CLAIM_MARGIN = timedelta(seconds=30)
LOOK_INTERVAL_SECONDS = 1.0  # between two looks whether another crawler has fetched a robots.txt
UNAVAILABLE_ERRORS: tuple[type[Exception], ...] = (*FAILURES, RedirectError)
USER_AGENT_LINE = re.compile(
    r"^[ \t]*user-?agent[ \t]*:[ \t]*(?P<agent>[^\s#]*)", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class RuleTarget:
    """What rules apply to in a URL: the server, ``host:port``, and the path that they are matched to."""

    server: str
    path: str


@dataclass(frozen=True, slots=True)
class RobotsConvention:
    """Where servers of a protocol keep their rules: the ``paths`` to try, and the ``category`` of our robot.

    ``target`` parses a URL, and raises :exc:`IgnoreRequest` for one that must not be requested.
    ``allows_silence`` means that a server may close the connection without a byte if there is no such file.
    """

    paths: tuple[str, ...]
    target: Callable[[str], RuleTarget]
    category: str | None = None
    allows_silence: bool = False


def gopher_target(url: str) -> RuleTarget:
    """Return the target of a gopher URL: its selector. ``Disallow: /archiv`` also holds for ``archiv/1``."""
    parsed = parse_gopher_url(url)
    selector = quote(parsed.selector)
    return RuleTarget(
        f"{parsed.host}:{parsed.port}", selector if selector.startswith("/") else f"/{selector}"
    )


def gemini_target(url: str) -> RuleTarget:
    """Return the target of a gemini URL: path and query, as on the web."""
    parsed = parse_gemini_url(url)
    return RuleTarget(parsed.server, parsed.path)


def http_target(url: str) -> RuleTarget:
    """Return the target of a web URL: path and query."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    path = parts.path or "/"
    return RuleTarget(f"{parts.hostname}:{port}", f"{path}?{parts.query}" if parts.query else path)


# In the order of Veronica-2.
_GOPHER = RobotsConvention(("/0robots.txt", "/0/robots.txt"), gopher_target, allows_silence=True)
_GEMINI = RobotsConvention(("/robots.txt",), gemini_target, category="archiver")
_HTTP = RobotsConvention(("/robots.txt",), http_target)
CONVENTIONS: Mapping[str, RobotsConvention] = {
    "gopher": _GOPHER,
    "gophers": _GOPHER,
    "gemini": _GEMINI,
    "http": _HTTP,
    "https": _HTTP,
}


class Forbidden(IgnoreRequest):
    """``robots.txt`` was read, and forbids the page."""


class RobotsUnavailableError(IgnoreRequest):
    """``robots.txt`` could not be fetched. ``retry_in`` is the time that the server demands to wait."""

    def __init__(self, problem: str, retry_in: timedelta | None = None) -> None:
        super().__init__(f"robots.txt could not be fetched: {problem}")
        self.retry_in = retry_in


class RobotsBusyError(Exception):
    """A server did not send its rules, but asks to be asked later."""

    def __init__(self, problem: str, retry_in: timedelta | None) -> None:
        super().__init__(problem)
        self.retry_in = retry_in


class RobotsMiddleware:
    """Enforces the rules of each server.

    A forbidden request raises :exc:`Forbidden`; a ``Crawl-delay`` becomes the least pause after a request
    (:mod:`crawler.middlewares.gate`). While a server's rules cannot be fetched (RFC 9309, section 2.3.1.4),
    each request raises :exc:`RobotsUnavailableError`. The counters are Scrapy's: ``robotstxt/request_count``,
    ``robotstxt/response_count`` and ``robotstxt/forbidden``.
    """

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._crawler = crawler
        self._robot: str = crawler.settings["ROBOTSTXT_USER_AGENT"] or crawler.settings["USER_AGENT"]
        self._max_delay = crawler.settings.getfloat("ROBOTS_MAX_CRAWL_DELAY", MAX_CRAWL_DELAY.total_seconds())
        self._delay = crawler.settings.getfloat("DOWNLOAD_DELAY")
        timeout = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        self._claim = timedelta(seconds=timeout + self._max_delay) + CLAIM_MARGIN
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raise :exc:`Forbidden` or another :exc:`IgnoreRequest` for a request that must not be sent."""
        convention = CONVENTIONS.get(urlparse_cached(request).scheme)
        if convention and not request.meta.get("dont_obey_robotstxt"):
            target = convention.target(request.url)
            self._obey(await self._robots_of(target, request, convention), target, request, convention)

    @cached_property
    def _cache(self) -> RobotsCache:
        return RobotsCache(gate_of(self._crawler))

    def _obey(
        self, robots: KnownRobots, target: RuleTarget, request: Request, convention: RobotsConvention
    ) -> None:
        if robots.problem:
            raise RobotsUnavailableError(robots.problem, robots.retry_in)
        robot = user_agent_for(self._robot, convention.category, robots.text)
        if not parse_rules(robots.text).can_fetch(rule_url(target), robot):
            self._count("forbidden")
            raise Forbidden(f"forbidden by the robots.txt of {target.server}")
        request.meta[CRAWL_DELAY] = self._crawl_delay(robots.text, convention)

    def _crawl_delay(self, text: str, convention: RobotsConvention) -> float:
        """Return the seconds between two requests that a robots.txt demands."""
        robot = user_agent_for(self._robot, convention.category, text)
        return min(parse_rules(text).crawl_delay(robot) or 0.0, self._max_delay)

    async def _robots_of(
        self, target: RuleTarget, request: Request, convention: RobotsConvention
    ) -> KnownRobots:
        """Return the rules of a server from the cache, or fetch them once for all requests that wait."""
        server = f"{urlparse_cached(request).scheme}://{target.server}"
        async with self._locks[server]:
            while True:
                robots = await self._cache.find(server)
                if robots and not (robots.problem and request.meta.get("probe")):
                    return robots
                if await self._cache.claim(server, longest=self._claim):
                    return await self._ask_and_store(server, request, convention)
                if is_closing(self._crawler):
                    raise CrawlClosingError
                await wait(self._crawler, LOOK_INTERVAL_SECONDS)

    async def _ask_and_store(
        self, server: str, request: Request, convention: RobotsConvention
    ) -> KnownRobots:
        """Fetch the rules of a server, which no other crawler fetches now."""
        robots = KnownRobots("", timedelta(0), "it was not requested")  # another crawler may then ask at once
        try:
            robots = await self._ask(request, convention)
            # The pause after it was that of a host without rules.
            if (demanded := self._crawl_delay(robots.text, convention)) > self._delay:
                await wait(self._crawler, demanded)
        finally:
            await self._cache.store(server, robots)
        return robots

    async def _ask(self, request: Request, convention: RobotsConvention) -> KnownRobots:
        for path in convention.paths:
            try:
                text = await self._fetch(request, path, allows_silence=convention.allows_silence)
            except RobotsBusyError as error:
                return KnownRobots("", RETRY_INTERVAL, str(error), error.retry_in)
            except UNAVAILABLE_ERRORS as error:
                return KnownRobots("", RETRY_INTERVAL, problem=str(error))
            if USER_AGENT_LINE.search(text):
                return KnownRobots(text, MAX_AGE)
        return KnownRobots("", MAX_AGE)

    async def _fetch(self, request: Request, path: str, *, allows_silence: bool) -> str:
        """Return one file of a server, redirects followed; empty if there is no such file."""
        parts = urlparse_cached(request)
        url = f"{parts.scheme}://{parts.netloc}{path}"
        try:
            download = partial(self._download, source=source_name(request))
            response = await follow(await download(url), parts.hostname or "", download)
        except (AbsentPageError, EmptyPageError):
            return ""
        except ResponseDataLossError as error:
            # Closed without a byte, at every try. A broken connection has a cause.
            if not allows_silence or kept_body(error) or error.__cause__:
                raise
            return ""
        if response.status != OK:
            return self._empty_or_busy(response)
        return response.body[:MAX_ROBOTS_BYTES].decode("utf-8-sig", errors="replace")

    async def _download(self, url: str, *, source: str | None) -> Response:
        """Fetch through the gate and with retries, as pages are."""
        ask = Request(url, NO_CALLBACK, meta={"dont_obey_robotstxt": True, ROBOTS_FOR: source})
        self._count("request_count")
        assert self._crawler.engine
        response = await self._crawler.engine.download_async(ask)
        self._count("response_count")
        return response

    def _empty_or_busy(self, response: Response) -> str:
        """Return "" if there is no file; raise if the server is in trouble (RFC 9309, section 2.3.1)."""
        if response.status < HTTPStatus.INTERNAL_SERVER_ERROR and response.status not in BUSY:
            return ""
        raise RobotsBusyError(str(problem_of(response)), demanded_wait(response, now=clock.utc_now()))

    def _count(self, name: str) -> None:
        assert self._crawler.stats
        self._crawler.stats.inc_value(f"robotstxt/{name}")


@lru_cache(maxsize=64)
def parse_rules(text: str) -> Protego:
    """Parse a ``robots.txt``; cached, since it is needed for every page."""
    return Protego.parse(text)


def user_agent_for(robot: str, category: str | None, text: str) -> str:
    """Return the name to match rules with: our robot if the file names it, else its ``category``."""
    named = [match["agent"].lower() for match in USER_AGENT_LINE.finditer(text)]
    # Protego matches any part of a robot's name.
    ours = any(name and name != "*" and name in robot.lower() for name in named)
    return robot if ours or category is None else category


def rule_url(target: RuleTarget) -> str:
    """Return a whole URL, because Protego would read "//x" as a host."""
    return f"gopher://{target.server}{target.path}"
