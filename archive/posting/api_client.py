"""Requests to a service's HTTP API: with a deadline, without redirects, with the pauses it asks for."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from json import loads
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from archive.dump.grammar import clean
from archive.errors import PostingError, ServiceUnreachable
from archive.http_exchange import HttpAnswer, HttpClient, NoAnswer
from archive.posting.credentials import Credential
from archive.timestamps import parse_http_date

API_USER_AGENT = "taz-archive"
API_TIMEOUT_SECONDS = 30.0  # for a whole answer
MAX_PAUSE_SECONDS = 300.0  # of one run, because a service asked for it; a longer one is left to the next run
_MAX_ANSWER_BYTES = 1_000_000
_MAX_MESSAGE_LENGTH = 200
_DEFAULT_PAUSE_SECONDS = 30.0  # if a service does not say for how long
_TOO_MANY, _SERVER_ERROR, _FIRST_REDIRECT, _FIRST_ERROR = 429, 500, 300, 400


class ApiAnswer(NamedTuple):
    """The answer to a request: its HTTP status, and the object in its JSON body; empty if it has none."""

    status: int
    body: Mapping[str, Any]
    rows: list[Any]

    @property
    def is_ok(self) -> bool:
        return self.status < _FIRST_REDIRECT

    @property
    def message(self) -> str:
        """Return what the service says of an error, on one line."""
        texts = (self.body.get(name) for name in ("error", "message"))
        said = ": ".join(text for text in texts if text and isinstance(text, str))
        return f"HTTP {self.status}{said and ': '}{clean(said)[:_MAX_MESSAGE_LENGTH]}"

    def text(self, name: str) -> str:
        """Return a text of the body, on one line. Raise :exc:`PostingError` if it is missing or no text."""
        value = self.body.get(name)
        if not isinstance(value, str) or not value or not value.isprintable():
            raise PostingError(f'unexpected answer: expected a text "{name}", found none')
        return value


class ApiClient:
    """A connection to the API of one service. ``sleep`` waits for a number of seconds."""

    def __init__(
        self,
        service: str,
        server: Credential,
        *,
        timeout: float = API_TIMEOUT_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.service = service
        self.server = server
        self.sleep = sleep
        self._host = urlsplit(server.value).netloc
        self._pause_left = MAX_PAUSE_SECONDS
        headers = {"User-Agent": API_USER_AGENT, "Accept": "application/json"}
        self._http = HttpClient(server.value, timeout=timeout, most=_MAX_ANSWER_BYTES, headers=headers)

    def close(self) -> None:
        self._http.close()

    def call(self, method: str, path: str, **options: Any) -> ApiAnswer:
        """Send a request, again after each pause that the service asks for; return the answer.

        ``options`` are those of ``httpx.Client.stream``. Raise :exc:`ServiceUnreachable` if the service does
        not answer, fails or asks for a longer pause, and :exc:`PostingError` for a redirect.
        """
        while True:
            status, headers, content = self._exchange(method, path, options)
            if status != _TOO_MANY:
                break
            self._pause(headers)
        if status >= _SERVER_ERROR:
            raise ServiceUnreachable(f"{self.service}: HTTP {status} from {self._host}")
        if _FIRST_REDIRECT <= status < _FIRST_ERROR:
            raise PostingError(
                f"{self.service}: {self._host} redirects; give the final address of the server"
                f" ({self.server.origin})"
            )
        return _answer(status, content)

    def _exchange(self, method: str, path: str, options: Mapping[str, Any]) -> HttpAnswer:
        """Send one request."""
        try:
            return self._http.exchange(method, path, **options)
        except NoAnswer as error:
            raise ServiceUnreachable(f"{self.service}: {self._host}: {error}") from None
        except (httpx.InvalidURL, UnicodeError, RecursionError):  # of what an earlier answer contained
            raise PostingError(f"{self.service}: unexpected answer: it cannot be sent back") from None

    def _pause(self, headers: httpx.Headers) -> None:
        seconds = _asked_pause(headers, datetime.now(UTC))
        if seconds > self._pause_left:
            raise ServiceUnreachable(
                f"{self.service}: HTTP 429, too many requests: {self._host} asks for {seconds:.0f} s of pause"
            )
        self._pause_left -= max(seconds, 1)
        self.sleep(seconds)


def _asked_pause(headers: httpx.Headers, now: datetime) -> float:
    """Return the seconds that an answer with 429 asks to wait.

    ``Retry-After`` is of RFC 9110: seconds or a date. Bluesky also sends ``RateLimit-Reset`` in seconds since
    1970, Mastodon only ``X-RateLimit-Reset``, an ISO time.
    """
    retry = headers.get("Retry-After", "")
    if retry.isdecimal():
        return float(retry)
    moment = parse_http_date(retry) if retry else None
    with suppress(ValueError, OverflowError):
        if not moment and (reset := headers.get("RateLimit-Reset", "")).isdecimal():
            moment = datetime.fromtimestamp(int(reset), UTC)
        if not moment and (reset := headers.get("X-RateLimit-Reset", "")):
            moment = datetime.fromisoformat(reset)
    if moment is None or moment.tzinfo is None:
        return _DEFAULT_PAUSE_SECONDS
    return max((moment - now).total_seconds(), 1.0)


def _answer(status: int, content: bytes) -> ApiAnswer:
    try:
        found = loads(content)
    except (ValueError, RecursionError):
        found = {}
    return ApiAnswer(
        status, found if isinstance(found, dict) else {}, found if isinstance(found, list) else []
    )
