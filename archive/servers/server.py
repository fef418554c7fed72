"""A server for protocols with one request per connection: gopher, gemini and HTTP/1.0.

The size and duration of a request, the duration of a reply, and the number of connections are limited.
"""

import asyncio
import errno
import logging
import ssl
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any, NamedTuple, cast

LOOPBACK = "127.0.0.1"
# Errors of accept(2) when the process or the system has no file descriptors or memory left.
OUT_OF_RESOURCES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
ACCEPT_ERROR_LOG_SECONDS = 60.0  # at least, between two log lines about them

SyncHandler = Callable[[bytes], bytes]
AsyncHandler = Callable[[bytes], Coroutine[object, object, bytes]]
Handler = SyncHandler | AsyncHandler
"""Maps a request, without its terminator, to the complete reply. Must not block the event loop."""


class Address(NamedTuple):
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Limits of one endpoint. A connection that exceeds one of the durations is aborted."""

    request_bytes: int = 1024
    request_seconds: float = 10.0
    handler_seconds: float = 60.0
    reply_seconds: float = 60.0
    connections: int = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A protocol served on a port; port 0 means any free port.

    ``make_handler`` receives the address that is listened on, for pages that contain it. A request ends with
    ``terminator``. ``too_long_reply`` answers a request that exceeds the limit, ``busy_reply`` one that
    should be repeated later.
    """

    scheme: str
    make_handler: Callable[[Address], Handler]
    too_long_reply: bytes
    busy_reply: bytes = b""
    port: int = 0
    terminator: bytes = b"\n"
    tls: ssl.SSLContext | None = None
    limits: ConnectionLimits = ConnectionLimits()


class Connection(asyncio.Protocol):
    """One connection: read a request, write the reply, close.

    It counts towards the limit before the TLS handshake, since a stalled handshake takes 400 kB.
    """

    def __init__(self, endpoint: Endpoint, handler: Handler, all_open: set["Connection"]) -> None:
        self.endpoint, self.handler, self.all_open = endpoint, handler, all_open
        self.received = bytearray()
        self.has_request = False
        self.handshake: asyncio.Task[None] | None = None
        self.replying: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._abort_after(self.endpoint.limits.request_seconds)
        self.all_open.add(self)
        if len(self.all_open) > self.endpoint.limits.connections:
            self.transport.abort()
        elif self.endpoint.tls:
            self.transport.pause_reading()  # what was received belongs to the handshake
            self.handshake = asyncio.create_task(self._encrypt(self.endpoint.tls))

    async def _encrypt(self, tls: ssl.SSLContext) -> None:
        """Do the TLS handshake; close the connection if it fails or is aborted."""
        encrypted = None
        with suppress(OSError):  # SSLError is one
            loop = asyncio.get_running_loop()
            encrypted = await loop.start_tls(self.transport, self, tls, server_side=True)
        if encrypted is None:
            self.connection_lost(None)  # asyncio does not call it during the handshake
        else:
            self.transport, self.handshake = encrypted, None
            if self.received:
                self.data_received(b"")

    def data_received(self, data: bytes) -> None:
        if self.has_request:
            return
        self.received += data
        if self.handshake:
            return  # a request that arrives with the end of the handshake would get an unencrypted reply
        request, terminator, _ = self.received.partition(self.endpoint.terminator)
        if len(request) > self.endpoint.limits.request_bytes:
            self._reply(self.endpoint.too_long_reply)
        elif terminator:
            self._handle(bytes(request))

    def eof_received(self) -> bool:
        """Handle the request of a client that ends it by closing its half of the connection."""
        if not self.has_request and not self.handshake:
            self._handle(bytes(self.received))
        # Keep the connection open for the reply. TLS has no half-closed connections: a client that closes
        # one before an asynchronous handler has finished gets no reply.
        return self.endpoint.tls is None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self.timer.cancel()
        self.all_open.discard(self)
        if self.replying:
            self.replying.cancel()

    def _handle(self, request: bytes) -> None:
        self.has_request = True
        reply = self.handler(request)
        if isinstance(reply, bytes):
            self._reply(reply)
            return
        self.timer.cancel()
        self._abort_after(self.endpoint.limits.handler_seconds)
        self.replying = asyncio.create_task(self._reply_later(reply))

    async def _reply_later(self, reply: Coroutine[object, object, bytes]) -> None:
        try:
            self._reply(await reply)
        except Exception as error:  # noqa: BLE001 - aborts and logs, as asyncio does for synchronous handlers
            self.transport.abort()
            context = {"message": "a request handler failed", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)

    def _reply(self, body: bytes) -> None:
        self.has_request = True
        self.timer.cancel()
        self._abort_after(self.endpoint.limits.reply_seconds)
        self.transport.write(body)
        self.transport.close()

    def _abort_after(self, seconds: float) -> None:
        self.timer = asyncio.get_running_loop().call_later(seconds, self.transport.abort)


class Listener:
    """A endpoint that accepts connections."""

    def __init__(self, endpoint: Endpoint, server: asyncio.Server, connections: set[Connection]) -> None:
        self.endpoint, self._server, self._connections = endpoint, server, connections

    @property
    def address(self) -> Address:
        return _address(self._server)

    async def close(self) -> None:
        """Stop listening and abort all connections."""
        await _wait_for_accepts(self._connections)
        self._server.close()
        for connection in list(self._connections):
            connection.transport.abort()
        while self._connections:  # noqa: ASYNC110 - aborting takes one or two iterations of the loop
            await asyncio.sleep(0)
        await self._server.wait_closed()


async def _wait_for_accepts(connections: set[Connection]) -> None:
    """Wait for asyncio's tasks that accept connections: they fail and leak a socket if the server is closed.

    The loop runs nothing else, so they are all its tasks except handshakes and handlers.
    """
    for _ in range(100):  # new clients may keep arriving
        others = {task for each in connections for task in (each.handshake, each.replying)}
        accepting = asyncio.all_tasks() - {asyncio.current_task()} - others
        if not accepting:
            return
        await asyncio.wait(accepting, timeout=0.1)


async def open_endpoint(endpoint: Endpoint, host: str = LOOPBACK) -> Listener:
    """Start listening. Raises :exc:`OSError` if the port is in use."""
    connections: set[Connection] = set()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(endpoint, handler, connections),  # called only after start_serving()
        host,
        endpoint.port,
        backlog=endpoint.limits.connections,
        start_serving=False,
    )
    handler: Handler = endpoint.make_handler(_address(server))
    await server.start_serving()
    return Listener(endpoint, server, connections)


def _address(server: asyncio.Server) -> Address:
    return Address(*server.sockets[0].getsockname()[:2])


class LoopErrors:
    """An event loop's exception handler that logs errors, and repeated ones at most once a minute.

    While file descriptors are exhausted, asyncio fails to accept connections hundreds of times a second. It
    retries after a second; on Python 3.11 it retries even if the server was closed in between, and fails
    (https://github.com/python/cpython/issues/109564): that error is not logged.
    """

    def __init__(self) -> None:
        self._quiet_until = 0.0

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, ValueError) and "_start_serving" in context["message"]:
            return
        if not (isinstance(error, OSError) and error.errno in OUT_OF_RESOURCES):
            loop.default_exception_handler(context)
        elif loop.time() >= self._quiet_until:
            self._quiet_until = loop.time() + ACCEPT_ERROR_LOG_SECONDS
            logging.getLogger(__name__).error("cannot accept connections: %s", error.strerror)


async def serve_until(
    endpoints: Sequence[Endpoint], host: str, stopped: asyncio.Event, opened: Callable[[list[Address]], None]
) -> None:
    """Open all endpoints, call ``opened`` with their addresses, and close them when ``stopped`` is set."""
    asyncio.get_running_loop().set_exception_handler(LoopErrors())
    listeners: list[Listener] = []
    try:
        for endpoint in endpoints:
            listeners.append(await open_endpoint(endpoint, host))  # noqa: PERF401 - close those opened before a failure
        opened([listener.address for listener in listeners])
        await stopped.wait()
    finally:
        for listener in listeners:
            await listener.close()


@contextmanager
def serve_in_thread(endpoints: Sequence[Endpoint]) -> Iterator[list[Address]]:
    """Serve endpoints on loopback from a thread while the block runs; yield their addresses."""
    opened: Future[tuple[list[Address], Callable[[], object]]] = Future()
    thread = Thread(target=_listen, args=(endpoints, opened), name="server", daemon=True)
    thread.start()
    addresses, stop = opened.result()
    try:
        yield addresses
    finally:
        stop()
        thread.join()


def _listen(
    endpoints: Sequence[Endpoint], opened: "Future[tuple[list[Address], Callable[[], object]]]"
) -> None:
    async def listen() -> None:
        stopped, loop = asyncio.Event(), asyncio.get_running_loop()

        def announce(addresses: list[Address]) -> None:
            opened.set_result((addresses, lambda: loop.call_soon_threadsafe(stopped.set)))

        await serve_until(endpoints, LOOPBACK, stopped, announce)

    try:
        asyncio.run(listen())
    except OSError as error:
        opened.set_exception(error)  # the port is in use
