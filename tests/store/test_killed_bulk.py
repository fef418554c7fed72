"""Imports, merges and reparses of many pages that are killed, wholly or in part, or find no room."""

import os
import resource
import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest

from benchmarks.bulk_scenes import Scene, scenes
from benchmarks.killed_bulk import Undisturbed, kill, rows_of, undisturbed_run
from benchmarks.process_tree import workers_of
from tests.support import ROOT
from tests.support.running.crawls import KILLS, ended, running, wait_for
from tests.support.running.maintenance import verify
from tests.support.running.time_limit import LONGEST
from tests.support.tables import rows

pytestmark = pytest.mark.slow

ARTICLES = 200  # in all, more pages than are parsed before there are workers
COMMANDS = ["import", "merge", "reparse"]
ROOM = 500_000  # bytes: too few for the archive or its log
CAPTURES = "SELECT source, url, captured_at, payload_id FROM captures ORDER BY id"


@pytest.fixture(scope="module")
def bulk_scenes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scene]:
    return scenes(tmp_path_factory.mktemp("scenes"), ARTICLES)


@pytest.fixture(scope="module")
def undisturbed(
    bulk_scenes: dict[str, Scene], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Undisturbed]:
    home = tmp_path_factory.mktemp("undisturbed")
    return {command: undisturbed_run(scene, home) for command, scene in bulk_scenes.items()}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_killed_at_any_instant_loses_nothing_and_goes_on(
    bulk_scenes: dict[str, Scene], tmp_path: Path, command: str
) -> None:
    tally = kill(bulk_scenes[command], tmp_path / "killed", max(2, KILLS // 2))
    assert tally.faults == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_whose_worker_is_killed_ends_as_if_undisturbed(
    bulk_scenes: dict[str, Scene], undisturbed: dict[str, Undisturbed], tmp_path: Path, command: str
) -> None:
    """As the kernel does when memory is short."""
    scene = bulk_scenes[command]
    archive = scene.fresh(tmp_path / "taz.db")
    with running(scene.line(archive)) as process:
        wait_for(lambda: bool(workers_of(process.pid)) or process.poll() is not None, "workers")
        for worker in workers_of(process.pid)[-1:]:  # none if it has ended already
            os.kill(worker, signal.SIGKILL)
        done = ended(process)
    assert done.returncode == undisturbed[command].code, done.stderr
    assert rows_of(scene, archive) == undisturbed[command].rows


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_ends_a_command_which_goes_on_when_there_is_room(
    bulk_scenes: dict[str, Scene], undisturbed: dict[str, Undisturbed], tmp_path: Path, command: str
) -> None:
    scene = bulk_scenes[command]
    archive = scene.fresh(tmp_path / "taz.db")
    before = rows(archive, CAPTURES)
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (ROOM, ROOM))
    done = subprocess.run(
        scene.line(archive),
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
        cwd=ROOT,
        preexec_fn=limit,
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"taz-archive: {archive}: "), done.stderr
    assert rows(archive, CAPTURES)[: len(before)] == before
    if command != "reparse":
        assert verify(archive).exit_code == 0
    again = subprocess.run(scene.line(archive), capture_output=True, timeout=LONGEST, check=False, cwd=ROOT)
    assert again.returncode == undisturbed[command].code
    assert rows_of(scene, archive) == undisturbed[command].rows
    assert verify(archive).exit_code == 0
