"""docs/section_headlines.py: which sections edit headlines, and how soon, from a derived dataset."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from archive.cli.main import cli
from benchmarks.synthetic_captures import SECTIONS, fill_dataset
from tests.support import ROOT
from tests.support.samples.exported_archive import needs_readers, python

pytestmark = pytest.mark.slow

PROGRAM = ROOT / "docs" / "section_headlines.py"


@pytest.fixture(scope="module")
def derived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a derived dataset of 400 articles."""
    home = tmp_path_factory.mktemp("headlines")
    captures, out = str(home / "captures"), str(home / "derived")
    fill_dataset(captures, 800)
    assert CliRunner().invoke(cli, ["derive", captures, out, "--workers", "1"]).exit_code == 0
    return Path(out)


@needs_readers
def test_sections_are_listed_by_how_many_headlines_they_edit(derived: Path, tmp_path: Path) -> None:
    said = python(PROGRAM, derived, tmp_path / "1.svg").splitlines()
    assert len(said) == len(SECTIONS)
    assert said[0].startswith("Politik: ")
    assert " of 50 headlines (" in said[0]
    assert said[-1].startswith("Wahrheit: ")
    python(PROGRAM, derived, tmp_path / "2.svg")
    assert (tmp_path / "1.svg").read_bytes() == (tmp_path / "2.svg").read_bytes()
