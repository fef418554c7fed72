"""Requests per second of ``republish`` on loopback, with one page per connection.

``VERSIONS=1000000`` sets the size of the archive. The clients run on the same machine.
"""

import os
import random
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

from benchmarks.exports import FIRST_ARTICLE, make_archive
from benchmarks.timing import show

VERSIONS = int(os.environ.get("VERSIONS", "10000"))
CLIENTS, REQUESTS = 2, 4000
MIN_RATE = 1000  # requests per second


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "taz.db"
        make_archive(archive, VERSIONS)
        with _served(archive) as (port, process):
            _measure(port, _words(archive))
            status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
            peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
            show("republish, peak memory", int(peak.split()[1]) / 1024, "MB")


def _measure(port: int, words: Sequence[str]) -> None:
    chance = random.Random(1)
    numbers = range(FIRST_ARTICLE, FIRST_ARTICLE + VERSIONS * 3 // 4)
    articles = [f"/!{number}" for number in chance.sample(numbers, min(REQUESTS, len(numbers)))]
    for name, selectors in {
        "articles, first request": articles,
        "articles, second request": articles,
        "articles as of a day": [f"/as-of/2020-03-01{selector}" for selector in articles],
        "the root": [""] * REQUESTS,
        "topics of some hundred articles": [f"/!t{chance.randint(1, 500)}" for _ in range(REQUESTS // 10)],
        "searches, different words": [f"/search\t{word}" for word in words],
    }.items():
        rate = _rate(port, selectors)
        missed = f"below the goal of {MIN_RATE:,}" if rate < MIN_RATE and name.startswith("articles") else ""
        show(f"republish, {name}", rate, "requests/s", missed)


def _words(archive: Path) -> list[str]:
    """Return one word of each title."""
    with closing(sqlite3.connect(archive)) as db:
        titles = db.execute("SELECT title FROM versions LIMIT ?", [REQUESTS // 10]).fetchall()
    return [title.split()[2] for (title,) in titles]


def _rate(port: int, selectors: Sequence[str]) -> float:
    shares = [selectors[at::CLIENTS] for at in range(CLIENTS)]
    with ProcessPoolExecutor(CLIENTS) as clients:
        list(clients.map(len, shares))  # wait until all have started
        started = perf_counter()
        assert all(clients.map(partial(_ask, port), shares))
        return len(selectors) / (perf_counter() - started)


def _ask(port: int, selectors: Sequence[str]) -> bool:
    """Whether every selector is answered."""
    return all(_answer(port, selector).endswith(b".\r\n") for selector in selectors)


def _answer(port: int, selector: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(f"{selector}\r\n".encode())
        return b"".join(iter(partial(connection.recv, 1 << 16), b""))


@contextmanager
def _served(archive: Path) -> Iterator[tuple[int, int]]:
    """Serve an archive; yield port and process id."""
    command = [sys.executable, "-m", "archive", "republish", str(archive), "--gopher", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield urlsplit(process.stdout.readline().strip()).port or 0, process.pid
        finally:
            process.terminate()
