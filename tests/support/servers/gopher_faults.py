"""A gopher server on loopback that misbehaves in named ways, and a spider to see what Scrapy makes of it.

``crawl`` runs the spider in a process of its own, since a reactor runs once per process.
"""

import faulthandler
import gc
import json
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import scrapy
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from crawler import settings
from crawler.handlers.exchange import kept_body
from tests.support.running.forking import run_forked
from tests.support.running.time_limit import LONGEST

LOOPBACK = "127.0.0.1"
ROW = b"iZeile mit \xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\t\terror.host\t1\r\n"
PAGE = ROW * 40 + b".\r\n"
BIG_PAGE = ROW * 100_000 + b".\r\n"
LONG_ROW = b"i" + b"x" * 3_000_000 + b"\t\terror.host\t1\r\n.\r\n"
NOT_FOUND = b"3Nicht gefunden\t\terror.host\t1\r\n.\r\n"


class Peer:
    """One connection as a fault sees it: where to send, and how to wait while the test continues."""

    def __init__(self, connection: socket.socket, closing: threading.Event) -> None:
        self.connection = connection
        self._has_sent = isinstance(connection, ssl.SSLSocket)  # its handshake
        self.wait = closing.wait
        self.closing = closing

    def send(self, page: bytes) -> None:
        self._has_sent = True
        self.connection.sendall(page)

    def reset(self) -> None:
        """Close a connection with a TCP reset."""
        while unread(self.connection) and not self.wait(0.01):  # a reset discards what is not read yet
            pass
        if self._has_sent:  # wait for a client to decrypt what it has read: asyncio drops that at a reset
            self.wait(0.2)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def unread(connection: socket.socket) -> bool:
    """Return whether the client has not read everything sent to it, as Linux reports for loopback."""
    ends = [f":{connection.getpeername()[1]:04X}", f":{connection.getsockname()[1]:04X}"]
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        _, local, remote, _, queues, *_ = line.split()
        if [local[-5:], remote[-5:]] == ends:
            return not queues.endswith(":00000000")
    return False


def never(peer: Peer) -> None:
    peer.wait()


def drip(peer: Peer) -> None:
    peer.send(b"iiii")
    while not peer.wait(0.1):
        peer.send(b"i")


def endless(peer: Peer) -> None:
    while not peer.closing.is_set():
        peer.send(ROW * 1000)


def reset_midway(peer: Peer) -> None:
    peer.send(PAGE[:100])
    peer.reset()


def slow_start(peer: Peer) -> None:
    """Send the first byte after 0.3 s and the last after 0.6 s."""
    peer.wait(0.3)
    peer.send(b"i")
    peer.wait(0.3)
    peer.send(PAGE[1:])


Page = bytes | Callable[[Peer], object]
FAULTS: dict[bytes, Page] = {
    b"/whole": PAGE,
    b"/big": BIG_PAGE,
    b"/long-row": LONG_ROW,
    b"/no-dot": ROW,
    b"/never": never,
    b"/drip": drip,
    b"/endless": endless,
    b"/reset-midway": reset_midway,
    b"/reset-at-once": Peer.reset,
    b"/nothing": b"",
    b"/slow-start": slow_start,
}


class FaultyServer(socketserver.ThreadingTCPServer):
    """``asked`` are the request lines as received, each with when (monotonic); ``peak`` the most at once."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    has_close_notify = True  # over TLS; many servers just hang up

    def __init__(self, pages: Mapping[bytes, Page], tls: ssl.SSLContext | None) -> None:
        super().__init__((LOOPBACK, 0), Answer)
        self.pages = pages
        self.tls = tls
        self.asked: list[tuple[bytes, float]] = []
        self.connections = 0
        self.open = self.peak = 0
        self.closing = threading.Event()
        self.lock = threading.Lock()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def selectors(self) -> list[bytes]:
        return [line.rstrip(b"\r\n") for line, _ in self.asked]

    def answer(self, selector: bytes, peer: Peer) -> None:
        page = self.pages.get(selector, NOT_FOUND)
        if isinstance(page, bytes):
            peer.send(page)
        else:
            page(peer)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: tests make clients hang up on purpose."""


class Answer(socketserver.BaseRequestHandler):
    server: FaultyServer

    def handle(self) -> None:
        with self._connection() as connection:
            self._count(1)
            try:
                self._converse(connection)
            finally:
                self._count(-1)  # before the goodbye, after which the client may open its next one
            if isinstance(connection, ssl.SSLSocket) and self.server.has_close_notify:
                connection.unwrap()

    def _converse(self, connection: socket.socket) -> None:
        peer = Peer(connection, self.server.closing)
        with connection.makefile("rb") as lines:
            line = lines.readline(10_000)
        self.server.asked.append((line, time.monotonic()))
        self.server.answer(line.rstrip(b"\r\n"), peer)

    def _connection(self) -> socket.socket:
        plain: socket.socket = self.request
        return self.server.tls.wrap_socket(plain, server_side=True) if self.server.tls else plain

    def _count(self, step: int) -> None:
        with self.server.lock:
            self.server.open += step
            self.server.connections += step > 0
            self.server.peak = max(self.server.peak, self.server.open)


@contextmanager
def serving(
    pages: Mapping[bytes, Page] = FAULTS,
    tls: ssl.SSLContext | None = None,
    kind: type[FaultyServer] = FaultyServer,
) -> Iterator[FaultyServer]:
    """Serve ``pages`` by selector, and a type 3 row for the rest."""
    with kind(pages, tls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()


def make_certificate(path: Path) -> ssl.SSLContext:
    """Write a self-signed certificate for 127.0.0.1 to ``path``; return a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(LOOPBACK))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(certificate.public_bytes(pem) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


# -- The spider -----------------------------------------------------------------------------------

GATE = "crawler.middlewares.gate.GateMiddleware"
QUICK = {
    "SPIDER_MODULES": [],
    "ITEM_PIPELINES": {},
    "DOWNLOAD_DELAY": 0,
    "CONCURRENT_REQUESTS": 16,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "RETRY_ENABLED": False,
    "ROBOTSTXT_OBEY": False,
    # What handlers do is the same behind the gate, which lets one request at a time to a host.
    "DOWNLOADER_MIDDLEWARES": settings.DOWNLOADER_MIDDLEWARES | {GATE: None},
}
GATED = {"DOWNLOADER_MIDDLEWARES": settings.DOWNLOADER_MIDDLEWARES}


def crawl(
    asks: Sequence[str | dict[str, Any]], changed: Mapping[str, Any] | None = None
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Fetch URLs (or ``{"url": …, "meta": …}``) in the project's settings, made quick.

    Returns what came of each, in the order asked, and the stats. ``error`` is the class name; ``body``
    is the first 2000 bytes as latin-1, of the answer or of what a failure kept.
    """
    order = {"asks": [{"url": a} if isinstance(a, str) else a for a in asks], "settings": changed or {}}
    code = f"from {__name__} import main; main()"
    run = run_forked([json.dumps(order)], longest=LONGEST, code=code)
    assert run.returncode == 0, run.stderr
    for trouble in ("Traceback", "Exception ignored", "never retrieved", "was destroyed"):
        assert trouble not in run.stderr, run.stderr
    answer = json.loads(run.stdout)
    return [answer["came"].get(str(n)) or {"error": "lost"} for n in range(len(asks))], answer["stats"]


class Probe(scrapy.Spider):
    name = "probe"

    def __init__(self, asks: list[dict[str, Any]], came: dict[str, Any]) -> None:
        super().__init__()
        self.asks = asks
        self.came = came

    async def start(self) -> Any:
        for n, ask in enumerate(self.asks):
            yield scrapy.Request(
                ask["url"], self.answered, meta=ask.get("meta", {}), cb_kwargs={"n": n},
                errback=self.failed, dont_filter=True, priority=-n,
            )  # fmt: skip

    def answered(self, response: scrapy.http.Response, n: int) -> None:
        self.came[str(n)] = {
            "kind": type(response).__name__,
            "error": None,
            "address": str(response.ip_address),
            "flags": response.flags,
            **summary_of(response.body),
        }

    def failed(self, failure: Any) -> None:
        n, error = failure.request.cb_kwargs["n"], failure.value
        self.came[str(n)] = {
            "error": type(error).__name__,
            "reason": str(error),
            **summary_of(kept_body(error)),
        }


def summary_of(body: bytes) -> dict[str, Any]:
    return {
        "length": len(body),
        "sha256": sha256(body).hexdigest(),
        "body": body[:2000].decode("latin-1"),
        "at": time.monotonic(),
    }


def main() -> None:
    # Collect garbage often, so that a task or stream without a reference is lost in the test already.
    gc.set_threshold(50, 2, 2)
    faulthandler.enable()
    order = json.loads(sys.argv[1])
    changed = Settings()
    changed.setmodule(settings)
    changed.setdict(QUICK | order["settings"], priority="cmdline")
    came: dict[str, Any] = {}
    runner = AsyncCrawlerProcess(changed)
    crawler = runner.create_crawler(Probe)
    runner.crawl(crawler, order["asks"], came)
    runner.start()
    stats = crawler.stats.get_stats() if crawler.stats else {}
    json.dump({"came": came, "stats": stats}, sys.stdout, default=str)
