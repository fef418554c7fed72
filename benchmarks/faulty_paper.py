"""The sample newspaper as a gopher server that truncates or stalls random answers."""

import random
import socket
import socketserver
import struct
import time
from collections import Counter
from enum import StrEnum

from archive.servers.gopher import GopherResponder
from archive.servers.server import LOOPBACK, Address
from archive.servers.site import ROBOTS
from crawler.demo.newspaper.pages.edition import Edition

STALL_SECONDS = 4.0  # longer than the crawl's timeout


class Fault(StrEnum):
    """How an answer fails."""

    UNANSWERED = "closed without an answer"
    HALVED = "closed after half an answer"
    RESET = "reset after half an answer"
    STALLED = "stalled after half an answer"


class FaultyPaper(socketserver.ThreadingTCPServer):
    """A gopher server with faults in a ``share`` of its answers, which may be changed, and their counts."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, edition: Edition, dice: random.Random) -> None:
        super().__init__((LOOPBACK, 0), Answering)
        self._hole = GopherResponder(edition, Address(LOOPBACK, self.port), ROBOTS)
        self._dice = dice
        self.share = 0.0
        self.faults: Counter[Fault] = Counter()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"gopher://{LOOPBACK}:{self.port}/"

    def answer(self, line: bytes) -> tuple[bytes, Fault | None]:
        """Return an answer, and the fault to apply to it, if any."""
        fault = self._dice.choice(list(Fault)) if self._dice.random() < self.share else None
        if fault:
            self.faults[fault] += 1
        return self._hole.answer(line), fault


class Answering(socketserver.StreamRequestHandler):
    server: FaultyPaper
    connection: socket.socket

    def handle(self) -> None:
        answer, fault = self.server.answer(self.rfile.readline(10_000).rstrip(b"\r\n"))
        if fault is Fault.UNANSWERED:
            return
        self.connection.sendall(answer[: len(answer) // 2] if fault else answer)
        if fault is Fault.STALLED:
            time.sleep(STALL_SECONDS)
        if fault is Fault.RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
