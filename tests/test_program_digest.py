"""The digest of the program differs whenever it might read a page in another way."""

import os
import subprocess
import sys
from pathlib import Path

from archive.program_digest import program_digest
from tests.support import ROOT
from tests.support.running.plugins import install_source

SHOW = "from archive.program_digest import program_digest; print(program_digest().hex())"


def digest_with(path: Path | None = None, seed: str = "1") -> str:
    folders = os.pathsep.join(map(str, [ROOT, *([path] if path else [])]))
    env = {**os.environ, "PYTHONPATH": folders, "PYTHONHASHSEED": seed}
    return subprocess.run(
        [sys.executable, "-c", SHOW], env=env, capture_output=True, text=True, check=True
    ).stdout


def test_the_digest_is_the_same_in_each_process() -> None:
    digest = program_digest()
    assert digest is not None
    assert {digest_with(seed="1").strip(), digest_with(seed="2").strip()} == {digest.hex()}


def test_a_plugin_and_each_change_of_its_source_change_the_digest(tmp_path: Path) -> None:
    sites = [install_source(tmp_path / name, f"# {name}") for name in ("one", "two")]
    assert len({digest_with(), *map(digest_with, sites)}) == 3
