"""How quickly the reading room answers from a large archive.

``WEB_VERSIONS`` says how large (100,000 unless told), ``WEB_ARCHIVE`` where it is kept, made if missing.
"""

import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from time import perf_counter

import httpx

from benchmarks import filling
from benchmarks.timing import show

ASKED = 40  # times per kind of page
LIMIT, TABLE_LIMIT = 150, 500  # milliseconds, at a million versions


def main() -> None:
    versions = int(os.environ.get("WEB_VERSIONS", "100000"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(os.environ.get("WEB_ARCHIVE", f"{folder}/paper.db"))
        if not path.exists():
            filling.fill(path, versions)
        with _served(path) as client:
            for what, limit, address in pages(path.stem):
                _measure(client, what, limit, address)
            _weigh(client)


def pages(database: str) -> Iterator[tuple[str, int, Callable[[random.Random], str]]]:
    """Kinds of pages, how many milliseconds each may take, and how to make an address of one."""
    yield "front page, now", LIMIT, lambda _: "/-/paper/"
    yield "front page, of a day", LIMIT, lambda chance: f"/-/paper/2024-{chance.randrange(2, 13):02}-11"
    yield "article", LIMIT, lambda chance: f"/-/article/{_number(chance)}"
    yield "article of 500 versions", LIMIT, lambda _: f"/-/article/{filling.LONG_LIVED}"
    yield "difference", LIMIT, _diff
    yield "search, a common word", LIMIT, lambda chance: f"/-/articles?q={chance.choice(filling.VOCABULARY)}"
    yield (
        "search, a rare word, ranked",
        LIMIT,
        lambda chance: f"/-/articles?order=best&q=wort{chance.randrange(9999)}",
    )
    yield "search, with topic and date", LIMIT, _filtered
    yield "topic", LIMIT, lambda chance: f"/-/topic/{5_000_000 + chance.randrange(1, filling.TAGS)}"
    yield "author", LIMIT, lambda chance: f"/-/author/{5_000_000 + chance.randrange(1, filling.AUTHORS)}"
    yield "TimeMap", LIMIT, lambda chance: f"/-/timemap/link/https://taz.de/!{_number(chance)}/"
    yield "TimeMap of 500 versions", LIMIT, lambda _: f"/-/timemap/link/https://taz.de/!{filling.LONG_LIVED}/"
    yield "feed of edits", LIMIT, lambda _: "/-/feed/edited.atom"
    yield "charts", 10 * LIMIT, lambda _: "/-/charts"
    for table in ("articles", "versions", "captures", "latest", "changes"):
        yield f"Datasette: {table}", TABLE_LIMIT, lambda _, table=table: f"/{database}/{table}"  # type: ignore[misc]


def _number(chance: random.Random) -> int:
    return filling.FIRST_ARTICLE + chance.randrange(1, 20_000)


def _diff(chance: random.Random) -> str:
    older = chance.randrange(1, filling.MANY)
    return f"/-/article/{filling.LONG_LIVED}/versions/{older}..{older + 1}"


def _filtered(chance: random.Random) -> str:
    word = chance.choice(filling.VOCABULARY)
    return f"/-/articles?q={word}&tag=Thema+{chance.randrange(1, 300)}&since=2024-06-01&edited=1"


def _measure(client: httpx.Client, what: str, limit: int, address: Callable[[random.Random], str]) -> None:
    chance, taken = random.Random(2), []
    for _ in range(ASKED):
        page, started = address(chance), perf_counter()
        status = client.get(page).status_code
        taken.append((perf_counter() - started) * 1000)
        assert status == httpx.codes.OK, f"{status} {page}"
    slowest = quantiles(taken, n=20)[-1]
    show(f"{what}, p95", slowest, "ms", "" if slowest <= limit else f"more than {limit}")


def _weigh(client: httpx.Client) -> None:
    """The first page with all that it asks for."""
    page = client.get("/-/paper/")
    style = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    show("first page and its style", (len(page.content) + len(client.get(style).content)) / 1000, "kB")


@contextmanager
def _served(path: Path) -> Iterator[httpx.Client]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "archive", "serve", str(path), "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as server:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
                _wait(client)
                yield client
        finally:
            server.terminate()


def _wait(client: httpx.Client) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            client.get("/-/versions.json")
        except httpx.ConnectError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
