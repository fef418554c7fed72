"""Requests to services end: with an answer, with an error, or after the pause that was asked for."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from archive.errors import PostingError, ServiceUnreachable
from archive.posting.api_client import MAX_PAUSE_SECONDS, ApiAnswer, ApiClient
from archive.posting.credentials import Credential, Credentials
from tests.support.servers.posting_services import Exchange, FakeMastodon, Held, serving_api, status_fault

PATH = "GET /api/v1/accounts/verify_credentials"


@pytest.fixture
def server() -> Iterator[FakeMastodon]:
    server = FakeMastodon()
    with serving_api(server):
        yield server


Asked = Callable[[], ApiAnswer]


@contextmanager
def asking(server: FakeMastodon, pauses: list[float], timeout: float = 30) -> Iterator[Asked]:
    """A function that sends one request; the pauses that it would make are added to ``pauses``."""
    connected = ApiClient("mastodon", Credential(server.url, "X"), timeout=timeout, sleep=pauses.append)
    with closing(connected):
        yield lambda: connected.call("GET", "/api/v1/accounts/verify_credentials")


def dripping(asked: Exchange) -> bool:
    """Begin an answer, and send a byte now and then."""
    asked.send_response(200)
    asked.send_header("Content-Length", "1000000")
    asked.end_headers()
    try:
        while True:
            asked.wfile.write(b" ")
            time.sleep(0.01)
    except OSError:
        return True


def endless(asked: Exchange) -> bool:
    """Send more than any answer has."""
    asked.reply(200, {"id": "x" * 2_000_000})
    return True


@pytest.mark.parametrize(
    ("fault", "timeout", "problem"),
    [
        (Held(), 0.2, "no response within"),
        (dripping, 0.2, "the answer does not end"),
        (endless, 30, "the answer does not end"),
    ],
)
def test_an_answer_that_does_not_come_or_end_is_given_up(
    server: FakeMastodon, fault: object, timeout: float, problem: str
) -> None:
    server.faults[PATH].append(fault)  # type: ignore[arg-type]  # any of these
    with asking(server, [], timeout) as ask, pytest.raises(ServiceUnreachable, match=problem):
        ask()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (lambda _: {"Retry_After": "7"}, 7),
        (lambda soon: {"Retry_After": format_datetime(soon, usegmt=True)}, 200),
        (lambda soon: {"RateLimit_Reset": f"{soon.timestamp():.0f}"}, 200),
        (lambda soon: {"X_RateLimit_Reset": soon.isoformat().replace("+00:00", "Z")}, 200),
        (lambda _: {"X_RateLimit_Reset": "soon", "Retry_After": "later"}, 30),
        (lambda _: {}, 30),
    ],
)
def test_the_pause_is_the_one_that_the_service_asks_for(
    server: FakeMastodon, headers: Callable[[datetime], dict[str, str]], seconds: float
) -> None:
    pauses: list[float] = []
    with asking(server, pauses) as ask:
        soon = datetime.now(UTC) + timedelta(seconds=200)
        server.faults[PATH].append(status_fault(429, **headers(soon)))
        assert ask().status == 401
    [pause] = pauses
    assert seconds / 2 < pause <= seconds + 1


def test_pauses_of_a_run_are_bounded_together(server: FakeMastodon) -> None:
    server.faults[PATH] += [status_fault(429, Retry_After="100")] * 10
    pauses: list[float] = []
    with asking(server, pauses) as ask, pytest.raises(ServiceUnreachable, match="asks for 100 s of pause"):
        ask()
    assert sum(pauses) == MAX_PAUSE_SECONDS


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8", "http://[::1]", "http://localhost:1", "https://a.example/"]
)
def test_servers_by_https_and_on_this_machine_are_accepted(url: str) -> None:
    credentials = Credentials(Path("/missing"), {"TAZ_ARCHIVE_X_SERVER": url})
    assert credentials.server("x").value == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://a.example",
            "http://127.0.0.1.a.example",
            "http://localhost.a.example",
            "https://",
            "a.example",
        ),
        *(
            "https://u@a.example",
            "https://a.example/path",
            "https://a.example?q",
            "https://[x",
            "https://a:0",
        ),
        *("https://a:99999", "file:///etc/passwd", "http://10.0.0.1"),
    ],
)
def test_other_servers_are_refused(url: str) -> None:
    with pytest.raises(PostingError, match="invalid server"):
        Credentials(Path("/missing"), {"TAZ_ARCHIVE_X_SERVER": url}).server("x")


def test_a_credential_is_not_in_what_is_printed_of_it() -> None:
    assert "secret" not in repr(Credential("secret", "X"))
