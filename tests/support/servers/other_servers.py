"""Gopher and gemini servers by other authors, on loopback: each serves a folder while a block runs.

They skip with what to install where one is missing, but on CI (where the variable ``CI`` is set) that fails.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.running.time_limit import LONGEST
from tests.support.servers.free_ports import free_port
from tests.support.servers.gopher_faults import make_certificate

LOOPBACK = "127.0.0.1"
ELSEWHERE = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))

# Files only, as they are: no header, footer, dates, parent links, scripts, file type guesses, charset
# conversion, generated caps.txt or status page; no syslog, no shared memory; run as the current user.
# -h and -p are what the rows name.
GOPHERNICUS = "{program} -r {root} -h {host} -p {port} -nh -nf -nd -nl -nx -nc -no -na -nt -ns -nm -nr"

PYGOPHERD = """
[pygopherd]
detach = no
interface = {host}
port = {port}
servername = {host}
servertype = ForkingTCPServer
timeout = 60
abstract_headers = off
abstract_entries = unsupported
tracebacks = yes
usechroot = no
enable_tls = no
root = {root}
mimetypes = {types}
encoding = []
[logger]
logmethod = none
[GopherEntry]
defaultmimetype = text/plain
mapping = [['.*', '0']]
eaexts = {{}}
[handlers.HandlerMultiplexer]
handlers = [gophermap.BuckGophermapHandler, file.FileHandler]
[handlers.file.CompressedFileHandler]
decompressors = {{}}
decompresspatt = $^
[protocols.ProtocolMultiplexer]
protocols = [rfc1436.GopherProtocol]
"""

MOLLY_BROWN = """
Port = {port}
Hostname = "{host}"
CertPath = "{certificate}"
KeyPath = "{certificate}"
DocBase = "{root}"
GeminiExt = "gmi"
AccessLog = "{log}"
ErrorLog = "{log}"
"""


@contextmanager
def gophernicus(root: Path) -> Iterator[tuple[str, int]]:
    """Serve the pages under ``root`` by gophernicus, with socat as its inetd.

    ``nofork`` hands it the socket itself: piping through socat lost one error answer in fifteen, as
    gophernicus ends with exit code 1 after each and socat then stops at once.
    """
    socat, program = installed("socat"), installed("gophernicus")
    port = free_port()
    command = GOPHERNICUS.format(program=program, root=root, host=LOOPBACK, port=port)
    with running(
        [socat, f"TCP-LISTEN:{port},bind={LOOPBACK},fork,reuseaddr", f"EXEC:{command},nofork"], port
    ):
        yield LOOPBACK, port


@contextmanager
def pygopherd(root: Path) -> Iterator[tuple[str, int]]:
    """Serve the pages under ``root`` by pygopherd."""
    program, port = installed("pygopherd"), free_port()
    with tempfile.TemporaryDirectory(prefix="pygopherd-") as folder:
        types, config = Path(folder) / "mime.types", Path(folder) / "pygopherd.conf"
        types.write_text("text/plain txt\n", encoding="utf-8")
        config.write_text(
            PYGOPHERD.format(host=LOOPBACK, port=port, root=root, types=types), encoding="utf-8"
        )
        with running([program, str(config)], port):
            yield LOOPBACK, port


@contextmanager
def molly_brown(root: Path) -> Iterator[tuple[str, int]]:
    """Serve the gemtext under ``root`` by molly-brown, with a self-signed certificate."""
    program, port = installed("molly-brown"), free_port()
    with tempfile.TemporaryDirectory(prefix="molly-brown-") as folder:
        certificate, config = Path(folder) / "own.pem", Path(folder) / "molly.conf"
        make_certificate(certificate)
        config.write_text(
            MOLLY_BROWN.format(
                host=LOOPBACK, port=port, root=root, certificate=certificate, log=f"{folder}/log"
            ),
            encoding="utf-8",
        )
        with running([program, "-c", str(config)], port):
            yield LOOPBACK, port


def installed(program: str) -> str:
    """Return the path of a program. Skip the test without it; in CI, fail."""
    found = shutil.which(program, path=ELSEWHERE)
    if found:
        return found
    message = f"{program} is not installed: apt-get install {program}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def running(command: Sequence[str], port: int) -> Iterator[None]:
    """Run a server while the block runs, which begins once its port answers."""
    with subprocess.Popen(command) as process:
        try:
            await_port(process, port)
            yield
        finally:
            process.terminate()


def await_port(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"{process.args!r} ended with exit code {process.returncode}")
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"{process.args!r} opened no port within {LONGEST} s")
