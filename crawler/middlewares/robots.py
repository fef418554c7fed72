"""``robots.txt`` in gopherspace, as Veronica-2 established it, and in geminispace, as its companion says.

A gopher server is asked, once per run and day, for the selector ``robots.txt``, then ``/robots.txt``, under
item type 0. There are no status codes: an answer without a ``User-agent`` line, whether a type 3 row, a
menu, a "not found" or nothing, means that there are no rules. Rules are matched to selectors, whatever
the item type.

A gemini server is asked for ``/robots.txt``; that there is none, it can say. Its rules may name, beside a
robot or all of them, a sort of robots. We are of the sort ``archiver``.

An HTTP server is asked for ``/robots.txt`` too. Scrapy's own middleware would take one that is down for one
that forbids nothing, and asks a gopher server for item type "r". Where it redirects to, if that may be
followed, says :mod:`crawler.middlewares.robots_redirects`.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured, ResponseDataLossError
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from crawler.handlers.base import FAILURES, AbsentPageError, kept_body
from crawler.handlers.gemini_protocol import EmptyPageError, parse_gemini_url
from crawler.handlers.gopher import parse_gopher_url
from crawler.middlewares.retry_after import BUSY, OK, alone_until, problem_of
from crawler.middlewares.robots_cache import PassingRobots, Robots, RobotsCache
from crawler.middlewares.robots_redirects import RedirectError, follow
from crawler.middlewares.throttle import slow_down
from crawler.run.run import utc_now

MOST_BYTES = 500 * 1024  # RFC 9309, section 2.5: as much must be read, and no more is
MAX_AGE = timedelta(days=1)  # RFC 9309, section 2.4: no longer than 24 hours
# After a fetch that failed, retries and all: long enough not to ask before every page, short enough to
# hear a server's rules soon after it has come back.
RETRY_AFTER = timedelta(minutes=10)
NOT_HEARD: tuple[type[Exception], ...] = (*FAILURES, RedirectError)
USER_AGENT_LINE = re.compile(
    r"^[ \t]*user-?agent[ \t]*:[ \t]*(?P<agent>[^\s#]*)", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What rules see of a URL: the server they are of, ``host:port``, and the path they are matched to."""

    server: str
    path: str


@dataclass(frozen=True, slots=True)
class Custom:
    """How a protocol tells its rules: under which ``paths`` of a server, and to which ``sort`` of robots.

    ``asked`` reads a URL, and raises :exc:`IgnoreRequest` for one that must not be asked. ``silence`` says
    that closing without a byte means "no such file".
    """

    paths: tuple[str, ...]
    asked: Callable[[str], Asked]
    sort: str | None = None
    silence: bool = False


def gopher_asked(url: str) -> Asked:
    """Rules are matched to the selector: ``Disallow: /archiv`` holds for ``archiv/1`` too."""
    parsed = parse_gopher_url(url)
    selector = quote(parsed.selector)
    return Asked(f"{parsed.host}:{parsed.port}", selector if selector.startswith("/") else f"/{selector}")


def gemini_asked(url: str) -> Asked:
    """Rules are matched to path and query, as on the web."""
    parsed = parse_gemini_url(url)
    return Asked(parsed.server, parsed.path)


def http_asked(url: str) -> Asked:
    """Rules are matched to path and query."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    path = parts.path or "/"
    return Asked(f"{parts.hostname}:{port}", f"{path}?{parts.query}" if parts.query else path)


GOPHER = Custom(("/0robots.txt", "/0/robots.txt"), gopher_asked, silence=True)  # in Veronica-2's order
GEMINI = Custom(("/robots.txt",), gemini_asked, sort="archiver")
HTTP = Custom(("/robots.txt",), http_asked)
CUSTOMS: Mapping[str, Custom] = {
    "gopher": GOPHER,
    "gophers": GOPHER,
    "gemini": GEMINI,
    "http": HTTP,
    "https": HTTP,
}


class Forbidden(IgnoreRequest):
    """``robots.txt`` was read, and forbids the page."""


class UnheardError(IgnoreRequest):
    """``robots.txt`` could not be had. ``alone_until``: until when its server asks to be left alone."""

    def __init__(self, problem: str, alone_until: datetime | None = None) -> None:
        super().__init__(f"robots.txt could not be fetched: {problem}")
        self.alone_until = alone_until


class BusyError(Exception):
    """A server would not tell its rules now."""

    def __init__(self, problem: str, alone_until: datetime | None) -> None:
        super().__init__(problem)
        self.alone_until = alone_until


class RobotsMiddleware:
    """Obey a host's rules.

    A forbidden request ends in :exc:`Forbidden`; a ``Crawl-delay`` becomes the delay of the host's
    slot. Counts what Scrapy's counts: ``robotstxt/request_count``, ``robotstxt/response_count``,
    ``robotstxt/forbidden``. While a server's rules cannot be had nothing is asked of it (RFC 9309,
    section 2.3.1.4), and each request ends in :exc:`UnheardError`.
    """

    def __init__(self, crawler: Crawler, *, now: Callable[[], datetime] = utc_now) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._passing = PassingRobots()
        self._crawler = crawler
        self._now = now
        self._robot: str = crawler.settings["ROBOTSTXT_USER_AGENT"] or crawler.settings["USER_AGENT"]
        self._max_delay = crawler.settings.getfloat("ROBOTS_MAX_CRAWL_DELAY", 60.0)
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RobotsMiddleware":
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let ``request`` pass, or raise :exc:`Forbidden` or :exc:`IgnoreRequest`."""
        custom = CUSTOMS.get(urlparse_cached(request).scheme)
        if custom and not request.meta.get("dont_obey_robotstxt"):
            asked = custom.asked(request.url)
            self._obey(await self._robots_of(asked, request, custom), asked, request, custom)

    @property
    def cache(self) -> RobotsCache:
        """The spider's, if it has one."""
        return getattr(self._crawler.spider, "robots", None) or self._passing

    def _obey(self, robots: Robots, asked: Asked, request: Request, custom: Custom) -> None:
        if robots.problem:
            raise UnheardError(robots.problem, robots.alone_until)
        rules, robot = parse_rules(robots.text), called(self._robot, custom.sort, robots.text)
        if not rules.can_fetch(rule_url(asked), robot):
            self._count("forbidden")
            raise Forbidden(f"forbidden by the robots.txt of {asked.server}")
        if delay := rules.crawl_delay(robot):
            slow_down(self._crawler, request, min(delay, self._max_delay))

    async def _robots_of(self, asked: Asked, request: Request, custom: Custom) -> Robots:
        """Look into the cache, or ask; requests that come meanwhile wait for the one answer."""
        server = f"{urlparse_cached(request).scheme}://{asked.server}"
        async with self._asking[server]:
            robots = self.cache.get(server, now=self._now())
            if robots is None or (robots.problem and request.meta.get("probe")):
                robots = await self._ask(request, custom)
                self.cache.put(server, robots)
        return robots

    async def _ask(self, request: Request, custom: Custom) -> Robots:
        for path in custom.paths:
            try:
                text = await self._fetch(request, path, silence=custom.silence)
            except BusyError as error:
                return Robots("", self._now() + RETRY_AFTER, str(error), error.alone_until)
            except NOT_HEARD as error:
                return Robots("", self._now() + RETRY_AFTER, problem=str(error))
            if USER_AGENT_LINE.search(text):
                return Robots(text, self._now() + MAX_AGE)
        return Robots("", self._now() + MAX_AGE)

    async def _fetch(self, request: Request, path: str, *, silence: bool) -> str:
        """Fetch one file of a server, redirects and all; empty if there is none."""
        parts = urlparse_cached(request)
        url = f"{parts.scheme}://{parts.netloc}{path}"
        try:
            response = await follow(await self._download(url), parts.hostname or "", self._download)
        except (AbsentPageError, EmptyPageError):
            return ""
        except ResponseDataLossError as error:
            # Closed without a byte, three times over. One that broke has a cause.
            if not silence or kept_body(error) or error.__cause__:
                raise
            return ""
        if response.status != OK:
            return self._none_or_busy(response)
        return response.body[:MOST_BYTES].decode("utf-8-sig", errors="replace")

    async def _download(self, url: str) -> Response:
        """Fetch through the host's own slot, so that its delay holds for this too; retried as pages are."""
        ask = Request(url, NO_CALLBACK, meta={"dont_obey_robotstxt": True})
        self._count("request_count")
        assert self._crawler.engine
        response = await self._crawler.engine.download_async(ask)
        self._count("response_count")
        return response

    def _none_or_busy(self, response: Response) -> str:
        """None, if an HTTP server says so; one that is unwell may have one (RFC 9309, section 2.3.1)."""
        if response.status < HTTPStatus.INTERNAL_SERVER_ERROR and response.status not in BUSY:
            return ""
        raise BusyError(str(problem_of(response)), alone_until(response, now=self._now()))

    def _count(self, name: str) -> None:
        assert self._crawler.stats
        self._crawler.stats.inc_value(f"robotstxt/{name}")


@lru_cache(maxsize=64)
def parse_rules(text: str) -> Protego:
    """Read a ``robots.txt``; parsed once, asked for every page."""
    return Protego.parse(text)


def called(robot: str, sort: str | None, text: str) -> str:
    """Whose rules hold: those for our robot if it is named, else for its ``sort``, which may be in ``*``."""
    named = [match["agent"].lower() for match in USER_AGENT_LINE.finditer(text)]
    # As Protego matches: a robot is named by any part of its name.
    ours = any(name and name != "*" and name in robot.lower() for name in named)
    return robot if ours or sort is None else sort


def rule_url(asked: Asked) -> str:
    """A whole URL, because Protego would take "//x" for a host."""
    return f"gopher://{asked.server}{asked.path}"
