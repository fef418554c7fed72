"""Servers of the sample newspaper on several loopback addresses, which log when each request began and ended.

An address stands for a machine: ``127.0.0.2`` for the paper's own, ``127.0.0.3`` for that of a gateway. The
servers keep the log, and do not ask what crawlers say of themselves.
"""

import selectors
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from typing import Any, cast

from archive.model import Line, Page, PageKey
from archive.pagekey import selector
from archive.servers.server import Address, Endpoint, SyncHandler
from benchmarks.threads import in_thread
from crawler.demo.newspaper.pages.edition import Pages
from tests.support.running.time_limit import LONGEST
from tests.support.servers.request_log import LoggedRequest, RequestLog

BeforeAnswer = Callable[[LoggedRequest, socket.socket], bytes | None]
ANSWER_SECONDS = 0.02  # so long an answer takes at least: two requests at once are seen to be


class Hold:
    """Keeps an answer back until it is let go, or until its client hangs up."""

    def __init__(self) -> None:
        self._over = threading.Event()

    def let_go(self) -> None:
        self._over.set()

    def __call__(self, connection: socket.socket) -> None:
        while not self._over.wait(0.01) and not has_hung_up(connection):
            pass


def has_hung_up(connection: socket.socket) -> bool:
    """Return whether a client that has nothing more to send has closed or reset its connection."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        return bool(selector.select(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEndpoint:
    """An endpoint of the sample newspaper at a loopback address.

    ``before_answer`` is called with each request before it is answered, and may wait or return the answer.
    """

    endpoint: Endpoint
    host: str
    before_answer: BeforeAnswer | None = None
    answer_seconds: float = ANSWER_SECONDS


class LoggedServer(socketserver.ThreadingTCPServer):
    """Serve an endpoint with a thread for each connection."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, served: LoggedEndpoint, log: RequestLog) -> None:
        super().__init__((served.host, served.endpoint.port), Exchange)
        self.served, self.log = served, log
        self.handler = cast("SyncHandler", served.endpoint.make_handler(self.address))
        self.lock = threading.Lock()
        self._positions: dict[Any, int] = {}

    @property
    def address(self) -> Address:
        return Address(self.served.host, int(self.server_address[1]))

    @property
    def url(self) -> str:
        return f"{self.served.endpoint.scheme}://{self.address.host}:{self.address.port}/"

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, client = super().get_request()
        scheme = self.served.endpoint.scheme
        began = LoggedRequest(self.served.host, scheme, Address(*client), time.monotonic())
        self._positions[client] = self.log.begin(began)
        return connection, client

    def note(self, client: Any, **fields: Any) -> LoggedRequest:
        """Change fields of a client's request in the log."""
        return self.log.update(self._positions[client], **fields)

    def answer(self, request: bytes) -> bytes:
        """Return the reply of the endpoint's handler, which is not made for threads."""
        with self.lock:
            return self.handler(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: tests kill clients on purpose."""


class Exchange(socketserver.BaseRequestHandler):
    """One connection: read a request, send the reply, close."""

    server: LoggedServer

    def handle(self) -> None:
        try:
            with self._encrypted() as connection:
                self._converse(connection)
                with suppress(OSError):
                    self._end(connection)
        finally:
            closed = time.monotonic()
            noted = self.server.note(self.client_address, closed=closed)
            if noted.ended == inf:
                self.server.note(self.client_address, ended=closed)

    def _encrypted(self) -> socket.socket:
        tls, plain = self.server.served.endpoint.tls, cast("socket.socket", self.request)
        return tls.wrap_socket(plain, server_side=True) if tls else plain

    def _converse(self, connection: socket.socket) -> None:
        request = self._read(connection)
        if request is None:
            return
        asked = request.partition(b"\r\n")[0].decode(errors="replace").rstrip("\r")
        logged = self.server.note(self.client_address, asked=asked)
        time.sleep(self.server.served.answer_seconds)
        before = self.server.served.before_answer
        reply = (before(logged, connection) if before else None) or self.server.answer(request)
        self.server.note(self.client_address, ended=time.monotonic())
        connection.sendall(reply)

    def _read(self, connection: socket.socket) -> bytes | None:
        """Return the request without its terminator; None for a client that hangs up before."""
        received, terminator = b"", self.server.served.endpoint.terminator
        while terminator not in received and (more := connection.recv(4096)):
            received += more
        request, is_whole, _ = received.partition(terminator)
        return request if is_whole else None

    def _end(self, connection: socket.socket) -> None:
        if isinstance(connection, ssl.SSLSocket):
            connection.unwrap()
        else:
            connection.shutdown(socket.SHUT_WR)


@contextmanager
def serving_logged(endpoints: Sequence[LoggedEndpoint], log: RequestLog) -> Iterator[list[LoggedServer]]:
    """Serve the endpoints while the block runs."""
    with ExitStack() as stack:
        yield [stack.enter_context(in_thread(LoggedServer(each, log))) for each in endpoints]


@dataclass(frozen=True, slots=True)
class AskedOfOrigin:
    """The pages that a gateway at ``host`` has: it asks the gopher server ``origin`` for each, each time."""

    pages: Pages
    origin: Address
    host: str
    seconds: float = field(default=LONGEST)

    def page(self, key: PageKey) -> Page | None:
        reply = self._ask(f"{selector(key)}\r\n".encode())
        return None if reply.startswith(b"3") else self.pages.page(key)

    def lines(self, page: Page) -> Sequence[Line]:
        return self.pages.lines(page)

    def gemtext(self, page: Page) -> str:
        return self.pages.gemtext(page)

    def _ask(self, request: bytes) -> bytes:
        with socket.create_connection(self.origin, self.seconds, source_address=(self.host, 0)) as connection:
            connection.sendall(request)
            with connection.makefile("rb") as reply:
                return reply.read()
