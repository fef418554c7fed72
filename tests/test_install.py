"""Installed as the README says, and as users of pipx, uv and pip do: all it shows works, and so do hints.

These tests ask a package index, so they run only where CI is set.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from archive.store import open_writer
from tests.support import ROOT
from tests.support.samples.captures import BASE, capture

SECONDS = 300  # for one installation, of some 100 MB where nothing is cached
BIN = Path(sys.executable).parent
pytestmark = pytest.mark.skipif("CI" not in os.environ, reason="asks a package index; run with CI=1")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files of the repository that an installer reads."""
    for name in ("archive", "crawler"):
        shutil.copytree(ROOT / name, tmp_path / "clone" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path / "clone" / name)
    return tmp_path / "clone"


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """The environment of a new user, with the package caches of this one."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIPX_", "XDG_", "VIRTUAL_"))
    }
    return {
        "PIP_CACHE_DIR": str(cache / "pip"),
        "UV_CACHE_DIR": str(cache / "uv"),
        **kept,
        "HOME": str(tmp_path),
        "PATH": f"{tmp_path}/.local/bin:{tmp_path}/venv/bin:{BIN}:/usr/bin:/bin",
    }


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    with open_writer(tmp_path / "taz.db") as opened:
        opened.record([capture(BASE, 0)])
    return tmp_path / "taz.db"


def shell(line: str, env: Mapping[str, str], folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        line, shell=True, capture_output=True, text=True, timeout=SECONDS, check=False, env=env, cwd=folder
    )


def works(line: str, env: Mapping[str, str], folder: Path) -> None:
    done = shell(line, env, folder)
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


def readme(pattern: str) -> list[str]:
    """Commands of the README, without what it remarks on them."""
    return [
        line.partition("  #")[0].strip() for line in re.findall(pattern, (ROOT / "README.md").read_text())
    ]


def test_what_the_readme_installs_runs_all_its_exports_and_serves(
    clone: Path, home: dict[str, str], archive: Path
) -> None:
    [install] = readme(r"(?m)^\$ (pipx install .*)$")
    works(install, home, clone)
    exports = readme(r"(?m)^\$ (taz-archive export .*)$")
    assert len(exports) > 3
    for line in exports:
        works(line.replace("2026-11-01", "2025-11-01").replace("--since today", ""), home, archive.parent)
    command = [f"{home['HOME']}/.local/bin/taz-archive", "serve", str(archive), "--port", "0"]
    with subprocess.Popen(command, env=home, stderr=subprocess.PIPE, text=True) as served:
        assert served.stderr
        listens = any("running on http://127.0.0.1:" in line for line in served.stderr)
        served.terminate()
    assert listens


INSTALLERS = {
    "pipx": "pipx install .",
    "uv": "uv tool install .",
    "pip": "uv venv --quiet --seed ~/venv && uv pip install --python ~/venv/bin/python .",
}


@pytest.mark.parametrize("installer", INSTALLERS)
def test_a_hint_installs_the_library_that_is_missing(
    installer: str, clone: Path, home: dict[str, str], archive: Path
) -> None:
    works(INSTALLERS[installer], home, clone)
    export = "taz-archive export taz.db out --format parquet"
    refused = shell(export, home, archive.parent)
    assert refused.returncode == 1
    assert refused.stderr.startswith("taz-archive: parquet needs pyarrow: ")
    works(refused.stderr.partition("pyarrow: ")[2], home, archive.parent)
    works(export, home, archive.parent)
