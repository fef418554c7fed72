"""Judge the visitors of servers by the servers' log: requests at once, pauses, repeated and missing pages."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from archive.gateways import in_path
from archive.model import PageKey
from archive.pagekey import key_in
from archive.paper import HOST
from tests.support.servers.request_log import LoggedRequest


class Gap(NamedTuple):
    """Two requests to a host of which the second is the next after the first; negative if they overlap."""

    before: LoggedRequest
    after: LoggedRequest

    @property
    def seconds(self) -> float:
        return self.after.began - self.before.ended


class Verdict(NamedTuple):
    """What the visitors of one host did. Both lists of gaps should be empty."""

    host: str
    requests: int
    overlaps: list[Gap]
    short_pauses: list[Gap]
    least_pause: float | None
    robots: Counter[str]
    twice: dict[PageKey, int]
    never: list[PageKey]


def judge(
    requests: Iterable[LoggedRequest], *, pause: float, pages: Collection[PageKey] = ()
) -> list[Verdict]:
    """Judge the requests to each host: the ``pause`` between two in seconds, ``pages`` that were wanted."""
    return [
        Verdict(
            host,
            len(asked),
            overlaps(asked),
            short_pauses(asked, pause),
            min((gap.seconds for gap in gaps(asked)), default=None),
            robots(asked),
            fetched_twice(asked),
            never_fetched(asked, pages),
        )
        for host, asked in by_host(requests).items()
    ]


def by_host(requests: Iterable[LoggedRequest]) -> dict[str, list[LoggedRequest]]:
    """Return the requests to each host, in the order in which they began."""
    ordered = sorted(requests, key=lambda request: (request.host, request.began))
    return {host: list(group) for host, group in groupby(ordered, key=lambda request: request.host)}


def gaps(requests: Sequence[LoggedRequest]) -> list[Gap]:
    """Return the gap before each request but the first: since the latest end of all before it."""
    found, latest = [], None
    for request in requests:
        if latest:
            found.append(Gap(latest, request))
        latest = max(latest or request, request, key=lambda each: each.ended)
    return found


def overlaps(requests: Sequence[LoggedRequest]) -> list[Gap]:
    """Return the requests to a host that began before another one had ended."""
    return [gap for gap in gaps(requests) if gap.seconds < 0]


def short_pauses(requests: Sequence[LoggedRequest], least: float) -> list[Gap]:
    """Return the requests to a host that began less than so many seconds after the one before."""
    return [gap for gap in gaps(requests) if 0 <= gap.seconds < least]


def page_asked(request: LoggedRequest) -> PageKey | None:
    """Return the page of the paper that a request asks for; None for robots.txt and all else."""
    target = _target(request)
    return None if target is None or _is_robots(target) else key_in(target)


def _is_robots(target: str | None) -> bool:
    return target in ("robots.txt", "/robots.txt")


def _target(request: LoggedRequest) -> str | None:
    """Return the selector or the path that is asked for, decoded."""
    if request.asked and request.scheme == "gemini":
        return unquote(urlsplit(request.asked).path)
    if request.asked and request.scheme == "http":
        return _on_gateway(request.asked)
    return request.asked


def _on_gateway(line: str) -> str:
    """Return the selector that ``GET /taz.de/1/%21123 HTTP/1.1`` asks for, or a path of the gateway."""
    url = urlsplit(next(iter(line.split()[1:2]), ""))
    place = in_path(url)
    return place.selector if place and place.host == HOST else unquote(url.path)


def robots(requests: Iterable[LoggedRequest]) -> Counter[str]:
    """Count the requests for robots.txt by protocol."""
    return Counter(each.scheme for each in requests if _is_robots(_target(each)))


def visits(requests: Iterable[LoggedRequest]) -> Counter[PageKey]:
    """Count how often each page was asked for."""
    return Counter(key for each in requests if (key := page_asked(each)))


def fetched_twice(requests: Iterable[LoggedRequest]) -> dict[PageKey, int]:
    """Return the pages that were asked for more than once, and how often."""
    return {key: count for key, count in visits(requests).items() if count > 1}


def never_fetched(requests: Iterable[LoggedRequest], pages: Collection[PageKey]) -> list[PageKey]:
    """Return those of some pages without a request."""
    asked = visits(requests)
    return [key for key in pages if key not in asked]


def first_after(requests: Sequence[LoggedRequest], at: float) -> LoggedRequest | None:
    """Return the first request that began at a time or later."""
    return next((request for request in requests if request.began >= at), None)
