"""An export that is killed loses nothing, and what it leaves behind is removed by the next one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive.export.files.exchange import exchange
from archive.export.files.working_folder import LOCK, remove_leftovers
from tests.support import ROOT
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BRIDGE, NOON, archive_of, capture_of
from tests.support.samples.exported_archive import taz_archive

HALTED = """
import sys, time
from archive.cli.main import cli
from archive.export import jsonl

def halt(version):
    print("writing", flush=True)
    time.sleep(3600)

jsonl.line = halt
cli(sys.argv[1:])
"""
KILLED = """
import os, signal, sys
from pathlib import Path
from archive.export.files.exchange import exchange
from archive.export.files.output import new_folder

out, way, steps = sys.argv[1:]
left = int(steps)

def count(event, _):
    global left
    left -= event in ("os.rename", "os.rmdir", "os.remove")
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

with new_folder(Path(out), exchange if way == "exchange" else lambda *_: False) as folder:
    (folder / "file").write_text("new")
    sys.addaudithook(count)
"""


@contextmanager
def halted(*args: object) -> Iterator["subprocess.Popen[str]"]:
    """Run a command that stops, for as long as a test needs, where it writes the first line of an export."""
    command = [sys.executable, "-c", HALTED, *map(str, args)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "writing\n"
            yield process
        finally:
            process.kill()


def working_folders(folder: Path) -> list[Path]:
    return list(folder.glob(".*"))


def test_what_a_killed_export_leaves_is_removed_by_the_next_one_but_not_while_it_runs(tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "taz.db", [capture_of(BRIDGE, 900001, NOON)])
    with halted("export", archive, tmp_path / "one.jsonl", "--format", "jsonl") as process:
        assert taz_archive("export", archive, tmp_path / "two.csv", "--format", "csv").code == 0
        assert len(working_folders(tmp_path)) == 1
        process.kill()
        process.wait(LONGEST)
    assert len(working_folders(tmp_path)) == 1
    assert taz_archive("export", archive, tmp_path / "three.csv", "--format", "csv").code == 0
    assert not working_folders(tmp_path)
    assert not (tmp_path / "one.jsonl").exists()


def replaced(out: Path, way: str, steps: int) -> int:
    """Replace a folder in a process that is killed after so many steps; return its exit code."""
    command = [sys.executable, "-c", KILLED, str(out), way, str(steps)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


@pytest.mark.parametrize("way", ["exchange", "two renames"])
def test_a_folder_that_is_being_replaced_is_never_lost(tmp_path: Path, way: str) -> None:
    out, steps, code, found = tmp_path / "out", 0, -9, set[str]()
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    is_one_step = exchange(tmp_path / "one", tmp_path / "other") and way == "exchange"
    while code:
        out.mkdir(exist_ok=True)
        (out / "file").write_text("old")
        code = replaced(out, way, steps)
        assert out.is_dir() or not is_one_step
        remove_leftovers(tmp_path)
        assert not [path for folder in working_folders(tmp_path) for path in folder.iterdir()]
        assert [path.name for path in out.iterdir()] == ["file"]
        found.add((out / "file").read_text())
        steps += 1
    assert steps > 3
    assert found == ({"new"} if is_one_step else {"old", "new"})


def test_a_file_that_only_looks_like_a_leftover_is_kept(tmp_path: Path) -> None:
    target, here = tmp_path / "target", tmp_path / "here"
    for folder in (target, here / ".a.part-12345678", here / ".b.part-12345678"):
        (folder / "new").mkdir(parents=True)
    (target / LOCK).touch()
    (here / ".c.part-12345678").symlink_to(target)
    os.mkfifo(here / ".b.part-12345678" / "fifo")
    (here / ".b.part-12345678" / LOCK).symlink_to(target / LOCK)
    before = sorted(tmp_path.rglob("*"))
    remove_leftovers(here)
    assert sorted(tmp_path.rglob("*")) == before
