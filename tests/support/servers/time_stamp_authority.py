"""A time-stamping authority made with OpenSSL, and its server on loopback."""

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.servers.free_ports import LOOPBACK

needs_openssl = pytest.mark.skipif(
    not shutil.which("openssl"), reason="openssl is missing: apt-get install openssl"
)
Reply = Callable[[bytes], bytes]  # from a request
CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
certs = {folder}/ca.pem
default_policy = 1.2.3.4.1
digests = sha256
signer_digest = sha256
[time-stamping]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
[other]
extendedKeyUsage = serverAuth
"""
EC_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def openssl(*words: object) -> bytes:
    return subprocess.run(["openssl", *map(str, words)], capture_output=True, check=True).stdout


class Authority:
    """An authority, ``ca``, with one signer of time stamps."""

    def __init__(self, folder: Path, name: str = "Test", *, purpose: str = "time-stamping") -> None:
        folder.mkdir(parents=True)
        self.folder, self.ca, self._config = folder, folder / "ca.pem", folder / "tsa.cnf"
        self._config.write_text(CONFIG.format(folder=folder))
        (folder / "serial").write_text("01\n")
        openssl(
            "req", "-x509", *EC_KEY, "-keyout", folder / "ca.key", "-out", self.ca, *self._subject(name, "CA")
        )
        request = ("-keyout", folder / "tsa.key", "-out", folder / "tsa.csr")
        openssl("req", *EC_KEY, *request, *self._subject(name, "TSA"))
        issuer = ("-CA", self.ca, "-CAkey", folder / "ca.key", "-set_serial", "7", "-days", "90")
        extensions = ("-extfile", self._config, "-extensions", purpose)
        files = ("-in", folder / "tsa.csr", "-out", folder / "tsa.pem")
        openssl("x509", "-req", *files, *issuer, *extensions)

    def _subject(self, name: str, role: str) -> tuple[str, str]:
        return "-subj", f"/O={name}/CN={name} {role}"

    def reply(self, request: bytes) -> bytes:
        query, reply = self.folder / "query", self.folder / "reply"
        query.write_bytes(request)
        openssl("ts", "-reply", "-config", self._config, "-queryfile", query, "-out", reply)
        return reply.read_bytes()

    def stamp(self, data: Path, *options: str) -> bytes:
        """Return a stamp of a file, as a user gets one with openssl."""
        query = self.folder / "own.tsq"
        openssl("ts", "-query", "-data", data, "-sha256", *options, "-out", query)
        return self.reply(query.read_bytes())


class Handler(BaseHTTPRequestHandler):
    server: "Server"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests.append((self.path, self.headers.get("Content-Type", ""), body))
        self.server.answer(self, body)

    def do_GET(self) -> None:
        self.server.requests.append((self.path, "", b""))
        self.server.answer(self, b"")

    def send(self, content: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
        pass


class Server(ThreadingHTTPServer):
    """A server whose ``answer`` may be replaced while it runs."""

    daemon_threads = True

    def __init__(self, answer: Callable[[Handler, bytes], None]) -> None:
        super().__init__((LOOPBACK, 0), Handler)
        self.answer = answer
        self.requests: list[tuple[str, str, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that hang up."""


@contextmanager
def serving(answer: Callable[[Handler, bytes], None]) -> Iterator[Server]:
    with Server(answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
