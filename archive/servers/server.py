"""Ports that answer one request per connection: gopher, gemini and HTTP/1.0 are all of that kind.

Nothing here knows what is served. Everything a stranger could draw out is bounded: how long a request
may be and take, how many connections there are, how slowly an answer may be read.
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
# What accepting a connection fails of where the machine, or this process, has no room for one more.
NOT_ACCEPTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
NOT_ACCEPTED_EVERY = 60.0  # seconds between two lines of the log that say that no caller can be let in

PlainAnswer = Callable[[bytes], bytes]
LaterAnswer = Callable[[bytes], Coroutine[object, object, bytes]]
Answer = PlainAnswer | LaterAnswer
"""A request without its end mark → everything to send back, at once or later. Must not block."""


class Address(NamedTuple):
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    request: int = 1024
    asking: float = 10.0
    making: float = 60.0
    reading: float = 60.0
    connections: int = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One protocol at one port.

    ``answerer`` gets the address the door was opened at, for pages that name it. A request ends with
    ``end``; ``too_long`` is the answer to one that does not, ``busy`` to one that is better asked again
    later. Port 0 is any free one.
    """

    scheme: str
    answerer: Callable[[Address], Answer]
    too_long: bytes
    busy: bytes = b""
    port: int = 0
    end: bytes = b"\n"
    tls: ssl.SSLContext | None = None
    limits: Limits = Limits()


class Conversation(asyncio.Protocol):
    """One connection: a request comes in, the answer goes out, the end.

    It is counted from its first moment, before TLS: a handshake that stalls holds 400 kB.
    """

    def __init__(self, door: Door, answer: Answer, others: set["Conversation"]) -> None:
        self.door, self.answer, self.others = door, answer, others
        self.heard = bytearray()
        self.asked = False
        self.handshake: asyncio.Task[None] | None = None
        self.answering: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._hang_up_after(self.door.limits.asking)
        self.others.add(self)
        if len(self.others) > self.door.limits.connections:
            self.transport.abort()
        elif self.door.tls:
            self.transport.pause_reading()  # what has come is the handshake's
            self.handshake = asyncio.create_task(self._encrypt(self.door.tls))

    async def _encrypt(self, tls: ssl.SSLContext) -> None:
        """Take the caller's handshake. One that fails, or is hung up on, ends the conversation."""
        encrypted = None
        with suppress(OSError):  # SSLError is one
            loop = asyncio.get_running_loop()
            encrypted = await loop.start_tls(self.transport, self, tls, server_side=True)
        if encrypted is None:
            self.connection_lost(
                None
            )  # asyncio does not call it while it has the connection for the handshake
        else:
            self.transport, self.handshake = encrypted, None
            if self.heard:
                self.data_received(b"")

    def data_received(self, data: bytes) -> None:
        if self.asked:
            return  # whatever follows the request
        self.heard += data
        if self.handshake:
            return  # a request that comes with the end of the handshake would be answered in plain text
        request, end, _ = self.heard.partition(self.door.end)
        if len(request) > self.door.limits.request:
            self._reply(self.door.too_long)
        elif end:
            self._ask(bytes(request))

    def eof_received(self) -> bool:
        """Some clients end a request by ending their half of the connection."""
        if not self.asked and not self.handshake:
            self._ask(bytes(self.heard))
        # The answer may still be on its way out. TLS keeps no half of a connection open: who ends it before
        # an answer that is made later gets none.
        return self.door.tls is None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- whoever left, has left
        self.timer.cancel()
        self.others.discard(self)
        if self.answering:
            self.answering.cancel()

    def _ask(self, request: bytes) -> None:
        self.asked = True
        answer = self.answer(request)
        if isinstance(answer, bytes):
            self._reply(answer)
            return
        self.timer.cancel()
        self._hang_up_after(self.door.limits.making)
        self.answering = asyncio.create_task(self._reply_later(answer))

    async def _reply_later(self, answer: Coroutine[object, object, bytes]) -> None:
        try:
            self._reply(await answer)
        except Exception as error:  # noqa: BLE001 - hung up on and logged, as asyncio does for other answers
            self.transport.abort()
            context = {"message": "an answer could not be made", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)

    def _reply(self, body: bytes) -> None:
        self.asked = True
        self.timer.cancel()
        self._hang_up_after(self.door.limits.reading)
        self.transport.write(body)
        self.transport.close()

    def _hang_up_after(self, seconds: float) -> None:
        self.timer = asyncio.get_running_loop().call_later(seconds, self.transport.abort)


class Listener:
    """A door standing open."""

    def __init__(self, door: Door, server: asyncio.Server, conversations: set[Conversation]) -> None:
        self.door, self._server, self._conversations = door, server, conversations

    @property
    def address(self) -> Address:
        return _address(self._server)

    async def close(self) -> None:
        """Hang up on everybody."""
        await _nobody_being_let_in(self._conversations)
        self._server.close()
        for conversation in list(self._conversations):
            conversation.transport.abort()
        while self._conversations:  # noqa: ASYNC110 -- hanging up takes the loop a round or two
            await asyncio.sleep(0)
        await self._server.wait_closed()


async def _nobody_being_let_in(conversations: set[Conversation]) -> None:
    """Wait: asyncio lets callers in by tasks, which fail and leak the socket once the server closes.

    The loop is the doors' own, so all its other tasks are of that kind, or handshakes, or answers.
    """
    for _ in range(100):  # callers may never cease
        others = {task for each in conversations for task in (each.handshake, each.answering)}
        letting_in = asyncio.all_tasks() - {asyncio.current_task()} - others
        if not letting_in:
            return
        await asyncio.wait(letting_in, timeout=0.1)


async def open_door(door: Door, host: str = LOOPBACK) -> Listener:
    """Raises :exc:`OSError` if the port is taken."""
    conversations: set[Conversation] = set()
    server = await asyncio.get_running_loop().create_server(
        lambda: Conversation(door, answer, conversations),  # asked for once serving starts, below
        host,
        door.port,
        backlog=door.limits.connections,
        start_serving=False,
    )
    answer: Answer = door.answerer(_address(server))
    await server.start_serving()
    return Listener(door, server, conversations)


def _address(server: asyncio.Server) -> Address:
    return Address(*server.sockets[0].getsockname()[:2])


class LoopErrors:
    """An exception handler for an event loop that logs errors, some of them less often than they occur.

    While no more files may be open, asyncio fails to accept connections hundreds of times a second. That is
    logged once a minute. It tries again after a second; on Python 3.11 it does so even if the server has been
    closed meanwhile, and fails (https://github.com/python/cpython/issues/109564). That is not logged.
    """

    def __init__(self) -> None:
        self._quiet_until = 0.0

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, ValueError) and "_start_serving" in context["message"]:
            return
        if not (isinstance(error, OSError) and error.errno in NOT_ACCEPTED):
            loop.default_exception_handler(context)
        elif loop.time() >= self._quiet_until:
            self._quiet_until = loop.time() + NOT_ACCEPTED_EVERY
            logging.getLogger(__name__).error("cannot let callers in: %s", error.strerror)


async def keep_open(
    doors: Sequence[Door], host: str, stopped: asyncio.Event, opened: Callable[[list[Address]], None]
) -> None:
    """Open all doors, tell where, and close them once ``stopped``."""
    asyncio.get_running_loop().set_exception_handler(LoopErrors())
    listeners: list[Listener] = []
    try:
        for door in doors:
            listeners.append(await open_door(door, host))  # noqa: PERF401 -- those before a failure must be closed
        opened([listener.address for listener in listeners])
        await stopped.wait()
    finally:
        for listener in listeners:
            await listener.close()


@contextmanager
def listening(doors: Sequence[Door], host: str = LOOPBACK) -> Iterator[list[Address]]:
    """All doors open, served by a thread with a loop of its own, while the block runs."""
    opened: Future[tuple[list[Address], Callable[[], object]]] = Future()
    thread = Thread(target=_listen, args=(doors, host, opened), name="doors", daemon=True)
    thread.start()
    addresses, stop = opened.result()
    try:
        yield addresses
    finally:
        stop()
        thread.join()


def _listen(
    doors: Sequence[Door], host: str, opened: "Future[tuple[list[Address], Callable[[], object]]]"
) -> None:
    async def listen() -> None:
        stopped, loop = asyncio.Event(), asyncio.get_running_loop()

        def tell(addresses: list[Address]) -> None:
            opened.set_result((addresses, lambda: loop.call_soon_threadsafe(stopped.set)))

        await keep_open(doors, host, stopped, tell)

    try:
        asyncio.run(listen())
    except OSError as error:
        opened.set_exception(error)  # a port that is taken is the caller's to know
