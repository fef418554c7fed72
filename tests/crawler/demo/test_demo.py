"""The demo, as a newcomer runs it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.tables import rows

pytestmark = pytest.mark.slow


def demo(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "archive", "demo", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_demo_shows_an_article_before_and_after_an_edit(tmp_path: Path) -> None:
    done = demo(str(tmp_path / "demo.db"))
    assert (done.returncode, done.stderr) == (0, "")
    for command in ("crawl", "status", "changes", "log", "diff", "show", "search"):
        assert f"$ taz-archive {command}" in done.stdout
    assert "{+" in done.stdout
    states = "SELECT max(version_count) > 1, sum(state = 'gone') FROM articles"
    assert rows(tmp_path / "demo.db", states) == [(1, 1)]


def test_the_demo_overwrites_nothing(tmp_path: Path) -> None:
    mine = tmp_path / "mine.db"
    mine.write_text("mine")
    done = demo(str(mine))
    assert done.returncode == 2
    assert mine.read_text() == "mine"
