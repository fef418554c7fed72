"""A TCP proxy that stands for the network between a crawler and its frontier, and can be cut."""

import selectors
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

from benchmarks.threads import in_thread
from tests.support.servers.other_servers import LOOPBACK


class CuttableProxy(socketserver.ThreadingTCPServer):
    """Forward connections to a port on loopback, until the cut. After it, every connection is reset."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, target: int) -> None:
        super().__init__((LOOPBACK, 0), _Forwarding)
        self.target = target
        self._is_cut = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def is_cut(self) -> bool:
        return self._is_cut.is_set()

    def cut(self) -> None:
        self._is_cut.set()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: connections are reset on purpose."""


class _Forwarding(socketserver.BaseRequestHandler):
    server: CuttableProxy

    def handle(self) -> None:
        if self.server.is_cut:
            return
        near = cast("socket.socket", self.request)
        with socket.create_connection((LOOPBACK, self.server.target)) as far, suppress(OSError):
            self._forward(near, far)

    def _forward(self, near: socket.socket, far: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(near, selectors.EVENT_READ, far)
            selector.register(far, selectors.EVENT_READ, near)
            while not self.server.is_cut:
                for key, _ in selector.select(0.02):
                    if not (received := cast("socket.socket", key.fileobj).recv(1 << 16)):
                        return
                    cast("socket.socket", key.data).sendall(received)


@contextmanager
def cuttable_proxy(target: int) -> Iterator[CuttableProxy]:
    with in_thread(CuttableProxy(target)) as proxy:
        yield proxy
