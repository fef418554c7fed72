"""What docs/generate.py writes is what the program says, and it tells when that changed."""

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.support import ROOT
from tests.support.running.scripts import load_script

SCRIPT = ROOT / "docs" / "generate.py"


@pytest.fixture
def generate(tmp_path: Path) -> ModuleType:
    """The script, and a folder for what it writes."""
    module = load_script(SCRIPT)
    (tmp_path / "docs").mkdir()
    return module


def test_a_document_just_written_is_not_stale(generate: ModuleType, tmp_path: Path) -> None:
    assert generate.main([], tmp_path) == 0
    assert generate.main(["--check"], tmp_path) == 0


def test_a_stale_document_is_named_with_the_command_to_run(
    generate: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate.main([], tmp_path)
    (tmp_path / "docs" / "schema.md").write_text("old", encoding="utf-8")
    (tmp_path / "metadata.yml").unlink()
    assert generate.main(["--check"], tmp_path) == 1
    said = capsys.readouterr().err
    assert said == "stale: docs/schema.md, metadata.yml; run `make docs` and commit what it writes\n"


@pytest.mark.parametrize("command", [[], ["crawl"], ["show"], ["metadata"]])
def test_the_help_in_the_docs_is_what_a_terminal_of_100_columns_shows(
    generate: ModuleType, command: list[str]
) -> None:
    program = [sys.executable, "-c", "from archive.cli.main import main; main()", *command, "--help"]
    shown = subprocess.run(
        program, env={**os.environ, "COLUMNS": "100"}, capture_output=True, text=True, check=True
    ).stdout
    lines = [line.rstrip() for line in shown.replace("Usage: -c", "Usage: taz-archive").splitlines()]
    assert "\n".join(lines) in generate.cli_md()
