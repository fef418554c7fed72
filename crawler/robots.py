"""``robots.txt`` in gopherspace, as Veronica-2 established it, and in geminispace, as its companion says.

A gopher server is asked, once per run and day, for the selector ``robots.txt``, then ``/robots.txt``, under
item type 0. There are no status codes: an answer without a ``User-agent`` line, whether a type 3 row, a
menu, a "not found" or nothing, means that there are no rules. Rules are matched to selectors, whatever
the item type.

A gemini server is asked for ``/robots.txt``; that there is none, it can say. Its rules may name, beside a
robot or all of them, a sort of robots. We are of the sort ``archiver``.
"""

import asyncio
import logging
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import quote

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest, ResponseDataLossError
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser
from scrapy.utils.httpobj import urlparse_cached

from crawler.handlers.exchange import FAILURES, AbsentPageError, kept_body
from crawler.handlers.gemini_wire import EmptyPageError, parse_gemini_url
from crawler.handlers.gopher import parse_gopher_url
from crawler.run import utc_now

MOST_BYTES = 500 * 1024  # RFC 9309, section 2.5: as much must be read, and no more is
MAX_AGE = timedelta(days=1)  # RFC 9309, section 2.4: no longer than 24 hours
# After a fetch that failed, retries and all: long enough not to ask before every page, short enough to
# hear a server's rules soon after it has come back.
RETRY_AFTER = timedelta(minutes=10)
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


GOPHER = Custom(("/0robots.txt", "/0/robots.txt"), gopher_asked, silence=True)  # in Veronica-2's order
GEMINI = Custom(("/robots.txt",), gemini_asked, sort="archiver")
CUSTOMS: Mapping[str, Custom] = {"gopher": GOPHER, "gophers": GOPHER, "gemini": GEMINI}


class Forbidden(IgnoreRequest):
    """``robots.txt`` was read, and forbids the page."""


@dataclass(frozen=True, slots=True)
class Robots:
    """What one server says to robots, and until when (aware, UTC) that may be believed.

    ``text`` is its ``robots.txt``, empty if it has none; ``problem`` why it could not be told.
    """

    text: str
    until: datetime
    problem: str | None = None


class RobotsCache:
    """The answers of this run by server: ``gemini://taz.de:1965``.

    One that outlives the run, in the archive say, needs these two methods.
    """

    def __init__(self) -> None:
        self._robots: dict[str, Robots] = {}

    def get(self, server: str, *, now: datetime) -> Robots | None:
        """Tell what ``server`` said, if that may still be believed."""
        robots = self._robots.get(server)
        return robots if robots and now < robots.until else None

    def put(self, server: str, robots: Robots) -> None:
        self._robots[server] = robots


class RobotsMiddleware:
    """Obey a host's rules: Scrapy's middleware for http(s), this one for gopher and gemini.

    A forbidden request ends in :exc:`Forbidden`; a ``Crawl-delay`` becomes the delay of the host's
    slot. Counts what Scrapy's counts: ``robotstxt/request_count``, ``robotstxt/response_count``,
    ``robotstxt/forbidden``. While a server's rules cannot be had nothing is asked of it (RFC 9309,
    section 2.3.1.4), and each request ends in :exc:`IgnoreRequest`.
    """

    def __init__(self, crawler: Crawler, *, now: Callable[[], datetime] = utc_now) -> None:
        self.cache = RobotsCache()
        self._crawler = crawler
        self._now = now
        # It logs a traceback for a gateway that is down; the page that fails next says so in a line.
        logging.getLogger(RobotsTxtMiddleware.__module__).setLevel(logging.CRITICAL)
        self._of_http = RobotsTxtMiddleware.from_crawler(crawler)  # NotConfigured unless ROBOTSTXT_OBEY
        self._robot: str = crawler.settings["ROBOTSTXT_USER_AGENT"] or crawler.settings["USER_AGENT"]
        self._max_delay = crawler.settings.getfloat("ROBOTS_MAX_CRAWL_DELAY", 60.0)
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RobotsMiddleware":
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let ``request`` pass, or raise :exc:`Forbidden` or :exc:`IgnoreRequest`."""
        custom = CUSTOMS.get(urlparse_cached(request).scheme)
        if custom is None:
            await self._obey_http(request)
        elif not request.meta.get("dont_obey_robotstxt"):
            asked = custom.asked(request.url)
            self._obey(await self._robots_of(asked, request, custom), asked, request, custom)

    async def _obey_http(self, request: Request) -> None:
        try:
            await self._of_http.process_request(request)
        except IgnoreRequest as error:  # which here means one thing
            raise Forbidden(str(error)) from error
        if request.meta.get("dont_obey_robotstxt"):  # it is the one for robots.txt itself
            return
        rules = await self._of_http.robot_parser(request)  # known by now
        # Scrapy leaves a Crawl-delay to whoever uses it.
        if isinstance(rules, ProtegoRobotParser) and (delay := rules.rp.crawl_delay(self._robot)):
            self._slow_down(request, min(delay, self._max_delay))

    def _obey(self, robots: Robots, asked: Asked, request: Request, custom: Custom) -> None:
        if robots.problem:
            raise IgnoreRequest(f"robots.txt could not be fetched: {robots.problem}")
        rules, robot = parse_rules(robots.text), called(self._robot, custom.sort, robots.text)
        if not rules.can_fetch(rule_url(asked), robot):
            self._count("forbidden")
            raise Forbidden(f"forbidden by the robots.txt of {asked.server}")
        if delay := rules.crawl_delay(robot):
            self._slow_down(request, min(delay, self._max_delay))

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
            except FAILURES as error:
                return Robots("", self._now() + RETRY_AFTER, problem=str(error))
            if USER_AGENT_LINE.search(text):
                return Robots(text, self._now() + MAX_AGE)
        return Robots("", self._now() + MAX_AGE)

    async def _fetch(self, request: Request, path: str, *, silence: bool) -> str:
        """Fetch through the host's own slot, so that its delay holds for this too; retried as pages are."""
        parts = urlparse_cached(request)
        meta = {"dont_obey_robotstxt": True}
        ask = Request(f"{parts.scheme}://{parts.netloc}{path}", NO_CALLBACK, meta=meta)
        self._count("request_count")
        assert self._crawler.engine
        try:
            response = await self._crawler.engine.download_async(ask)
        except (AbsentPageError, EmptyPageError):
            return ""
        except ResponseDataLossError as error:
            # Closed without a byte, three times over. One that broke has a cause.
            if not silence or kept_body(error) or error.__cause__:
                raise
            return ""
        self._count("response_count")
        return response.body[:MOST_BYTES].decode("utf-8-sig", errors="replace")

    def _slow_down(self, request: Request, delay: float) -> None:
        """Raise the delay of the host's slot, which the fetch of ``robots.txt`` has made."""
        assert self._crawler.engine
        downloader = self._crawler.engine.downloader
        slot = downloader.slots.get(downloader.get_slot_key(request))
        if slot and slot.delay < delay:
            slot.delay = delay
            # A varied delay would be shorter than asked every second time. (A flag until Scrapy 2.18.)
            setattr(slot, "jitter" if hasattr(slot, "jitter") else "randomize_delay", 0)

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
