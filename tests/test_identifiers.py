"""docs/identifiers.md lets a program in another language compute the digest of a version."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from archive.model import Capture
from archive.proofs.proof import write_proof
from archive.store import open_reader
from tests.support import ROOT
from tests.support.samples.captures import archive_of
from tests.support.samples.cli_archives import ARTICLE_CAPTURES, HISTORY_CAPTURES
from tests.support.tables import rows

pytestmark = pytest.mark.skipif(
    not shutil.which("sqlite3"), reason="sqlite3 is not installed: apt-get install sqlite3"
)
SCRIPT = re.compile("```sh\n(# usage: sh .*?)```", re.DOTALL)
PROOF_SCRIPT = re.compile("```python\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("captures", [ARTICLE_CAPTURES, HISTORY_CAPTURES])
def test_the_shell_script_of_the_docs_computes_the_digest_of_every_version(
    tmp_path: Path, captures: list[Capture]
) -> None:
    archive = archive_of(tmp_path / "taz.db", captures)
    [script] = SCRIPT.findall((ROOT / "docs" / "identifiers.md").read_text(encoding="utf-8"))
    versions = rows(archive, "SELECT id, lower(hex(digest)) FROM versions")
    assert len(versions) > 3
    for version, digest in versions:
        computed = subprocess.run(
            ["sh", "-c", script, "digest.sh", archive, str(version)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert computed.stdout == f"{digest}\n", version


def test_the_python_script_of_the_docs_checks_proofs_as_the_program_does(tmp_path: Path) -> None:
    [script] = PROOF_SCRIPT.findall((ROOT / "docs" / "identifiers.md").read_text(encoding="utf-8"))
    file = tmp_path / "proof.json"
    with open_reader(archive_of(tmp_path / "taz.db", HISTORY_CAPTURES)) as archive:
        root, last = archive.tree.root()[0].hex(), archive.tree.proof(len(HISTORY_CAPTURES))
    file.write_text(write_proof(last), encoding="utf-8")
    assert _checked(script, file).stdout.splitlines() == [*last.capture, "root", root]
    file.write_text(write_proof(last).replace(last.capture.source, "other"), encoding="utf-8")
    assert root not in _checked(script, file).stdout


def _checked(script: str, file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script, str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)
