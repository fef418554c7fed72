"""Messages have one form each: for nothing found, for counts, and for commands that can be pasted."""

import os
import re
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.cli.main import cli
from archive.store import BackfillProgress, open_writer
from crawler.readiness import backfill_line
from tests.support.samples.captures import BASE, capture

PASTED = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
NOTHING = {
    "list": (("--since", "2026-01-01"), "No articles found.\nWithout filters: 1 result.\n"),
    "search": (("quarz",), "No articles found.\n"),
    "changes": (("--since", "2026-01-01"), "No changes since 2026-01-01 00:00 (Europe/Berlin).\n"),
    "trust": ((), "No certificates known.\n"),
    "diff": (("6081430",), "No differences in article 6081430: it has one version.\n"),
}


@pytest.fixture
def taz(tmp_path: Path) -> Path:
    with open_writer(tmp_path / "taz.db") as archive:
        archive.record([capture(BASE, 0)])
    return tmp_path / "taz.db"


def run(command: str, *words: object) -> Result:
    return CliRunner().invoke(cli, [command, *map(str, words)])


@pytest.mark.parametrize("command", NOTHING)
def test_a_command_that_finds_nothing_prints_so_on_stderr_and_succeeds(command: str, taz: Path) -> None:
    words, said = NOTHING[command]
    done = run(command, taz, *words)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", said)


def test_one_certificate_is_singular(taz: Path) -> None:
    other = taz.with_name("other.db")
    for number, host in enumerate(["taz.de:1965", "example.org:1965"], start=1):
        with open_writer(other) as archive:
            archive.certificates.trust(host, "ab" * 32, at=datetime(2025, 4, number, tzinfo=UTC))
    assert "2 certificates trusted" in run("merge", taz, other).stdout
    with open_writer(other) as archive:
        archive.certificates.trust("example.net:1965", "ab" * 32, at=datetime(2025, 4, 3, tzinfo=UTC))
    assert "1 certificate trusted" in run("merge", taz, other).stdout


def test_one_article_and_one_run_are_singular() -> None:
    line = backfill_line(BackfillProgress(checked=0, known=1, oldest=None), 5)
    assert line == "0 of 1 article known so far fetched (0 %); about 1 more run"


# -- Commands that messages suggest -------------------------------------------------------------------------


def suggested(message: str) -> str:
    [found] = re.findall("`(taz-archive [^`]*)`", message)
    return str(found)


def test_a_command_in_a_message_can_be_pasted(tmp_path: Path) -> None:
    folder = tmp_path / "it's $HOME; touch x"
    folder.mkdir()
    line = suggested(run("list", folder / "my taz.db").stderr)
    subprocess.run(f"{line} --help", shell=True, check=True, env=PASTED, cwd=tmp_path, capture_output=True)
    assert shlex.split(line) == ["taz-archive", "crawl", str(folder / "my taz.db")]
    assert not (tmp_path / "x").exists()


def test_the_command_that_verify_suggests_repairs_the_archive(taz: Path) -> None:
    moved = taz.rename(taz.with_name("my 'taz'.db"))
    with closing(sqlite3.connect(moved)) as db:
        db.execute("DROP TRIGGER versions_insert")
    done = run("verify", moved)
    assert done.exit_code == 5
    mended = subprocess.run(suggested(done.stderr), shell=True, env=PASTED, check=False, capture_output=True)
    assert mended.returncode == 0
    assert run("verify", moved).exit_code == 0
