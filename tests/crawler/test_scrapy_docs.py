"""docs/scrapy.md: every file on the page is created, and every command is run, in order."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.support import ROOT
from tests.support.running.crawls import LOOPBACK, await_captures, is_whole, wait_for
from tests.support.running.time_limit import LONGEST
from tests.support.servers.free_ports import free_port
from tests.support.tables import rows

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "scrapy.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FAILING = "desk.broken"  # is in the only command that exits with 1
PORTS = ("7070", "7071", "6800")  # of the page


@dataclass
class Step:
    """A command of the page, and what the page shows of its output."""

    command: str
    shown: str
    code: int | None = None
    output: str = ""


@dataclass
class Example:
    """The folder in which the page was followed, and its steps."""

    folder: Path
    ports: dict[str, int]
    steps: list[Step] = field(default_factory=list)

    def here(self, text: str) -> str:
        """Return a text of the page with this machine's ports."""
        for port, free in self.ports.items():
            text = text.replace(f":{port}/", f":{free}/").replace(f"--port {port}", f"--port {free}")
        return text


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block with the output that follows it."""
    for text in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, shown = text.partition("\n")
        yield command, shown


COMMANDS = [
    command for kind, text in BLOCK.findall(PAGE) if kind == "console" for command, _ in commands(text)
]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    """Follow the page, from its first block to its last."""
    example = Example(tmp_path_factory.mktemp("scrapy"), {port: free_port() for port in PORTS})
    (example.folder / "scrapyd.conf").write_text("[scrapyd]\npoll_interval = 0.2\n")
    with ExitStack() as servers:
        for kind, text in BLOCK.findall(PAGE):
            if kind == "console":
                for command, shown in commands(text):
                    example.steps.append(follow(example, command, shown, servers))
            else:
                create(example, text)
        wait_for(lambda: {"default", "desk"} == {job["project"] for job in finished(example)}, "scrapyd")
        yield example


def create(example: Example, text: str) -> None:
    """Create a file, whose name is in its first line."""
    name, _, code = text.partition("\n")
    path = example.folder / name.removeprefix("# ")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(example.here(code), encoding="utf-8")


def follow(example: Example, command: str, shown: str, servers: ExitStack) -> Step:
    here = example.here(command)
    if here.endswith(" &"):
        serve(example, here.removesuffix(" &"), servers)
        return Step(command, shown, 0)
    done = subprocess.run(
        ["bash", "-c", here],
        cwd=example.folder,
        env=environment(example),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    return Step(command, example.here(shown), done.returncode, done.stdout)


def serve(example: Example, command: str, servers: ExitStack) -> None:
    """Start a server, and end it with ``servers``."""
    port = example.ports[next((port for port in PORTS if f"--port {example.ports[port]}" in command), "6800")]
    log = servers.enter_context((example.folder / f"{port}.log").open("w"))
    server = subprocess.Popen(
        ["bash", "-c", f"exec {command}"],
        cwd=example.folder,
        env=environment(example),
        stdout=log,
        stderr=log,
    )
    servers.callback(server.wait)
    servers.callback(server.terminate)
    wait_for(lambda: server.poll() is not None or listens(port), command)
    assert server.poll() is None, Path(log.name).read_text()


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((LOOPBACK, port)) == 0


def environment(example: Example) -> dict[str, str]:
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    port = str(example.ports["6800"])
    return {"PATH": programs, "HOME": str(example.folder), "LC_ALL": "C.UTF-8", "SCRAPYD_HTTP_PORT": port}


def ask(example: Example, service: str, **given: str) -> Any:
    """Return the answer of scrapyd; ``given`` is posted."""
    url = f"http://{LOOPBACK}:{example.ports['6800']}/{service}.json"
    with urlopen(url, urlencode(given).encode() or None, timeout=LONGEST) as answer:
        return json.load(answer)


def finished(example: Example) -> list[dict[str, str]]:
    jobs: list[dict[str, str]] = ask(example, "listjobs")["finished"]
    return jobs


@pytest.mark.parametrize(
    "number", range(len(COMMANDS)), ids=lambda number: f"{number}: {COMMANDS[number]}"[:60]
)
def test_a_command_does_what_the_page_shows(number: int, example: Example) -> None:
    step = example.steps[number]
    assert (step.command, step.code) == (COMMANDS[number], int(FAILING in step.command)), step.output
    assert "Traceback" not in step.output
    shown = ".*".join(map(re.escape, step.shown.split("…")))
    assert not shown or re.fullmatch(shown, step.output, re.DOTALL), step.output


@pytest.mark.parametrize("name", ["taz", "daily", "hourly"])
def test_the_archive_of_each_way_to_crawl_is_whole(name: str, example: Example) -> None:
    is_whole(example.folder / f"{name}.db")
    assert rows(example.folder / f"{name}.db", "SELECT count(*) FROM articles") == [(39,)]
    assert {reason for (reason,) in rows(example.folder / f"{name}.db", "SELECT reason FROM crawls")} == {
        "finished"
    }


def test_a_job_of_scrapyd_logs_no_error(example: Example) -> None:
    [log] = (example.folder / "logs" / "desk" / "taz").iterdir()
    assert "ERROR" not in log.read_text(encoding="utf-8")


def test_a_job_can_be_cancelled_and_a_second_one_on_its_archive_ends(example: Example) -> None:
    archive = example.folder / "slow.db"
    taz = {"project": "default", "spider": "taz", "archive": str(archive)}
    seed = example.here("gopher://127.0.0.1:7070/")
    ask(example, "schedule", **taz, seed=seed, jobid="first")
    await_captures(archive, 1)
    ask(example, "schedule", **taz, seed=seed, jobid="second")
    wait_for(lambda: "second" in {job["id"] for job in finished(example)}, "the second job")
    assert ask(example, "cancel", project="default", job="first")["prevstate"] == "running"
    wait_for(lambda: "first" in {job["id"] for job in finished(example)}, "the first job")
    assert rows(archive, "SELECT reason FROM crawls") == [("shutdown",)]
    is_whole(archive)
