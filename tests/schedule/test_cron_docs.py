"""docs/cron.md: every command on the page is run, in order."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import click
import pytest

from archive.cli.main import cli
from archive.model import Capture
from archive.schedule.jobs import JOB_COMMANDS
from archive.timestamps import minute_of, start_of
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support import ROOT
from tests.support.running.crawls import PYTHON, paper_served, root_of, run
from tests.support.running.fake_programs import FAKE_CRONTAB, FAKE_SYSTEMCTL
from tests.support.samples.captures import BRIDGE, absence_of, archive_of, capture_of

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "cron.md").read_text(encoding="utf-8")
COMMANDS = [
    line.removeprefix("$ ")
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ ")
]
PAPER = Newspaper(seed=3, articles=10, daily=0)
# The installed command, with a paper on loopback, without delay, and for a user who is not root.
OURS = """\
#!{python}
import os
import sys
os.geteuid = lambda: 1000
sys.path.insert(0, {root!r})
if sys.argv[1:2] == ["crawl"]:
    sys.argv += ["--via", "gopher={url}", "--delay", "0"]
from archive.cli.main import main
main()
"""
# Exit codes of commands that may not exit with 0.
ENDS = {"taz-archive status ~/taz.db --check --max-age 2h --min-free 1GB": {0, 3}}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory, with stand-ins for crontab, systemctl and mail that only change this folder."""
    programs = {
        "crontab": FAKE_CRONTAB.format(folder=tmp_path),
        "systemctl": FAKE_SYSTEMCTL.format(folder=tmp_path),
        "mail": f"#!/bin/sh\ncat >> {tmp_path}/mails\n",
    }
    (tmp_path / "none").write_text("no crontab for jo\n")
    (tmp_path / "bin").mkdir()
    for name, text in programs.items():
        put(tmp_path / "bin" / name, text)
    return tmp_path


def put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def test_every_command_of_the_page_succeeds(home: Path) -> None:
    with paper_served(PAPER) as server:
        ours = OURS.format(python=sys.executable, root=str(ROOT), url=root_of(server))
        put(home / "bin" / "taz-archive", ours)
        for command in COMMANDS:
            done = follow(home, command)
            assert done.returncode in ENDS.get(command, {0}), f"{command}: {done.stderr}"
            assert "Traceback" not in done.stderr
            if command.endswith("--install"):
                assert done.stderr.strip() in ("Installed.", "Already installed; nothing changed.")
            if command.startswith("crontab -l"):
                [charset, line] = [line for line in done.stdout.splitlines() if line[0] != "#"]
                assert charset == 'CONTENT_TYPE="text/plain; charset=UTF-8"'
                assert f" {home}/bin/taz-archive crawl {home}/taz.db --max-time 25m" in line
    assert len(COMMANDS) > 20
    assert "taz_archive_healthy" in (home / "taz.prom").read_text()


def follow(home: Path, command: str) -> "subprocess.CompletedProcess[str]":
    env = {"HOME": str(home), "PATH": f"{home}/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    env["TMPDIR"] = f"{home}/tmp"  # so that a clone in the system's temporary folder is one that stays
    return subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, check=False, env=env, cwd=home
    )


def test_the_page_lists_all_jobs() -> None:
    [listed] = re.findall(r"A job may be any of: (.*?), which then", PAGE, re.DOTALL)
    assert re.findall(r"`(\w+)`", listed) == list(JOB_COMMANDS)
    assert set(JOB_COMMANDS) <= set(cli.list_commands(click.Context(cli)))


def test_the_page_lists_all_problems() -> None:
    listed = re.findall(r"(?m)^\| `(\w+)(?: …)?` \|", PAGE)
    source = (ROOT / "archive" / "policy" / "health.py").read_text(encoding="utf-8")
    known = re.findall(r'HealthProblem\(\s*f?"(\w+)', source)
    assert set(known) == set(listed)


# -- The daily mail -------------------------------------------------------------------------------------

MILLISECOND, HOUR = timedelta(milliseconds=1), timedelta(hours=1)
LINE = re.compile(r"(?m)^(?:## (?P<kind>New|Edited|Gone|Back again) .*|- .*\((?P<at>.{16}), !(?P<id>\d+)\))$")


def story(number: int, *times: datetime) -> list[Capture]:
    """An article that is new, then edited, gone and back in turn, at these times."""
    edited = replace(BRIDGE, title="Brücke in Großau: Der Rat tagt")
    what = (
        capture_of(BRIDGE, number, times[0]),
        capture_of(edited, number, times[1]),
        absence_of(number, times[2]),
        capture_of(edited, number, times[3]),
    )
    return list(what)


def mailed(archive: Path, now: str) -> Counter[tuple[str, str, int]]:
    """The events in the mail that the documented job makes at a time of the machine's clock."""
    [words] = re.findall(r"--job 07:00 '(changes [^']*)'", PAGE)
    command, *options = shlex.split(words)
    faked = ["faketime", "-f", f"{now} 07:00:00", *PYTHON, "-m", "archive"]
    done = run([*faked, command, str(archive), *options], env={**os.environ, "TZ": "UTC"})
    assert (done.returncode, done.stderr) == (0, "")
    found, kind = Counter[tuple[str, str, int]](), ""
    for line in LINE.finditer(done.stdout):
        kind = line["kind"] or kind
        if line["id"]:
            found[KINDS[kind], line["at"], int(line["id"])] += 1
    return found


KINDS = {"New": "new", "Edited": "edited", "Gone": "gone", "Back again": "back"}


@pytest.mark.parametrize("day", [date(2025, 3, 30), date(2025, 10, 26)])  # of 23 and of 25 hours
def test_successive_daily_mails_hold_each_change_once(tmp_path: Path, day: date) -> None:
    if not shutil.which("faketime"):
        pytest.skip("no faketime; Debian's package faketime has it")
    midnight, next_midnight = start_of(day), start_of(day + timedelta(days=1))
    captures = [
        *story(700001, midnight - MILLISECOND, midnight, next_midnight - MILLISECOND, next_midnight),
        *story(700002, *(midnight + at * HOUR for at in (-20, -17, -2, 1))),
        *story(700003, *(midnight + at * HOUR for at in (6, 8, 30, 31))),
    ]
    archive = archive_of(tmp_path / "taz.db", captures)
    every = run(
        [*PYTHON, "-m", "archive", "changes", str(archive), "--since", "2025-03-01", "--limit", "0", "--json"]
    )
    events = Counter((row["event"], minute_of(row["at"]), row["id"]) for row in json.loads(every.stdout))
    assert events.total() == 12
    days = [mailed(archive, f"{day + timedelta(days=after)}") for after in (0, 1, 2)]
    assert all(days)
    assert sum(days, start=Counter[tuple[str, str, int]]()) == events
