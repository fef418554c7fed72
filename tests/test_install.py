"""Installed as the README says, and as users of pipx, uv and pip do: all it shows works, and so do hints.

These tests ask a package index, so they run only where CI is set.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from archive.store import open_writer
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support import ROOT
from tests.support.running.crawls import paper_served, root_of
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
    (tmp_path / "tmp").mkdir()
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
        "TMPDIR": str(tmp_path / "tmp"),  # no program that is scheduled may run from one
        "PATH": f"{tmp_path}/.local/bin:{tmp_path}/venv/bin:{BIN}:/usr/bin:/bin",
    }


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive with the article that the README names, edited once."""
    edited = replace(BASE, title="Wetter in der Stadt: Kleiner Regen")
    with open_writer(tmp_path / "taz.db") as opened:
        opened.record([capture(BASE, 0), capture(edited, 2)])
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


# A user's crontab in a file, so that `schedule --install` changes no crontab of this machine.
CRONTAB = """#!/bin/sh
case "$1" in
  -l) cat ~/crontab 2>/dev/null || { echo "no crontab for you" >&2; exit 1; } ;;
  -) cat > ~/crontab ;;
esac
"""
PAPER = Newspaper(seed=2, articles=5, daily=0)
# All libraries of all extras; the formats of exports import theirs.
IMPORTS = """
import distributed, font_source_sans_pro, httpx, PIL, psycopg, s3fs
from archive.export.formats import FORMATS
for form in FORMATS.values():
    form.load()
"""


@pytest.mark.parametrize("installer", ["pipx", "uv"])
def test_all_that_the_readme_shows_works_after_its_one_line(
    installer: str, clone: Path, home: dict[str, str], archive: Path
) -> None:
    [line] = re.findall(r"(?m)^\$ (pipx install .*)$", (ROOT / "README.md").read_text())
    [install] = [each for each in line.split("# or: ") if each.startswith(installer)]
    works(install.strip(), home, clone)
    (clone.parent / "backup").mkdir()
    crontab = Path(home["HOME"], ".local/bin/crontab")
    crontab.write_text(CRONTAB)
    crontab.chmod(0o755)
    commands = readme(r"(?m)^\$ (taz-archive .*)$")
    assert {line.split()[1] for line in commands} > {"crawl", "schedule", "serve", "export", "republish"}
    with paper_served(PAPER) as server:
        for command in commands:
            run_as_shown(
                command.replace("crawl taz.db", f"crawl taz.db --delay 0 --seed {root_of(server)}"), home
            )
    program = Path(home["HOME"], ".local/bin/taz-archive").read_text().splitlines()[0].removeprefix("#!")
    works(f"{program} -c {shlex.quote(IMPORTS)}", home, archive.parent)
    works(
        "taz-archive changes taz.db --since 2025-04-01 --format post --pictures posts", home, archive.parent
    )


def run_as_shown(line: str, env: Mapping[str, str]) -> None:
    """Run a command of the README; start what serves, and end it once it says where."""
    folder = Path(env["HOME"])
    if line.split()[1] not in ("serve", "republish"):
        works(line.replace("/mnt/", f"{folder}/"), env, folder)
        return
    port = "--gopher 0" if "republish" in line else "--port 0"
    words = [f"{folder}/.local/bin/taz-archive", *shlex.split(f"{line.replace('--open', '')} {port}")[1:]]
    pipe, both = subprocess.PIPE, subprocess.STDOUT
    with subprocess.Popen(words, env=env, cwd=folder, stdout=pipe, stderr=both, text=True) as served:
        assert served.stdout
        listens = any(re.search(r"(http|gopher)://127\.0\.0\.1:\d", said) for said in served.stdout)
        served.terminate()
    assert listens, line


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
