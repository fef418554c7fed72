"""Files that a stranger has made: ``import`` does not crash, hang or swell, and nothing harmful gets in."""

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive.cli.main import cli
from tests.support.running.measured_commands import DONE, MOST_MEMORY, PROBLEMS, Ended, run
from tests.support.samples.captures import BRIDGE, archive_of, capture_of
from tests.support.samples.crafted_imports import CRAFTED, HEAVY, craft

# With CRAFTED=all, all kinds, each by processes of their own; that takes five minutes.
ALL = os.environ.get("CRAFTED") == "all"
KINDS = list(CRAFTED) if ALL else [kind for kind in CRAFTED if kind not in HEAVY][::4]


def ended(*words: object) -> Ended:
    """Run a command: as a process, or, which is quicker, in this one."""
    if ALL:
        return run(*words)
    result = CliRunner().invoke(cli, list(map(str, words)), catch_exceptions=False)
    return Ended(result.exit_code, 0, result.output)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive_of(tmp_path_factory.mktemp("base") / "base.db", [capture_of(BRIDGE)])


@pytest.mark.parametrize("kind", KINDS)
def test_import_reads_or_refuses_it_and_the_archive_stays_sound(
    kind: str, base: Path, tmp_path: Path
) -> None:
    taz = Path(shutil.copy(base, tmp_path / "taz.db"))
    imported = ended("import", taz, craft(tmp_path / "crafted", kind))
    assert imported.code in (DONE, PROBLEMS), imported.output
    assert "Traceback" not in imported.output
    assert imported.output.replace("\n", "").isprintable()
    assert imported.memory < MOST_MEMORY, imported
    verified = ended("verify", "--all", taz)
    assert verified.code == DONE, verified.output
    assert f"{BRIDGE.title}" in ended("show", taz, 700001).output
