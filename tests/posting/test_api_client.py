"""Answers of a service that is broken or hostile end a request in time, with one error."""

from contextlib import closing, suppress

import pytest

from archive.errors import PostingError, ServiceUnreachable
from archive.posting.api_client import ApiAnswer, ApiClient
from archive.posting.credentials import Credential
from tests.support.servers.posting_services import Exchange, FakeMastodon, serving_api

PATH = "/api/v1/accounts/verify_credentials"
DEEP = 100_000


def endless_hints(exchange: Exchange) -> bool:
    """Send interim answers for as long as the connection stands, and none after them."""
    exchange.close_connection = True
    with suppress(OSError):
        while True:
            exchange.wfile.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
    return True


def deep_json(exchange: Exchange) -> bool:
    exchange.send_response(200)
    exchange.send_header("Content-Length", str(DEEP))
    exchange.end_headers()
    exchange.wfile.write(b"[" * DEEP)
    return True


def client(service: FakeMastodon, timeout: float = 30) -> ApiClient:
    return ApiClient("mastodon", Credential(service.url, "a test"), timeout=timeout)


def test_an_answer_that_does_not_begin_ends_at_the_deadline() -> None:
    service = FakeMastodon()
    service.faults[f"GET {PATH}"].append(endless_hints)
    with (
        serving_api(service),
        closing(client(service, timeout=0.5)) as api,
        pytest.raises(ServiceUnreachable, match="no response within"),
    ):
        api.call("GET", PATH)


def test_json_of_any_depth_is_an_answer() -> None:
    service = FakeMastodon()
    service.faults[f"GET {PATH}"].append(deep_json)
    with serving_api(service), closing(client(service)) as api:
        assert api.call("GET", PATH).body == {}


@pytest.mark.parametrize("text", ["", 5, ["a"], "a\nb", "\x1b[31m", "\ud800"])
def test_only_a_text_on_one_line_is_taken_from_an_answer(text: object) -> None:
    with pytest.raises(PostingError, match='expected a text "id"'):
        ApiAnswer(200, {"id": text}, []).text("id")


@pytest.mark.parametrize("value", ["a" * 100_000, "a\x00b"])
def test_what_makes_no_address_is_an_error_of_one_line(value: str) -> None:
    with closing(client(FakeMastodon(), timeout=0.5)) as api, pytest.raises(PostingError, match="sent back"):
        api.call("GET", f"/api/v1/media/{value}")
