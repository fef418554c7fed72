"""Status and Retry-After of HTTP responses.

Only status 200 is a page. Any other status of a gateway, be it 404 or a redirect to a login, is about the
gateway and not about the paper: the fetch has failed.
"""

from datetime import datetime, timedelta
from http import HTTPStatus

from scrapy.http import Response

from archive.timestamps import parse_http_date

OK = 200  # also the status of Scrapy's responses from gopher
BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
MAX_RETRY_AFTER = timedelta(days=1)  # far longer than a run


def problem_of(response: Response) -> str | None:
    """Return "HTTP 503 Service Unavailable" for a response that is not a page, and None for a page."""
    if response.status == OK:
        return None
    try:
        return f"HTTP {response.status} {HTTPStatus(response.status).phrase}"
    except ValueError:  # 522, 999
        return f"HTTP {response.status}"


def demanded_wait(response: Response, *, now: datetime) -> timedelta | None:
    """Return how long to wait before the next request, if a response says so (RFC 9110, section 10.2.3).

    ``now`` is the time that a date in the response is compared with.
    """
    header = response.headers.get("Retry-After")
    if header is None or response.status == OK:
        return None
    wait = _wait(header.decode("latin-1").strip(), now)
    return None if wait is None else min(wait, MAX_RETRY_AFTER)


def _wait(text: str, now: datetime) -> timedelta | None:
    """Return the time that ``120`` or an HTTP date leaves, which may be over; None for any other text."""
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(float(text[:10]), MAX_RETRY_AFTER.total_seconds()))
    date = parse_http_date(text)
    return date - now if date else None
