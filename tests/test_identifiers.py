"""docs/identifiers.md lets a program in another language compute the digest of a version."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from archive.model import Capture
from tests.support import ROOT
from tests.support.samples.captures import archive_of
from tests.support.samples.cli_archives import ARTICLE_CAPTURES, HISTORY_CAPTURES
from tests.support.tables import rows

pytestmark = pytest.mark.skipif(
    not shutil.which("sqlite3"), reason="sqlite3 is not installed: apt-get install sqlite3"
)
SCRIPT = re.compile("```sh\n(.*?)```", re.DOTALL)


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
