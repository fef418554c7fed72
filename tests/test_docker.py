"""The image and compose.yaml: what linters find and what containers start, with and without a daemon."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import yaml

from archive.store import open_writer
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support import ROOT
from tests.support.running.crawls import ended, is_whole, paper_served, root_of, running, wait_for
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BASE, capture
from tests.support.servers.free_ports import free_port
from tests.support.tables import rows

BIN = Path(sys.executable).parent
SCRIPT = ROOT / "docker" / "crawl-regularly"
CRAWLS = "SELECT sum(1 + idle_runs) FROM crawls WHERE finished_at IS NOT NULL"
BUILD_SECONDS = 1200
PAPER = Newspaper(seed=2, articles=12, daily=0)


def docker(*words: str, seconds: float = BUILD_SECONDS) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["docker", *words], capture_output=True, text=True, timeout=seconds, check=False, cwd=ROOT
    )


def compose() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return services


def environment(archive: Path, **more: str) -> dict[str, str]:
    """The environment of a container, with the program of these tests."""
    return {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "TAZ_ARCHIVE": str(archive), **more}


@pytest.mark.parametrize(
    "line",
    [
        "hadolint Dockerfile",
        "check-jsonschema --quiet --builtin-schema vendor.compose-spec compose.yaml",
    ],
)
def test_the_linters_find_nothing(line: str) -> None:
    program, *words = line.split()
    done = subprocess.run(
        [BIN / program, *words], capture_output=True, text=True, check=False, cwd=ROOT, timeout=LONGEST
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_all_that_the_image_is_built_from_reaches_the_build() -> None:
    copied = [
        name
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for name in line.split()[1:-1]
        if not name.startswith("--")
    ]
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied
    assert {Path(name).parts[0] for name in copied} == allowed
    assert all((ROOT / name).exists() for name in copied)


def test_both_services_share_the_archive_and_run_without_privileges() -> None:
    for service in compose().values():
        assert service["volumes"] == ["archive:/data"]
        assert (service["read_only"], service["init"], service["cap_drop"]) == (True, True, ["ALL"])
    assert "USER 10001" in (ROOT / "Dockerfile").read_text().splitlines()


@pytest.mark.slow
def test_crawls_follow_each_other_until_the_container_is_stopped(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER) as server:
        words = ["sh", str(SCRIPT), "--seed", root_of(server), "--delay", "0"]
        with running(words, env=environment(archive, EVERY="0.1", MAX_TIME="1m")) as process:
            wait_for(lambda: bool(server.selectors), "the first crawl")
            wait_for(lambda: (rows(archive, CRAWLS)[0][0] or 0) > 1, "a second crawl")
            process.send_signal(signal.SIGTERM)
            done = ended(process)
    assert (done.returncode, done.stderr) == (0, "")
    is_whole(archive)


@pytest.mark.slow
def test_a_stopped_container_lets_its_crawl_finish_a_page(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER) as server:
        words = ["sh", str(SCRIPT), "--seed", root_of(server), "--delay", "0.2"]
        with running(words, env=environment(archive)) as process:
            wait_for(lambda: len(server.selectors) > 3, "some pages")
            process.send_signal(signal.SIGTERM)
            assert ended(process).returncode == 0
    assert rows(archive, "SELECT reason FROM crawls") == [("shutdown",)]
    is_whole(archive)


@pytest.mark.slow
def test_a_mistyped_option_ends_the_container(tmp_path: Path) -> None:
    with running(["sh", str(SCRIPT), "--vai", "gemini"], env=environment(tmp_path / "taz.db")) as process:
        done = ended(process)
    assert done.returncode == 2
    assert "--vai" in done.stderr


def test_a_mistyped_pause_ends_the_container_after_one_crawl(tmp_path: Path) -> None:
    crawls = tmp_path / "crawls"
    program = tmp_path / "taz-archive"
    program.write_text(f'#!/bin/sh\necho >> "{crawls}"\n', encoding="utf-8")
    program.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    with running(["sh", str(SCRIPT)], env={**os.environ, "PATH": path, "EVERY": "half an hour"}) as process:
        done = ended(process)
    assert (done.returncode, crawls.read_text(encoding="utf-8")) == (2, "\n")
    assert "half an hour" in done.stderr


@pytest.mark.slow
def test_the_reading_room_answers_its_health_check(tmp_path: Path) -> None:
    service, port = compose()["reading-room"], str(free_port())
    archive = tmp_path / "taz.db"
    with open_writer(archive) as opened:
        opened.record([capture(BASE, 0)])
    command = [port if word == "8001" else word for word in service["command"]]
    _, program, *check = [word.replace("8001", port) for word in service["healthcheck"]["test"]]
    with running(command, env=environment(archive)):
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/"), "the reading room")
        subprocess.run([BIN / program, *check], check=True, timeout=LONGEST)


def answers(address: str) -> bool:
    try:
        with urlopen(address):
            return True
    except URLError:
        return False


def test_the_health_of_an_archive_is_the_images() -> None:
    """It fails without an archive, which is not healthy either."""
    text = (ROOT / "Dockerfile").read_text()
    words = yaml.safe_load(text.partition("HEALTHCHECK")[2].partition("CMD ")[2].partition("\n")[0])
    done = subprocess.run(
        words, env=environment(Path("/nonexistent/taz.db")), capture_output=True, check=False, timeout=LONGEST
    )
    assert done.returncode == 1


if shutil.which("docker") and docker("info", seconds=60).returncode == 0:

    @pytest.mark.slow
    def test_the_image_builds_and_serves_what_it_crawls() -> None:
        """Collected only where a Docker daemon answers, which can fetch the base image and packages."""
        built = docker("build", "--quiet", ".")
        assert built.returncode == 0, built.stderr
        image = built.stdout.strip()
        shown = docker("run", "--rm", image, "sh", "-c", "id -u; taz-archive --version; test -w /data")
        assert shown.returncode == 0, shown.stderr
        assert shown.stdout.startswith("10001\n")
        container = docker("run", "--detach", image).stdout.strip()
        stopped = docker("stop", "--time", "60", container)
        state = docker("inspect", "--format", "{{.State.ExitCode}}", container)
        docker("rm", "--force", "--volumes", container)
        assert (stopped.returncode, state.stdout.strip()) == (0, "0")
