"""``serve`` says what is wrong before anything is served. That it serves is tested in test_web_pages.py."""

import socket
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from made import BRIDGE, archive_of, capture_of

from archive.cli.main import cli


def test_an_archive_that_is_not_there_is_not_served(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["serve", str(tmp_path / "nothing.db")])
    assert done.exit_code == 1
    assert "no archive is there" in done.stderr


def test_a_database_of_something_else_is_not_served(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no archive", encoding="utf-8")
    done = CliRunner().invoke(cli, ["serve", str(tmp_path / "notes.txt")])
    assert done.exit_code == 1
    assert "not an archive" in done.stderr


def test_without_datasette_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasette.cli", None)
    path = archive_of(tmp_path / "paper.db", [capture_of(BRIDGE)])
    done = CliRunner().invoke(cli, ["serve", str(path)])
    assert done.exit_code == 1
    assert "pip install 'taz-archive[datasette]'" in done.stderr


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "paper.db", [capture_of(BRIDGE)])
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = CliRunner().invoke(cli, ["serve", str(path), "--port", port])
    assert done.exit_code == 1
    assert "already in use; --port 0" in done.stderr
    assert len(done.stderr.splitlines()) == 1
