"""Datasette and the commands read while a crawl writes, and neither side ever meets a lock."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support import ROOT
from tests.support.running.crawls import (
    PYTHON,
    await_captures,
    captures_in,
    crawling,
    end,
    is_whole,
    paper_served,
    quiet,
    root_of,
    run,
)
from tests.support.running.time_limit import LONGEST
from tests.support.servers.free_ports import free_port

pytestmark = pytest.mark.slow

PAPER = Newspaper(seed=6, articles=400, daily=0)
PAGES = (
    "/taz.json",
    "/taz/articles",
    "/taz/versions?_search=der",
    "/taz/captures?_sort_desc=id",
    "/taz/pages",
)
COMMANDS = (["list", "--limit", "0"], ["search", "der"], ["status"], ["changes", "--limit", "0"], ["verify"])


@contextmanager
def datasette(archive: Path) -> Iterator[str]:
    """The URL of a Datasette of its own process."""
    port = free_port()
    line = [sys.executable, "-m", "datasette", str(archive), "-p", str(port)]
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def await_answer(url: str) -> None:
    deadline = time.monotonic() + LONGEST
    while True:
        try:
            httpx.get(url, timeout=LONGEST)
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return


def test_readers_and_a_crawl_do_not_block_each_other(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with (
        paper_served(PAPER) as server,
        crawling(archive, "--seed", root_of(server), "--delay", "0.02") as crawl,
        datasette(archive) as url,
    ):
        await_captures(archive, 3)
        await_answer(url)
        begun = captures_in(archive)
        for page in PAGES:
            answer = httpx.get(url + page, timeout=LONGEST)
            assert answer.status_code == 200, (page, answer.text)
        for command in COMMANDS:
            done = run([*PYTHON, "-m", "archive", command[0], str(archive), *command[1:]])
            assert done.returncode == 0, done
        assert crawl.poll() is None, "it went on while all this was read"
        assert captures_in(archive) > begun
        quiet(end(crawl, signal.SIGTERM))
    is_whole(archive)
