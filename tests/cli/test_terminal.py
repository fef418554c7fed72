"""Output: plain in a pipe, in colour on a terminal, and never with control characters of an archive."""

import pty
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from os import close, environ, read
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive.cli.main import cli
from tests.cli.conftest import Run
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import (
    BRIDGE,
    archive_of,
    capture_of,
)


def test_output_in_a_pipe_has_no_colours(run: Run) -> None:
    for args in (["list"], ["search", "strasse"], ["status"], ["log", 700001], ["diff", 700001], ["changes"]):
        assert "\x1b" not in run(*args).output


FORGED = {
    "versions": ("title", "lead", "caption", "dateline", "text"),
    "articles": ("title", "url"),
    "captures": ("url", "source", "problem"),
    "authors": ("name",),
    "tags": ("name",),
    "related_articles": ("title", "text"),
    "links": ("text", "target"),
    "crawls": ("sources", "reason"),
}
READING = (
    *(["list"], ["list", "--json"], ["search", "stadt"], ["search", "stadt", "--json"], ["status"]),
    *(["show", "700001", "--format", form] for form in ("dump", "markdown", "json")),
    *(
        ["show", "700001", "--provenance"],
        ["log", "700001"],
        ["diff", "700001"],
        ["diff", "700001", "--json"],
    ),
    *(
        ["changes", "--since", "2025-01-01", "--format", form]
        for form in ("text", "markdown", "html", "json")
    ),
)


@pytest.mark.parametrize("args", READING, ids=" ".join)
def test_no_control_character_of_an_archive_reaches_a_terminal(articles: Path, args: list[str]) -> None:
    forged = articles.with_name("forged.db")
    if not forged.exists():
        shutil.copy(articles, forged)
        with closing(sqlite3.connect(forged)) as db, db:
            for table, columns in FORGED.items():
                changed = ", ".join(
                    f"{name} = {name} || char(27) || '[31m' || char(155, 7)" for name in columns
                )
                db.execute(f"UPDATE {table} SET {changed}")
    result = CliRunner().invoke(cli, [args[0], str(forged), *args[1:]], catch_exceptions=False)
    assert "[31m" in result.stdout
    assert not {"\x07", "\x1b", "\x9b"} & {*result.output}


def on_a_terminal(*args: str) -> str:
    """What a command writes to a terminal of 60 columns."""
    ours, theirs = pty.openpty()
    env = environ | {"COLUMNS": "60", "TERM": "xterm-256color"}
    env.pop("NO_COLOR", None)
    command = [sys.executable, "-c", "from archive.cli.main import main; main()", *args]
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, env=env) as process:
        close(theirs)
        written = b""
        try:
            while some := read(ours, 65536):
                written += some
        except OSError:  # the terminal is closed with its last writer
            pass
        assert process.wait(timeout=LONGEST) == 0
    close(ours)
    return written.decode()


def test_a_terminal_gets_colours_and_tables_that_fit_it(articles: Path) -> None:
    table = on_a_terminal("list", str(articles))
    assert "…" in table
    assert "Murr: Ein [bo" in table
    assert "\x1b[9;31m" in on_a_terminal("diff", str(articles), "700001")


def test_a_terminal_without_a_character_shows_the_rest(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "taz.db", [capture_of(BRIDGE)])
    command = [sys.executable, "-m", "archive", "list", str(path)]
    limited = environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, check=False, env=limited)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"700001" in done.stdout
