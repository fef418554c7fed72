"""``serve`` says what is wrong before anything is served. That it serves is tested in test_pages.py."""

import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive.cli.main import cli
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BRIDGE, archive_of, capture_of

OTHER_USER = 65534
# Root without the right to write into folders of other users.
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner", "--"]


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[Path]:
    """A folder to be locked; see :func:`lock`."""
    folder = tmp_path / "foreign"
    folder.mkdir()
    yield folder
    folder.chmod(0o755)


def lock(folder: Path) -> None:
    """Let the user of the tests read a folder, but not write to it."""
    for path in (folder, *folder.iterdir()):
        path.chmod(0o555 if path.is_dir() else 0o444)
        if os.geteuid() == 0:
            os.chown(path, OTHER_USER, OTHER_USER)


def unprivileged(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "archive", *arguments]
    as_user = WITHOUT_RIGHTS if os.geteuid() == 0 else []
    return subprocess.run([*as_user, *command], capture_output=True, text=True, timeout=LONGEST, check=False)


def test_a_missing_archive_is_not_served(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["serve", str(tmp_path / "nothing.db")])
    assert done.exit_code == 1
    assert "no such archive" in done.stderr


def test_a_database_of_something_else_is_not_served(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no archive", encoding="utf-8")
    done = CliRunner().invoke(cli, ["serve", str(tmp_path / "notes.txt")])
    assert done.exit_code == 1
    assert "not an archive" in done.stderr


def test_without_datasette_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "datasette.cli", None)
    path = archive_of(tmp_path / "paper.db", [capture_of(BRIDGE)])
    done = CliRunner().invoke(cli, ["serve", str(path)])
    assert done.exit_code == 1
    assert re.search(r"install .*'datasette<1,>=0\.65'$", done.stderr.strip())


def test_a_taken_port_is_an_error_of_one_line(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "paper.db", [capture_of(BRIDGE)])
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = CliRunner().invoke(cli, ["serve", str(path), "--port", port])
    assert done.exit_code == 1
    assert "already in use); --port 0 takes a free port" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_in_a_folder_that_cannot_be_written_serve_says_why_not_and_others_read(foreign: Path) -> None:
    path = archive_of(foreign / "paper.db", [capture_of(BRIDGE)])
    lock(foreign)
    done = unprivileged("serve", str(path), "--port", "0")
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert f"cannot be served by a user without write access to {foreign}" in line
    assert f"taz-archive backup {path} COPY.db" in line
    assert BRIDGE.title in unprivileged("list", str(path)).stdout


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["list"]])
def test_a_log_that_cannot_be_read_there_is_named_with_what_to_do(foreign: Path, command: list[str]) -> None:
    written = archive_of(foreign.parent / "paper.db", [capture_of(BRIDGE)])
    with closing(sqlite3.connect(written)) as db:
        db.execute("UPDATE articles SET title = 'Neu'")
        db.commit()
        for name in ("paper.db", "paper.db-wal"):
            shutil.copy(foreign.parent / name, foreign)
    lock(foreign)
    done = unprivileged(command[0], str(foreign / "paper.db"), *command[1:])
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert f"paper.db-wal holds changes that only a user who may write to {foreign} can read" in line
    assert f"taz-archive verify --repair {foreign / 'paper.db'}" in line
