"""What an HTTP answer says beside its page: that it is none, and that its sender wants to be left alone.

Only 200 is a page. A gateway that answers anything else, be it 404 or a redirect to a login, speaks of
itself and not of the paper: the fetch failed.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from scrapy import Request
from scrapy.http import Response

OK = 200  # what a response from gopher has too
BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
# Said to whom somebody does not want to see again, if it is said to every page.
BANS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS, 451)
LONGEST = timedelta(days=1)  # to leave anybody alone; a run is over long before


def problem_of(response: Response) -> str | None:
    """``HTTP 503 Service Unavailable``, in one line; None for a page."""
    if response.status == OK:
        return None
    try:
        return f"HTTP {response.status} {HTTPStatus(response.status).phrase}"
    except ValueError:  # 522, 999
        return f"HTTP {response.status}"


def alone_until(response: Response, *, now: datetime) -> datetime | None:
    """Until when its sender wants to be left alone, if the response says so (RFC 9110, section 10.2.3)."""
    header = response.headers.get("Retry-After")
    if header is None or response.status == OK:
        return None
    until = _moment(header.decode("latin-1").strip(), now)
    return until and min(until, now + LONGEST)


def _moment(text: str, now: datetime) -> datetime | None:
    """``120``, or a date as HTTP writes it; None for what is neither."""
    if text.isascii() and text.isdigit():
        return now + timedelta(seconds=min(float(text[:10]), LONGEST.total_seconds()))
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # no date, or one in the year 10^20
        return None
    return until if until.tzinfo else until.replace(tzinfo=UTC)


class RetryAfterMiddleware:
    """Keep Scrapy from trying again at once where the answer says when to."""

    def process_response(self, request: Request, response: Response) -> Response:
        if "Retry-After" in response.headers:
            request.meta["dont_retry"] = True
        return response
