"""Status and Retry-After of HTTP responses."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scrapy.http import Response

from crawler.response_status import MAX_RETRY_AFTER, demanded_wait, problem_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def answer(status: int, retry_after: bytes | None = None) -> Response:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Response("http://127.0.0.1/", status=status, headers=headers)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        (b"120", 120),
        (b" 5 ", 5),
        (b"0", 0),
        (b"9" * 5000, MAX_RETRY_AFTER.total_seconds()),
        (b"Sun, 01 Mar 2026 12:01:00 GMT", 60),
        (b"Sun, 01 Mar 2026 12:01:00 -0000", 60),
        (b"Sun, 01 Mar 2026 14:01:00 +0200", 60),
        (b"Fri, 31 Dec 2099 23:59:59 GMT", MAX_RETRY_AFTER.total_seconds()),
    ],
)
def test_a_time_to_wait_is_read_as_seconds_or_as_a_date(retry_after: bytes, seconds: float) -> None:
    assert demanded_wait(answer(503, retry_after), now=NOW) == timedelta(seconds=seconds)


@given(st.binary(max_size=40) | st.from_regex(rb"\w+, \d+ (Jan|Feb) \d+ \d+:\d+:\d+ [+-]?\w+"))
@example(b"Sun, 01 Mar " + b"9" * 30 + b" 12:01:00 GMT")
@example(b"Sun, 01 Mar 0001 00:00:00 +2359")
@example("²".encode("latin-1"))
def test_no_header_breaks_it(retry_after: bytes) -> None:
    wait = demanded_wait(answer(503, retry_after), now=NOW)
    assert wait is None or wait <= MAX_RETRY_AFTER


def test_a_page_has_no_time_for_the_next_request() -> None:
    assert demanded_wait(answer(200, b"120"), now=NOW) is None
    assert problem_of(answer(200)) is None


def test_an_unknown_status_is_reported_by_its_number() -> None:
    assert problem_of(answer(503)) == "HTTP 503 Service Unavailable"
    assert problem_of(answer(799)) == "HTTP 799"
