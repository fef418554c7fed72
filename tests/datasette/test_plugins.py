"""The reading room with a plugin that has a page of the same name, and its refusal of Datasette 1."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BRIDGE, archive_of, capture_of
from tests.support.servers.free_ports import free_port
from tests.support.servers.reading_room import wait

SEARCH_ALL = Path(sys.prefix, "search-all")  # what `make setup` installs apart
DATASETTE_1 = Path(sys.prefix, "datasette1")
needs_search_all = pytest.mark.skipif(
    not SEARCH_ALL.is_dir(), reason="make setup installs datasette-search-all"
)
needs_datasette_1 = pytest.mark.skipif(not DATASETTE_1.is_dir(), reason="make setup installs Datasette 1.0")
SERVE = {"serve": ("-m", "archive", "serve"), "datasette": ("-m", "datasette", "serve")}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive_of(tmp_path_factory.mktemp("plugins") / "paper.db", [capture_of(BRIDGE)])


def command(name: str, path: Path, port: int) -> list[str]:
    return [sys.executable, *SERVE[name], str(path), "--port", str(port)]


def environment(packages: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(packages)}


@contextmanager
def serving_with_search_all(name: str, path: Path) -> Iterator[str]:
    port = free_port()
    with subprocess.Popen(
        command(name, path, port),
        env=environment(SEARCH_ALL),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            wait(f"http://127.0.0.1:{port}/-/static/app.css")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@needs_search_all
@pytest.mark.parametrize("name", SERVE)
def test_datasette_search_all_keeps_its_page_and_we_have_ours(path: Path, name: str) -> None:
    with serving_with_search_all(name, path) as home:
        theirs = httpx.get(f"{home}/-/search?q=streit", timeout=LONGEST).text
        first, room = (
            httpx.get(f"{home}/?datasette", timeout=LONGEST).text,
            httpx.get(f"{home}/-/paper/", timeout=LONGEST).text,
        )
        ours = httpx.get(f"{home}/-/articles?q=streit", timeout=LONGEST).text
        feed = httpx.get(f"{home}/-/articles.atom?q=streit", timeout=LONGEST)
    assert "<h1>Search all tables</h1>" in theirs
    assert 'class="find"' not in theirs
    assert 'action="/-/search"' in first
    assert '<a href="/-/paper/">Read the archive</a>' in first
    assert 'action="/-/articles"' in room
    assert "<mark>Streit</mark>" in ours
    assert feed.headers["content-type"].startswith("application/atom+xml")


@needs_datasette_1
@pytest.mark.parametrize("name", SERVE)
def test_datasette_1_is_refused_in_one_line(path: Path, name: str) -> None:
    done = subprocess.run(
        command(name, path, free_port()),
        env=environment(DATASETTE_1),
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "but only Datasette 0.65 can serve an archive" in last
    assert "pip install 'datasette>=0.65,<1'" in last
    assert "Traceback" not in done.stderr
    assert "The reading room: http" not in done.stderr
