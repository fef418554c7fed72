"""Lengthen the pause between requests to slow and failing hosts.

Scrapy's AutoThrottle does so too, but forgets a ``Crawl-delay`` and may go below it.
"""

from typing import Self
from weakref import WeakKeyDictionary

from scrapy import Request
from scrapy.core.downloader import Slot
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Response

MAX_DELAY_SECONDS = 60.0
# The pause is at least so many times the latency, so that a server is busy with us half of the time at most.
LATENCY_FACTOR = 2.0
# Each failure doubles the pause, up to so many times the usual one: a run has to notice that all is down.
MAX_DELAY_FACTOR = 8

# The smallest delay of each slot, by its name, for each crawl.
_minimum_delays: WeakKeyDictionary[Crawler, dict[str, float]] = WeakKeyDictionary()


def _slot(crawler: Crawler, request: Request) -> tuple[str, Slot | None]:
    assert crawler.engine
    downloader = crawler.engine.downloader
    name = downloader.get_slot_key(request)
    return name, downloader.slots.get(name)


def slow_down(crawler: Crawler, request: Request, delay: float) -> None:
    """Raise the delay of a host's slot for the rest of the crawl."""
    name, slot = _slot(crawler, request)
    if slot and slot.delay < delay:
        _minimum_delays.setdefault(crawler, {})[name] = delay
        slot.delay = delay
        # A random delay would be too short half of the time. (A flag until Scrapy 2.18.)
        setattr(slot, "jitter" if hasattr(slot, "jitter") else "randomize_delay", 0)


class ThrottleMiddleware:
    """Adapts the delay of each host's slot, unless the crawl has no delay: then the host is your own."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._delay = crawler.settings.getfloat("DOWNLOAD_DELAY")
        if not self._delay:
            raise NotConfigured

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        latency = request.meta.get("download_latency")
        if latency is not None:
            self._adapt(request, LATENCY_FACTOR * latency)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Double the pause after a failure."""
        _, slot = _slot(self._crawler, request)
        if slot and not isinstance(exception, IgnoreRequest):
            self._adapt(request, max(slot.delay, min(2 * slot.delay, MAX_DELAY_FACTOR * self._delay)))

    def _adapt(self, request: Request, wanted: float) -> None:
        """Lengthen the delay at once; shorten it by half of the difference."""
        name, slot = _slot(self._crawler, request)
        if slot:
            least = max(self._delay, _minimum_delays.get(self._crawler, {}).get(name, 0.0))
            slot.delay = min(max(wanted, (slot.delay + wanted) / 2, least), max(MAX_DELAY_SECONDS, least))
