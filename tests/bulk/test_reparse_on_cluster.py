"""``reparse --scheduler``: the same archive as without, whatever is killed meanwhile."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from archive.store import open_writer
from tests.support.running.crawls import COMMAND, Done, is_whole, run, wait_for
from tests.support.running.special_pages import deadly, gated
from tests.support.running.worse_parsers import parsing, some, unable
from tests.support.samples.captures import BASE, MENU, NUMBER, capture, page_of
from tests.support.samples.sample_archive import make_sample_archive
from tests.support.tables import change, derived_rows, rows

pytestmark = pytest.mark.slow

CHANGED = replace(BASE, title="Wetter in der Stadt: Kleiner Regen")


def reparse(path: Path, env: Mapping[str, str], *words: str) -> Done:
    return run([*COMMAND, "reparse", str(path), *words], env=env)


def test_a_cluster_gives_the_same_archive(
    cluster: str, special_env: Mapping[str, str], tmp_path: Path
) -> None:
    here, there = tmp_path / "here.db", tmp_path / "there.db"
    with parsing(unable, only=some):
        make_sample_archive(here)
        with open_writer(here) as archive:
            archive.record(
                [page_of(MENU, 0), capture(BASE, 1), capture(BASE, 2, None), capture(CHANGED, 3, None)]
            )
    shutil.copy(here, there)
    expected = reparse(here, special_env, "--json", "--jobs", "1")
    done = reparse(there, special_env, "--json", "--scheduler", cluster)
    assert (done.returncode, done.stderr) == (expected.returncode, expected.stderr)
    assert json.loads(done.stdout) == json.loads(expected.stdout)
    assert json.loads(done.stdout)["versions_new"] > 0
    assert derived_rows(there) == derived_rows(here)
    pages = "SELECT * FROM pages ORDER BY id"
    assert rows(there, pages) == rows(here, pages)
    is_whole(there)


def test_menus_are_parsed_by_the_process_that_has_the_archive(
    cluster: str, special_env: Mapping[str, str], tmp_path: Path
) -> None:
    gate, path = tmp_path / "gate", tmp_path / "taz.db"
    gate.mkdir()
    (gate / "open").touch()
    with open_writer(path) as archive, parsing(unable):
        archive.record([gated(page_of(MENU, 0), gate)])
    words = [*COMMAND, "reparse", str(path), "--scheduler", cluster]
    with subprocess.Popen(words, env=special_env, stdout=subprocess.DEVNULL) as driver:
        pass
    assert (driver.returncode, {file.name for file in gate.iterdir()}) == (0, {"open", str(driver.pid)})


def test_damaged_bytes_are_reported_and_change_nothing(
    cluster: str, special_env: Mapping[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "taz.db"
    make_sample_archive(path)
    with open_writer(path, as_is=True) as archive:
        change(archive, "UPDATE payloads SET body = zeroblob(9) WHERE id = 20")
    done = reparse(path, special_env, "--scheduler", cluster)
    assert done.returncode == 5
    assert "not changed: article 6040134: payload 20 cannot be decompressed" in done.stderr


def test_a_page_that_kills_its_worker_leaves_its_article_as_it_is(
    cluster: str, special_env: Mapping[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "taz.db"
    with open_writer(path) as archive, parsing(unable):
        archive.record([capture(BASE, 0), deadly(capture(BASE, 1)), capture(CHANGED, 2, 6080001)])
    done = reparse(path, special_env, "--scheduler", cluster)
    assert done.returncode == 5
    assert f"not changed: article {NUMBER}: its process was killed" in done.stderr
    assert rows(path, "SELECT id FROM articles") == [(6080001,)]


def test_killed_workers_and_runs_cost_nothing(
    cluster: str, special_env: Mapping[str, str], tmp_path: Path
) -> None:
    gate, path = tmp_path / "gate", tmp_path / "taz.db"
    gate.mkdir()
    with open_writer(path) as archive, parsing(unable):
        archive.record([capture(BASE, 0), gated(capture(BASE, 1), gate), capture(CHANGED, 2, 6080001)])
    kill_at(gate, path, special_env, cluster, worker=False)
    kill_at(gate, path, special_env, cluster, worker=True)
    assert rows(path, "SELECT id, version_count FROM articles ORDER BY id") == [(6080001, 1), (NUMBER, 1)]
    assert rows(path, "SELECT count(*), count(finished_at) FROM reparses") == [(1, 1)]


def kill_at(gate: Path, path: Path, env: Mapping[str, str], cluster: str, *, worker: bool) -> None:
    """Begin a reparse, and kill it or its worker while that parses a page. Wait for the reparse to end."""
    for file in gate.iterdir():
        file.unlink()
    words = [*COMMAND, "reparse", str(path), "--scheduler", cluster]
    with subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL) as driver:
        wait_for(lambda: any(gate.iterdir()), "a worker")
        [parsing] = gate.iterdir()
        if worker:
            os.kill(int(parsing.name), signal.SIGKILL)
        else:
            driver.kill()
        (gate / "open").touch()
    assert driver.returncode == (0 if worker else -signal.SIGKILL)
