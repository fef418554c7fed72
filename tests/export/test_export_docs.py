"""What docs/export.md shows is so: its commands run, in order, and its Python too."""

import os
import sys
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.running.doc_examples import run_examples
from tests.support.samples.exported_archive import READERS, make_archive, needs_readers, python, taz_archive

pytestmark = pytest.mark.slow

DOCS = ROOT / "docs" / "export.md"


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
    assert run_examples(DOCS) > 10


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
