"""Exchanges with an HTTP server: each with a deadline and a limit of its size, without redirects."""

import time
from collections.abc import Mapping
from contextlib import suppress
from socket import SHUT_RDWR
from threading import Timer
from typing import Any, NamedTuple

import httpx

from archive.errors import TazArchiveError

_MAX_MESSAGE_LENGTH = 200
_UNCOMPRESSED = {"Accept-Encoding": "identity"}


class NoAnswer(TazArchiveError):
    """A server gives no whole answer in time. The message does not name it."""


class HttpAnswer(NamedTuple):
    """An answer, with whatever status it has."""

    status: int
    headers: httpx.Headers
    content: bytes


class HttpClient:
    """A connection to a server. A whole answer takes at most ``timeout`` seconds and ``most`` bytes.

    Paths that are requested are relative to ``url``, which may be empty.
    """

    def __init__(self, url: str, *, timeout: float, most: int, headers: Mapping[str, str]) -> None:
        self._timeout = timeout
        self._most = most
        self._socket: Any = None
        self._http = httpx.Client(
            base_url=url, follow_redirects=False, timeout=timeout, headers={**headers, **_UNCOMPRESSED}
        )
        # httpx's own timeout is for each part of an answer, however small.
        self._extensions = {"trace": self._keep_socket}

    def close(self) -> None:
        self._http.close()

    def exchange(self, method: str, path: str, **options: Any) -> HttpAnswer:
        """Send a request, and return the answer. Raise :exc:`NoAnswer`.

        ``options`` are those of ``httpx.Client.stream``.
        """
        end = time.monotonic() + self._timeout
        timer = Timer(self._timeout, self._disconnect)
        timer.daemon = True
        timer.start()
        try:
            with self._http.stream(method, path, extensions=self._extensions, **options) as response:
                content = b""
                for part in response.iter_raw():  # a few bytes, decompressed, may fill the memory
                    content += part
                    if time.monotonic() > end or len(content) > self._most:
                        raise NoAnswer("the answer does not end")
            if time.monotonic() > end:  # it was cut off, which ends an answer without a length
                raise NoAnswer("the answer does not end")
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise NoAnswer("the answer is compressed, which was not asked for")
            return HttpAnswer(response.status_code, response.headers, content)
        except httpx.HTTPError as error:
            is_late = isinstance(error, httpx.TimeoutException) or time.monotonic() >= end
            raise NoAnswer(self._reason(error, is_late=is_late)) from None
        finally:
            timer.cancel()

    def _keep_socket(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")

    def _disconnect(self) -> None:
        """End the connection, so that the thread that reads from it gets an error."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(SHUT_RDWR)

    def _reason(self, error: httpx.HTTPError, *, is_late: bool) -> str:
        if is_late:
            return f"no response within {self._timeout:.0f} s"
        if isinstance(error, httpx.ConnectError):
            said = "".join(sign if sign.isprintable() else " " for sign in str(error))
            return f"cannot be reached ({said[:_MAX_MESSAGE_LENGTH]})"
        return "the connection broke off"
