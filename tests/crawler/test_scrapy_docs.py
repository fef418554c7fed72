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
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest
from scrapy.settings import BaseSettings, default_settings

from archive.cli.monitors import Monitors
from crawler.commands.crawl import _scrapy_settings, crawl
from crawler.commands.exit_report import Reporting
from crawler.commands.run_scrapy import settings_for
from crawler.items import ArticleItem, MenuItem
from crawler.options import ARGUMENTS, SETTINGS, CrawlOptions
from tests.support import ROOT
from tests.support.running.crawls import LOOPBACK, is_whole, wait_for
from tests.support.running.time_limit import LONGEST
from tests.support.servers.gopher_faults import free_port
from tests.support.tables import rows

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
        wait_for(lambda: len(jobs(example)["finished"]) == 2, "the jobs of scrapyd")
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


def jobs(example: Example) -> dict[str, list[dict[str, str]]]:
    with urlopen(f"http://{LOOPBACK}:{example.ports['6800']}/listjobs.json", timeout=LONGEST) as answer:
        found: dict[str, list[dict[str, str]]] = json.load(answer)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "number", range(len(COMMANDS)), ids=lambda number: f"{number}: {COMMANDS[number]}"[:60]
)
def test_a_command_does_what_the_page_shows(number: int, example: Example) -> None:
    step = example.steps[number]
    assert (step.command, step.code) == (COMMANDS[number], int(FAILING in step.command)), step.output
    assert "Traceback" not in step.output
    shown = ".*".join(map(re.escape, step.shown.split("…")))
    assert not shown or re.fullmatch(shown, step.output, re.DOTALL), step.output


@pytest.mark.slow
@pytest.mark.parametrize("name", ["taz", "daily", "hourly"])
def test_the_archive_of_each_way_to_crawl_is_whole(name: str, example: Example) -> None:
    is_whole(example.folder / f"{name}.db")
    assert rows(example.folder / f"{name}.db", "SELECT count(*) FROM articles") == [(39,)]
    assert {reason for (reason,) in rows(example.folder / f"{name}.db", "SELECT reason FROM crawls")} == {
        "finished"
    }


@pytest.mark.slow
def test_scrapyd_finishes_both_jobs(example: Example) -> None:
    assert {job["project"] for job in jobs(example)["finished"]} == {"default", "desk"}
    [log] = (example.folder / "logs" / "desk" / "taz").iterdir()
    assert "ERROR" not in log.read_text(encoding="utf-8")


def test_the_page_describes_all_fields_of_items() -> None:
    described = {
        name
        for names in re.findall(r"(?m)^\| ((?:`\w+`(?:, )?)+) \|[^|]*\|[^|]*\|$", PAGE)
        for name in re.findall(r"`(\w+)`", names)
    }
    assert described == {*ArticleItem.fields, *MenuItem.fields}


# -- The table of settings --------------------------------------------------------------------------------

ROW = re.compile(r"(?m)^\| `([A-Z_]+)` \| (?:`(.*?)`|–) \| .*? \| (?:`([\w-]+)`)? ?\| (?:`(\w+)`)? ?\|$")
LISTED = {setting: (default, option, argument) for setting, default, option, argument in ROW.findall(PAGE)}
NO_SETTINGS = re.findall(r"(?m)^\| `(--[a-z-]+)` \| [^|]+ \|$", PAGE)
NOT_IN_EACH_SCRAPY = {"HTTPERROR_ALLOW_ALL", "REMOTE_CONTROL_ENABLED"}  # among its default settings
OTHER_SETTINGS = {
    "DOWNLOAD_TIMEOUT": "timeout",
    "CLOSESPIDER_TIMEOUT": "max_time",
    "LOG_LEVEL": "verbose",
    "PROGRESS_VERBOSE": "verbose",
    "PROGRESS_QUIET": "quiet",
}


def project() -> BaseSettings:
    return settings_for({})


def long_name(option: str) -> str:
    given = next(each for each in crawl.params if each.name == option)
    return next((name for name in given.opts if name.startswith("--")), given.opts[0].upper())


def test_the_page_names_the_option_of_each_setting() -> None:
    expected = {setting: long_name(option) for option, setting in SETTINGS.items()}
    expected |= {setting: long_name(option) for setting, option in OTHER_SETTINGS.items()}
    assert {setting: option for setting, (_, option, _) in LISTED.items() if option} == expected


def test_the_page_names_the_argument_of_each_setting() -> None:
    listed = {argument: setting for setting, (_, _, argument) in LISTED.items() if argument}
    assert listed == ARGUMENTS


def test_each_option_of_the_command_is_a_setting_or_named_as_none() -> None:
    options = {long_name(option.name) for option in crawl.params if option.name}
    assert options == {option for _, option, _ in LISTED.values() if option} | set(NO_SETTINGS)


def test_the_page_has_each_setting_that_is_ours_or_that_the_command_sets() -> None:
    reporting = Reporting(Path("taz.db"), Monitors())
    given = _scrapy_settings(CrawlOptions(), reporting, max_time=None, timeout=timedelta(seconds=1))
    ours = {name for name in project() if not hasattr(default_settings, name)}
    assert set(LISTED) == (ours | set(given)) - NOT_IN_EACH_SCRAPY


def test_the_defaults_on_the_page_are_those_of_scrapy_crawl() -> None:
    defaults = {**project(), **CrawlOptions().as_settings()}
    assert {name: default for name, (default, _, _) in LISTED.items()} == {
        name: shown_value(defaults[name]) for name in LISTED
    }


def shown_value(value: object) -> str:
    if isinstance(value, list):
        return " ".join(value)
    return f"{value:g}" if isinstance(value, float) else "" if value is None else str(value)


# -- What carries the crawl ---------------------------------------------------------------------------------

COMPONENTS = [
    *("SCHEDULER", "EXTENSIONS", "ITEM_PIPELINES", "DOWNLOADER_MIDDLEWARES", "DOWNLOAD_HANDLERS"),
    *("REQUEST_FINGERPRINTER_CLASS", "LOG_FORMATTER", "COMMANDS_MODULE"),
]


def test_the_page_names_the_file_of_each_component() -> None:
    used = json.dumps([project()[name] for name in COMPONENTS], default=dict)
    for module in set(re.findall(r"crawler\.[a-z_.]+[a-z_]", used)):
        path = module.replace(".", "/")
        folder, _, name = path.rpartition("/")
        assert (
            f"`{path}.py`" in PAGE
            or f"`{path}/`" in PAGE
            or (f"`{folder}/`" in PAGE and f"`{name}.py`" in PAGE)
        ), module
