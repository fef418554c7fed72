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
    for command in ("status", "changes", "log", "diff", "show", "search"):
        assert f"$ taz-archive {command}" in done.stdout
    before, after, *_ = done.stdout.partition("The archive is")[0].split("\n  ")[1:]
    assert before.split() != after.split()
    assert before.startswith("before  Streit um die Abwasserüberwachung: ")
    assert after.startswith("after   Streit um die Abwasserüberwachung: ")
    assert f"serve {tmp_path / 'demo.db'} --open" in "".join(done.stdout.splitlines(keepends=True)[:10])
    assert "{+" in done.stdout
    states = "SELECT max(version_count) > 1, sum(state = 'gone') FROM articles"
    assert rows(tmp_path / "demo.db", states) == [(1, 1)]


def test_the_demo_leaves_an_archive_under_a_free_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo.db").write_text("mine")
    done = demo()
    assert (done.returncode, "The archive is demo-2.db." in done.stdout) == (0, True)
    assert (tmp_path / "demo.db").read_text() == "mine"
    assert rows(tmp_path / "demo-2.db", "SELECT count(*) > 50 FROM articles") == [(1,)]


def test_the_demo_overwrites_nothing(tmp_path: Path) -> None:
    mine = tmp_path / "mine.db"
    mine.write_text("mine")
    done = demo(str(mine))
    assert done.returncode == 2
    assert mine.read_text() == "mine"
