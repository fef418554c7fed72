"""An archive left to a real cron, which runs what ``schedule --install`` gave it: a story in one piece."""

import json
import re
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.server import serving_apart
from tests.support.running.crawls import is_whole
from tests.support.samples.captures import archive_of
from tests.support.servers.cron_daemon import Cron, await_it, cron_running, fill, kill_job, missing, pause
from tests.support.servers.free_ports import free_port

pytestmark = pytest.mark.slow

PAPER = Newspaper(seed=6, articles=12, daily=0)
BEFORE, AFTER = START, START + timedelta(days=1)  # between which four edits are made
COMMAND = (sys.executable, "-m", "archive")
ANOTHERS = "# mine\n17 3 * * * true # Größe %d\n".replace("%", "\\%")
ROOM = 100_000  # bytes that a full disk has left: a run begins, and comes to its end


class Story(NamedTuple):
    """What is left when all is over."""

    reasons: list[str]
    """Why the runs ended, one after the other, those in a row but once."""
    mails: list[tuple[str, str]]
    edited: list[int]
    """How many articles had more than one version before and after the paper's editors had worked."""
    status: str
    log: str
    crontabs: list[str]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    if why := missing():
        pytest.skip(why)
    with cron_running(tmp_path_factory.mktemp("cron")) as cron:
        yield tell(cron, free_port())


def tell(cron: Cron, port: int) -> Story:
    """Edits, a server that is down and comes back, a kill, a full disk, and room again."""
    archive = cron.disk / "Große Zeitung 100%.db"
    edited, crontabs = [], []
    with newspaper(port, BEFORE):
        crontabs.append(install(cron, archive, port))
        await_runs(archive, "finished", 2)
        edited.append(count(archive, EDITED))
    with newspaper(port, AFTER):
        await_runs(archive, "finished", 2)
        edited.append(count(archive, EDITED))
    await_runs(archive, "unreachable", 3)
    await_mails(cron, 1)
    with newspaper(port, AFTER):
        await_mails(cron, 2)
        await_it(lambda: count(archive, UNFINISHED) > 0, "a crawl to kill")
        kill_job(["crawl", str(archive)])
        await_runs(archive, "finished", 2)
        await_failure(cron, archive)
        await_mails(cron, 3)
        for ballast in cron.disk.glob("ballast*"):
            ballast.unlink()
        await_mails(cron, 4)
        await_runs(archive, "finished", 1)
        assert cron.run(*COMMAND, "schedule", str(archive), "--remove").stderr == "Removed.\n"
        pause(1.5)
    crontabs.append(cron.run("crontab", "-l").stdout)
    reasons = [reason for reason, _ in groupby(reason for (reason,) in ask(archive, REASONS))]
    status = cron.run(*COMMAND, "status", str(archive), "--check", "--json").stdout
    log = archive.with_suffix(".log").read_text(encoding="utf-8")
    is_whole(archive)
    return Story(reasons, cron.mails(), edited, status, log, crontabs)


FULL = "failed: database or disk is full"
REASONS = "SELECT reason FROM crawls ORDER BY id"
UNFINISHED = "SELECT count(*) FROM crawls WHERE reason IS NULL AND page_count > 2"
FAILED = f"SELECT count(*) FROM crawls WHERE reason = 'died' OR reason LIKE '{FULL}%'"
EDITED = "SELECT count(*) FROM articles WHERE version_count > 1"


@contextmanager
def newspaper(port: int, at: datetime) -> Iterator[None]:
    with serving_apart(PAPER, port=port) as server:
        server.clock.set(at)
        yield


def install(cron: Cron, archive: Path, port: int) -> str:
    """Install next to another line; return the crontab."""
    (cron.folder / "mine").write_text(ANOTHERS, encoding="utf-8")
    assert cron.run("crontab", str(cron.folder / "mine")).returncode == 0
    archive_of(archive, [])
    time.sleep(1.1)  # cron tells two versions of a crontab apart by the second of their time
    crawl = ("--seed", f"gopher://127.0.0.1:{port}/", "--delay", "0.01", "--ignore-schedule")
    done = cron.run(*COMMAND, "schedule", str(archive), "--every", "1m", "--install", "--", *crawl)
    assert (done.returncode, done.stderr) == (0, "Installed.\n")
    await_it(lambda: cron.is_reminded() and archive.with_suffix(".log").exists(), "the first run")
    return cron.run("crontab", "-l").stdout


def ask(archive: Path, query: str) -> list[Any]:
    """Query an archive whose name `rows` cannot handle."""
    try:
        with closing(sqlite3.connect(f"{archive.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.OperationalError:  # not made yet
        return []


def count(archive: Path, query: str) -> int:
    [number] = [row[0] for row in ask(archive, query)] or [0]
    return int(number)


def await_runs(archive: Path, reason: str, number: int) -> None:
    """Wait until so many more runs ended so."""
    query = f"SELECT count(*) FROM crawls WHERE reason = '{reason}'"
    before = count(archive, query)
    await_it(lambda: count(archive, query) >= before + number, f"{number} × {reason}")


def await_failure(cron: Cron, archive: Path) -> None:
    """Fill the disk, again whenever the archive gives room back, until a run could not go on."""
    before = count(archive, FAILED)

    def failed() -> bool:
        if shutil.disk_usage(cron.disk).free > 2 * ROOM:
            fill(cron.disk / f"ballast{len(list(cron.disk.iterdir()))}", but=ROOM)
        return count(archive, FAILED) > before

    await_it(failed, "a run on a full disk")


def await_mails(cron: Cron, number: int) -> None:
    await_it(lambda: len(cron.mails()) >= number, f"{number} mails")


def test_the_run_history_has_the_reason_of_each_end(story: Story) -> None:
    *before, last = story.reasons
    assert before[:5] == ["finished", "unreachable", "finished", "died", "finished"]
    assert set(before[5:]) - {"finished"}, "there were runs on the full disk"
    assert set(before[5:]) <= {"finished", "died", FULL}
    assert last == "finished"


def test_only_changes_of_health_are_mailed_and_once(story: Story) -> None:
    said = [text.splitlines() for _, text in story.mails]
    heads = [re.sub(".*/", "", lines[0]) for lines in said]
    name = "Große Zeitung 100%.db is"
    assert heads == [f"{name} unhealthy", f"{name} healthy", f"{name} unhealthy", f"{name} healthy"]
    assert said[0][1].startswith("- gopher is down since ")
    assert not said[0][2].startswith("- ")
    assert re.match(r"- [0-3] MB are free", [line for line in said[2] if line.startswith("- ")][-1])


def test_edits_are_found(story: Story) -> None:
    before, after = story.edited
    assert after > before


def test_the_archive_is_healthy_in_the_end(story: Story) -> None:
    fields = json.loads(story.status)
    assert (fields["healthy"], fields["problems"]) == (True, [])


def test_the_log_has_every_run(story: Story) -> None:
    ends = re.findall(r"INFO ends with (\d+):", story.log)
    assert {"0", "4"} <= set(ends)


def test_other_lines_of_the_crontab_stay(story: Story) -> None:
    installed, after = story.crontabs
    assert ANOTHERS in installed
    assert after.endswith(ANOTHERS)
    assert "taz-archive" not in after
