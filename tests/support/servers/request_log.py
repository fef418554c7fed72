"""The log of some servers: when each request began and ended, by which protocol, who asked for what."""

import threading
from collections.abc import Callable
from math import inf
from typing import Any, NamedTuple

from archive.servers.server import Address
from tests.support.running.time_limit import LONGEST


class LoggedRequest(NamedTuple):
    """A request as its server saw it. Times are seconds on this process's monotonic clock.

    It began when the connection was accepted. It ``ended`` just before the last bytes were sent, or when the
    client hung up: whatever a client does with the whole answer, it does later. ``asked`` is the first line,
    or None if the connection ended before it.
    """

    host: str
    scheme: str
    client: Address
    began: float
    asked: str | None = None
    ended: float = inf
    closed: float = inf


class RequestLog:
    """The requests to some servers, in the order in which their connections were accepted."""

    def __init__(self) -> None:
        self._requests: list[LoggedRequest] = []
        self._changed = threading.Condition()

    def begin(self, request: LoggedRequest) -> int:
        """Add a request; return its position."""
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
            return len(self._requests) - 1

    def update(self, position: int, **fields: Any) -> LoggedRequest:
        """Change fields of a request; return it."""
        with self._changed:
            self._requests[position] = changed = self._requests[position]._replace(**fields)
            self._changed.notify_all()
            return changed

    @property
    def requests(self) -> list[LoggedRequest]:
        with self._changed:
            return list(self._requests)

    def wait_for(self, claim: Callable[[list[LoggedRequest]], bool], what: str) -> list[LoggedRequest]:
        """Wait until a claim about the requests holds; return them."""
        with self._changed:
            assert self._changed.wait_for(lambda: claim(self._requests), LONGEST), (
                f"waited in vain for {what}"
            )
            return list(self._requests)
