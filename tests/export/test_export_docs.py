"""What docs/export.md shows is so: its commands run, in order, and its Python too."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.samples.exported_archive import READERS, make_archive, needs_readers, python, taz_archive

pytestmark = pytest.mark.slow

DOCS = ROOT / "docs" / "export.md"
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Our own commands run here, unless a shell has to pass on what they print; others run as they stand.
SHELL = re.compile(r"[|>]")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with taz.db, and the docs in their place."""
    folder = tmp_path_factory.mktemp("docs")
    make_archive(folder / "taz.db")
    (folder / "docs").symlink_to(ROOT / "docs")
    return folder


@needs_readers
def test_every_example_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{READERS}")
    blocks = BLOCK.findall(DOCS.read_text(encoding="utf-8"))
    assert len(blocks) > 10
    for kind, text in blocks:
        if kind == "python":
            python(text)
        else:
            for line in text.splitlines():
                run(line.removeprefix("$ "))


def run(line: str) -> None:
    command, *args = shlex.split(line)
    if command == "taz-archive" and not SHELL.search(line):
        ended = taz_archive(*args)
        assert ended.code == 0, (line, ended.stderr)
    else:
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
        assert done.returncode == 0, (line, done.stdout, done.stderr)


@needs_readers
def test_the_picture_is_the_same_each_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert taz_archive("export", "taz.db", "twice", "--format", "parquet", "--versions", "all").code == 0
    program = ROOT / "docs" / "headline_edits.py"
    pictures = []
    for name in ("1.svg", "2.svg"):
        python(program, "twice", name)
        pictures.append(Path(name).read_bytes())
    assert pictures[0] == pictures[1]
    assert b"hours after the article was first seen" in pictures[0]
