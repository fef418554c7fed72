"""Response times of the reading room on a large archive.

``WEB_VERSIONS`` sets its size (default 100,000), ``WEB_ARCHIVE`` a file to reuse, created if missing.
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
from string import ascii_uppercase
from time import perf_counter
from urllib.parse import quote

import httpx

from benchmarks import synthetic_archive
from benchmarks.timing import show

REQUESTS = 40  # per kind of page
PAGE_MILLISECONDS, TABLE_MILLISECONDS = 150, 500  # goals at a million versions


def main() -> None:
    versions = int(os.environ.get("WEB_VERSIONS", "100000"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(os.environ.get("WEB_ARCHIVE", f"{folder}/paper.db"))
        if not path.exists():
            synthetic_archive.fill(path, versions)
        with _served(path) as client:
            for what, limit, address in pages(path.stem):
                _measure(client, what, limit, address)
            _weigh(client)


def _number(chance: random.Random) -> int:
    return synthetic_archive.FIRST_ARTICLE + chance.randrange(1, 20_000)


def _diff(chance: random.Random) -> str:
    older = chance.randrange(1, synthetic_archive.VERSIONS_OF_LONG_LIVED)
    return f"/-/article/{synthetic_archive.LONG_LIVED}/versions/{older}..{older + 1}"


def _filtered(chance: random.Random) -> str:
    word = chance.choice(synthetic_archive.VOCABULARY)
    tag = quote(synthetic_archive.topic_name(chance.randrange(1, 300)))
    return f"/-/articles?q={word}&tag={tag}&since=2024-06-01&edited=1"


FORMS = ("txt", "md", "json", "bib")
Address = Callable[[random.Random], str]

PAGES: dict[str, Address] = {
    "front page, now": lambda _: "/-/paper/",
    "front page, of a day": lambda chance: f"/-/paper/2024-{chance.randrange(2, 13):02}-11",
    "article": lambda chance: f"/-/article/{_number(chance)}",
    "article of 500 versions": lambda _: f"/-/article/{synthetic_archive.LONG_LIVED}",
    "difference": _diff,
    "search, a common word": lambda chance: f"/-/articles?q={chance.choice(synthetic_archive.VOCABULARY)}",
    "search, a rare word, ranked": lambda chance: f"/-/articles?order=best&q=wort{chance.randrange(9999)}",
    "search, with topic and date": _filtered,
    "search, a common word, most edited": lambda chance: (
        f"/-/articles?order=most-edited&q={chance.choice(synthetic_archive.VOCABULARY)}"
    ),
    "search without words, oldest": lambda chance: (
        f"/-/articles?order=oldest&edited=1&section=Ressort+{chance.randrange(1, 12)}"
    ),
    "search that finds nothing": lambda chance: f"/-/articles?author=Mustre&q=wort{chance.randrange(9999)}",
    "topic": lambda chance: f"/-/topic/{5_000_000 + chance.randrange(1, synthetic_archive.TAGS)}",
    "author": lambda chance: f"/-/author/{5_000_000 + chance.randrange(1, synthetic_archive.AUTHORS)}",
    "index of sections": lambda _: "/-/sections",
    "section": lambda chance: f"/-/section/{chance.randrange(1, synthetic_archive.SECTIONS)}",
    "front page's placements": lambda _: "/-/section/0",
    "topics, most frequent": lambda _: "/-/topics",
    "topics of a letter": lambda chance: f"/-/topics?letter={chance.choice(ascii_uppercase)}",
    "authors of a letter": lambda chance: f"/-/authors?letter={chance.choice(ascii_uppercase)}",
    "edits of a day": lambda chance: f"/-/paper/2024-{chance.randrange(2, 13):02}-11/edited",
    "edits of a day and section": lambda chance: (
        f"/-/paper/2024-{chance.randrange(2, 13):02}-11/edited?section={chance.randrange(20)}"
    ),
    "download": lambda chance: f"/-/article/{_number(chance)}/download.{chance.choice(FORMS)}",
    "help": lambda _: "/-/help",
    "feed of a section's edits": lambda chance: f"/-/feed/edited.atom?section={chance.randrange(20)}",
    "TimeMap": lambda chance: f"/-/timemap/link/https://taz.de/!{_number(chance)}/",
    "TimeMap of 500 versions": lambda _: f"/-/timemap/link/https://taz.de/!{synthetic_archive.LONG_LIVED}/",
    "feed of edits": lambda _: "/-/feed/edited.atom",
    "charts": lambda _: "/-/charts",
}
TABLES = ("articles", "versions", "captures", "latest", "changes")


def pages(database: str) -> Iterator[tuple[str, int, Address]]:
    """Yield kinds of pages, their goal in milliseconds, and a function that makes an address."""
    for name, address in PAGES.items():
        yield name, 10 * PAGE_MILLISECONDS if name == "charts" else PAGE_MILLISECONDS, address
    for table in TABLES:
        yield f"Datasette: {table}", TABLE_MILLISECONDS, lambda _, table=table: f"/{database}/{table}"  # type: ignore[misc]


def _measure(client: httpx.Client, what: str, limit: int, address: Address) -> None:
    chance, taken = random.Random(2), []
    for _ in range(REQUESTS):
        page, started = address(chance), perf_counter()
        status = client.get(page).status_code
        taken.append((perf_counter() - started) * 1000)
        assert status == httpx.codes.OK, f"{status} {page}"
    slowest = quantiles(taken, n=20)[-1]
    show(f"{what}, p95", slowest, "ms", "" if slowest <= limit else f"above {limit}")


def _weigh(client: httpx.Client) -> None:
    """Print the size of the front page with its stylesheet."""
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
