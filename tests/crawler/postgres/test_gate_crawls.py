"""Crawls that share a gate, judged by the server that they ask."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from itertools import pairwise

import pytest

from tests.support.running.time_limit import LONGEST
from tests.support.servers.gopher_faults import LOOPBACK, PAGE, FaultyServer, Peer, serving

pytestmark = pytest.mark.slow

CRAWLERS, PAGES, PAUSE = 3, 6, 0.05
ROBOTS = b"User-agent: *\nDisallow: /intern/\n"


def noting(times: list[tuple[float, float]], answer: bytes, peer: Peer) -> None:
    begin = time.monotonic()
    peer.wait(0.02)
    times.append((begin, time.monotonic()))
    peer.send(answer)


def begin(server: FaultyServer, database: str, number: int) -> "subprocess.Popen[str]":
    urls = [f"gopher://{LOOPBACK}:{server.port}/1/{number}/{page}" for page in range(PAGES)]
    command = [sys.executable, "-m", "tests.support.running.crawl_at_gate", database, str(PAUSE), *urls]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def errors_of(crawl: "subprocess.Popen[str]") -> list[str | None]:
    out, _ = crawl.communicate(timeout=LONGEST)
    assert crawl.returncode == 0
    came = json.loads(out)
    return [came[str(page)]["error"] for page in range(PAGES)]


def pauses(times: Sequence[tuple[float, float]]) -> list[float]:
    """Return the seconds from the end of each answer to the next request; negative if they overlap."""
    return [after[0] - before[1] for before, after in pairwise(sorted(times))]


def test_crawls_that_share_a_gate_are_one_visitor(frontier_url: str) -> None:
    times: list[tuple[float, float]] = []
    pages = {f"/{number}/{page}".encode(): PAGE for number in range(CRAWLERS) for page in range(PAGES)}
    answers = {name: partial(noting, times, page) for name, page in {**pages, b"robots.txt": ROBOTS}.items()}
    with serving(answers) as server, ExitStack() as stack:
        crawls = [stack.enter_context(begin(server, frontier_url, number)) for number in range(CRAWLERS)]
        assert [errors_of(crawl) for crawl in crawls] == [[None] * PAGES] * CRAWLERS
    assert server.selectors.count(b"robots.txt") == 1
    assert sorted(server.selectors) == sorted(answers)
    assert min(pauses(times)) >= PAUSE
