"""What docs/bulk.md shows is so: its commands run, in order, and its Python too."""

import os
import sys
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.running.doc_examples import run_examples
from tests.support.samples.exported_archive import READERS, make_archive, needs_readers

pytestmark = pytest.mark.slow


@needs_readers
def test_every_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(READERS))
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    make_archive(tmp_path / "taz.db")
    assert run_examples(ROOT / "docs" / "bulk.md") > 5
