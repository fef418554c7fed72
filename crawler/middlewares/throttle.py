"""Slower where a host is: the pause grows with the time it takes to answer, and with each failure to.

Scrapy's AutoThrottle does the same, but would forget a ``Crawl-delay``, and be quicker than asked.
"""

from typing import Self
from weakref import WeakKeyDictionary

from scrapy import Request
from scrapy.core.downloader import Slot
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Response

LONGEST = 60.0  # seconds
# A server is busy with us for half of the time at most: from one request to the next it is twice as long as
# an answer took to begin.
SHARE = 2.0
# Each failure doubles the pause, up to so many of the usual ones: a run must come to know that all is down.
MOST_PAUSES = 8

# What a slot's delay must not fall below, by its name, for each crawl.
_least: WeakKeyDictionary[Crawler, dict[str, float]] = WeakKeyDictionary()


def _slot(crawler: Crawler, request: Request) -> tuple[str, Slot | None]:
    assert crawler.engine
    downloader = crawler.engine.downloader
    name = downloader.get_slot_key(request)
    return name, downloader.slots.get(name)


def slow_down(crawler: Crawler, request: Request, delay: float) -> None:
    """Raise the delay of a host's slot for good."""
    name, slot = _slot(crawler, request)
    if slot and slot.delay < delay:
        _least.setdefault(crawler, {})[name] = delay
        slot.delay = delay
        # A varied delay would be shorter than asked every second time. (A flag until Scrapy 2.18.)
        setattr(slot, "jitter" if hasattr(slot, "jitter") else "randomize_delay", 0)


class ThrottleMiddleware:
    """Adapts the delay of each host's slot. Not where there is none: that is a host of one's own."""

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
            self._adapt(request, SHARE * latency)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """No answer, or not all of it: twice the pause."""
        _, slot = _slot(self._crawler, request)
        if slot and not isinstance(exception, IgnoreRequest):
            self._adapt(request, max(slot.delay, min(2 * slot.delay, MOST_PAUSES * self._delay)))

    def _adapt(self, request: Request, wanted: float) -> None:
        """Slower at once, quicker by half of the way."""
        name, slot = _slot(self._crawler, request)
        if slot:
            least = max(self._delay, _least.get(self._crawler, {}).get(name, 0.0))
            slot.delay = min(max(wanted, (slot.delay + wanted) / 2, least), max(LONGEST, least))
