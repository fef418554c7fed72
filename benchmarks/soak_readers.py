"""``serve`` and ``republish`` on an archive that is being crawled, with their answers and resources."""

import os
import socket
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx

from archive.servers.server import LOOPBACK

PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")  # bytes
TIMEOUT_SECONDS = 20.0  # of a request
WORDS = ("straße", "berlin", "die", "rat")
PATHS = (
    "/-/paper/",
    "/-/article/{article}",
    "/-/article/{article}/versions/1",
    "/-/article/{article}/versions/1..2",
    "/-/timemap/link/https://taz.de/!{article}/",
    "/-/articles?q={word}",
    "/-/feed/edited.atom",
    "/-/charts",
    "/{database}/articles?_size=20",
)
SELECTORS = ("", "/!{article}", "/!{article}/versions", "/changes", "/all", "/search\t{word}", "/topics")


class Resources(NamedTuple):
    """The resources of a process: memory in MB, and open files."""

    memory: float
    files: int


def resources_of(process: "subprocess.Popen[str]") -> Resources:
    """Return the resources of a running process. Raise OSError if it has ended."""
    folder = Path(f"/proc/{process.pid}")
    pages = int((folder / "statm").read_text(encoding="ascii").split()[1])
    return Resources(pages * PAGE_SIZE / 1e6, len([*(folder / "fd").iterdir()]))


@dataclass(frozen=True, slots=True)
class Readers:
    """Clients of ``serve`` and ``republish``. ``answers`` counts the answers by kind."""

    database: str
    ports: Mapping[str, int]
    programs: Mapping[str, "subprocess.Popen[str]"]
    answers: Counter[str] = field(default_factory=Counter)

    def ask(self, articles: Sequence[int], dice: Random) -> None:
        """Request one page over each protocol."""
        asked = {"article": dice.choice(articles), "word": dice.choice(WORDS), "database": self.database}
        self._note("web", lambda: self._by_web(dice.choice(PATHS).format(**asked)))
        self._note("gopher", lambda: self._by_gopher(dice.choice(SELECTORS).format(**asked)))
        self._note("gemini", lambda: self._by_gemini("/!{article}".format(**asked)))

    def _note(self, way: str, ask: Callable[[], str]) -> None:
        try:
            answer = ask()
        except (OSError, httpx.HTTPError) as error:
            answer = type(error).__name__
        self.answers[f"{way} {answer}"] += 1

    def _by_web(self, path: str) -> str:
        return str(
            httpx.get(f"http://{LOOPBACK}:{self.ports['web']}{path}", timeout=TIMEOUT_SECONDS).status_code
        )

    def _by_gopher(self, selector: str) -> str:
        with socket.create_connection(
            (LOOPBACK, self.ports["gopher"]), timeout=TIMEOUT_SECONDS
        ) as connection:
            connection.sendall(f"{selector}\r\n".encode())
            answer = _all_of(connection)
        return "error" if answer.startswith(b"3") else "page" if answer else "nothing"

    def _by_gemini(self, path: str) -> str:
        port = self.ports["gemini"]
        with (
            socket.create_connection((LOOPBACK, port), timeout=TIMEOUT_SECONDS) as plain,
            TLS.wrap_socket(plain, server_hostname=LOOPBACK) as connection,
        ):
            connection.sendall(f"gemini://{LOOPBACK}:{port}{path}\r\n".encode())
            return _all_of(connection)[:2].decode() or "nothing"


TLS = ssl.create_default_context()  # the server's certificate is self-signed
TLS.check_hostname, TLS.verify_mode = False, ssl.CERT_NONE


def _all_of(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(1 << 16), b""))


@contextmanager
def readers(archive: Path) -> Iterator[Readers]:
    """Serve an archive with both programs while the block runs."""
    port = _free_port()
    with (
        _running("serve", str(archive), "--port", str(port)) as serve,
        _running("republish", str(archive), "--gopher", "0", "--gemini", "0") as republish,
    ):
        assert republish.stdout
        gopher, gemini = (urlsplit(republish.stdout.readline().strip()).port or 0 for _ in range(2))
        httpx.Client(transport=httpx.HTTPTransport(retries=10)).get(f"http://{LOOPBACK}:{port}/-/paper/")
        yield Readers(
            archive.stem,
            {"web": port, "gopher": gopher, "gemini": gemini},
            {"serve": serve, "republish": republish},
        )


@contextmanager
def _running(*words: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "archive", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
