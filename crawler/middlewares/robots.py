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
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
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
from crawler.handlers.exchange import FAILURES, AbsentPageError, kept_body
from crawler.handlers.gemini_protocol import EmptyPageError, parse_gemini_url
from crawler.handlers.gopher import parse_gopher_url
from crawler.middlewares.robots_cache import ArchivedRobots, Robots, RobotsCache, TemporaryRobots
from crawler.middlewares.robots_redirects import RedirectError, follow
from crawler.middlewares.throttle import slow_down
from crawler.opened_archive import archive_of, has_archive
from crawler.politeness import MAX_CRAWL_DELAY
from crawler.response_status import BUSY, OK, earliest_retry, problem_of

MAX_ROBOTS_BYTES = 500 * 1024  # RFC 9309, section 2.5: at least as much must be read
MAX_AGE = timedelta(days=1)  # RFC 9309, section 2.4: no longer than 24 hours
# After a fetch that failed with all retries: long enough not to ask before every page, short enough to learn
# a server's rules soon after it is back.
RETRY_INTERVAL = timedelta(minutes=10)
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
    """``robots.txt`` could not be fetched. ``retry_after`` is the earliest time for the next request."""

    def __init__(self, problem: str, retry_after: datetime | None = None) -> None:
        super().__init__(f"robots.txt could not be fetched: {problem}")
        self.retry_after = retry_after


class RobotsBusyError(Exception):
    """A server did not send its rules, but asks to be asked later."""

    def __init__(self, problem: str, retry_after: datetime | None) -> None:
        super().__init__(problem)
        self.retry_after = retry_after


class RobotsMiddleware:
    """Enforces the rules of each server.

    A forbidden request raises :exc:`Forbidden`; a ``Crawl-delay`` becomes the delay of the host's slot. While
    a server's rules cannot be fetched (RFC 9309, section 2.3.1.4), each request raises
    :exc:`RobotsUnavailableError`. The counters are Scrapy's: ``robotstxt/request_count``,
    ``robotstxt/response_count`` and ``robotstxt/forbidden``.
    """

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._crawler = crawler
        self._robot: str = crawler.settings["ROBOTSTXT_USER_AGENT"] or crawler.settings["USER_AGENT"]
        self._max_delay = crawler.settings.getfloat("ROBOTS_MAX_CRAWL_DELAY", MAX_CRAWL_DELAY.total_seconds())
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
        """The cache in the archive of the crawl, or without one, a cache that ends with the process."""
        if has_archive(self._crawler):
            return ArchivedRobots(archive_of(self._crawler))
        return TemporaryRobots()

    def _obey(
        self, robots: Robots, target: RuleTarget, request: Request, convention: RobotsConvention
    ) -> None:
        if robots.problem:
            raise RobotsUnavailableError(robots.problem, robots.retry_after)
        rules, robot = parse_rules(robots.text), user_agent_for(self._robot, convention.category, robots.text)
        if not rules.can_fetch(rule_url(target), robot):
            self._count("forbidden")
            raise Forbidden(f"forbidden by the robots.txt of {target.server}")
        if delay := rules.crawl_delay(robot):
            slow_down(self._crawler, request, min(delay, self._max_delay))

    async def _robots_of(self, target: RuleTarget, request: Request, convention: RobotsConvention) -> Robots:
        """Return the rules of a server from the cache, or fetch them once for all requests that wait."""
        server = f"{urlparse_cached(request).scheme}://{target.server}"
        async with self._locks[server]:
            robots = self._cache.get(server, now=clock.utc_now())
            if robots is None or (robots.problem and request.meta.get("probe")):
                robots = await self._ask(request, convention)
                self._cache.put(server, robots)
        return robots

    async def _ask(self, request: Request, convention: RobotsConvention) -> Robots:
        for path in convention.paths:
            try:
                text = await self._fetch(request, path, allows_silence=convention.allows_silence)
            except RobotsBusyError as error:
                return Robots("", clock.utc_now() + RETRY_INTERVAL, str(error), error.retry_after)
            except UNAVAILABLE_ERRORS as error:
                return Robots("", clock.utc_now() + RETRY_INTERVAL, problem=str(error))
            if USER_AGENT_LINE.search(text):
                return Robots(text, clock.utc_now() + MAX_AGE)
        return Robots("", clock.utc_now() + MAX_AGE)

    async def _fetch(self, request: Request, path: str, *, allows_silence: bool) -> str:
        """Return one file of a server, redirects followed; empty if there is no such file."""
        parts = urlparse_cached(request)
        url = f"{parts.scheme}://{parts.netloc}{path}"
        try:
            response = await follow(await self._download(url), parts.hostname or "", self._download)
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

    async def _download(self, url: str) -> Response:
        """Fetch through the host's slot, so that its delay applies; retried as pages are."""
        ask = Request(url, NO_CALLBACK, meta={"dont_obey_robotstxt": True})
        self._count("request_count")
        assert self._crawler.engine
        response = await self._crawler.engine.download_async(ask)
        self._count("response_count")
        return response

    def _empty_or_busy(self, response: Response) -> str:
        """Return "" if there is no file; raise if the server is in trouble (RFC 9309, section 2.3.1)."""
        if response.status < HTTPStatus.INTERNAL_SERVER_ERROR and response.status not in BUSY:
            return ""
        raise RobotsBusyError(str(problem_of(response)), earliest_retry(response, now=clock.utc_now()))

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
