"""A backup put in place of an archive is ruined neither by a leftover log nor by a run in progress."""

import os
import random
import signal
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.cli.main import cli
from archive.model import Paragraph
from archive.pagekey import ROOT as FRONT_PAGE
from archive.store import open_writer
from archive.store.frontier.quick_check import record_if_idle
from benchmarks.restore_methods import WRITING, Scene, Way, by_command, by_cp, by_mv
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support import ROOT
from tests.support.running.crawls import (
    AS_ANYBODY,
    PYTHON,
    await_captures,
    captures_in,
    crawling,
    ended,
    failed_with,
    is_whole,
    paper_served,
    root_of,
    run,
    running,
    wait_for,
)
from tests.support.running.maintenance import WRITER, backup, contents, copy, verify
from tests.support.samples.captures import BASE, START, archive_of, capture
from tests.support.samples.histories import READINGS
from tests.support.tables import change

COUNT = 3  # captures in a backup


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A backup."""
    archive_of(tmp_path / "first.db", [capture(BASE, 0), capture(READINGS[4], 1), capture(BASE, 2, 6081000)])
    assert backup(tmp_path / "first.db", tmp_path / "good.db").exit_code == 0
    return tmp_path / "good.db"


def killed_archive(path: Path) -> None:
    """Leave an archive whose writer was killed, with captures that are only in its log."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([*PYTHON, "-c", WRITER, str(path)], env=env) as writer:
        wait_for(lambda: captures_in(path) > 2 * COUNT, "a writer at work")
        writer.kill()
    assert path.with_name(f"{path.name}-wal").stat().st_size


def restore(path: Path, source: Path) -> Result:
    return CliRunner().invoke(cli, ["restore", str(path), str(source)])


WAYS = [by_cp, by_mv, by_command]


# -- Over a log that was left behind ------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("command", ["verify --all", "list", "merge good.db"])
def test_a_leftover_log_does_not_ruin_a_backup(tmp_path: Path, good: Path, way: Way, command: str) -> None:
    path = tmp_path / "taz.db"
    killed_archive(path)
    way(good, path)
    name, *others = command.split()
    first = run(
        [*PYTHON, "-m", "archive", name, str(path), *(w.replace("good", f"{tmp_path}/good") for w in others)]
    )
    assert first.returncode == 0, first
    assert contents(path) == contents(good)
    is_whole(path)


def test_the_quick_check_for_due_pages_leaves_a_restored_archive_to_the_full_program(
    tmp_path: Path, good: Path
) -> None:
    idle = tmp_path / "idle.db"
    with open_writer(idle) as archive:
        archive.frontier.discover([FRONT_PAGE], at=START)
        crawl = archive.runs.begin(source="gopher", at=START)
        archive.runs.finish(crawl, at=START, reason="finished", stats={})
        change(archive, "UPDATE pages SET due_at = '2999-01-01T00:00:00.000Z'")
    backup(idle, tmp_path / "idle-backup.db")
    assert record_if_idle(copy(tmp_path / "idle-backup.db", "single.db"), "gopher")
    path = tmp_path / "taz.db"
    killed_archive(path)
    by_mv(tmp_path / "idle-backup.db", path)
    assert not record_if_idle(path, "gopher")
    assert path.read_bytes() == (tmp_path / "idle-backup.db").read_bytes()


def test_a_foreign_log_is_moved_away_and_reported_once(tmp_path: Path, good: Path) -> None:
    path = tmp_path / "taz.db"
    killed_archive(path)
    by_mv(good, path)
    line = f"{path}-wal: belongs to the file that was here before; moved to taz.db-wal.foreign\n"
    done = [run([*PYTHON, "-m", "archive", "list", str(path)]).stderr for _ in range(2)]
    assert done == [line, ""]
    assert (tmp_path / "taz.db-wal.foreign").stat().st_size


def test_a_folder_that_cannot_be_written_is_read_without_the_log(tmp_path: Path, good: Path) -> None:
    path = tmp_path / "closed" / "taz.db"
    path.parent.mkdir()
    killed_archive(path)
    by_mv(good, path)
    (tmp_path / "closed" / "taz.db.lock").unlink()
    path.parent.chmod(0o555)
    done = run([*AS_ANYBODY, *PYTHON, "-m", "archive", "status", str(path), "--json"])
    path.parent.chmod(0o755)
    assert done.returncode == 0, done
    assert path.with_name("taz.db-wal").stat().st_size
    assert contents(path) == contents(good)


def test_the_log_of_an_archive_that_was_killed_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "taz.db"
    killed_archive(path)
    assert verify(path).exit_code == 0
    assert captures_in(path) > 2 * COUNT
    assert not list(tmp_path.glob("*.foreign"))


# -- While a run writes -------------------------------------------------------------------------------------


def noise(seed: int) -> tuple[Paragraph, ...]:
    """Paragraphs that take long to compress, so that ``compact`` too writes for a while."""
    dice = random.Random(seed)
    return tuple(Paragraph(" ".join(str(dice.random()) for _ in range(50))) for _ in range(20))


@pytest.mark.parametrize("way", [by_cp, by_mv])
@pytest.mark.parametrize("command", WRITING)
def test_a_run_whose_archive_is_replaced_stops_and_leaves_the_new_one_as_it_is(
    tmp_path: Path, good: Path, way: Way, command: str
) -> None:
    path = tmp_path / "taz.db"
    with paper_served(Newspaper(seed=4, articles=60, daily=0)) as server:
        pages = [capture(replace(BASE, blocks=noise(n)), n, 6080000 + n) for n in range(100)]
        words = Scene(tmp_path, root_of(server)).prepare(command, pages)
        with running([*PYTHON, "-m", "archive", *words]) as process:
            wait_for(path.with_name("taz.db-wal").exists, "a run that writes")
            process.send_signal(signal.SIGSTOP)
            way(good, path)
            process.send_signal(signal.SIGCONT)
            done = ended(process)
    failed_with(done, 1, "taz.db: deleted or replaced while it was written to")
    assert path.read_bytes() == good.read_bytes()
    assert not path.with_name("taz.db-wal").exists()
    is_whole(path)


def test_a_lock_file_that_is_deleted_lets_no_second_run_in(tmp_path: Path) -> None:
    path = tmp_path / "taz.db"
    with (
        paper_served(Newspaper(seed=4, articles=60, daily=0)) as server,
        crawling(path, "--seed", root_of(server), "--delay", "0.05"),
    ):
        await_captures(path, 3)
        (tmp_path / "taz.db.lock").unlink()
        failed_with(run([*PYTHON, "-m", "archive", "compact", str(path)]), 75, "another run is writing to it")


# -- The command --------------------------------------------------------------------------------------------


def test_the_file_that_was_there_is_kept_with_its_log(tmp_path: Path, good: Path) -> None:
    path = tmp_path / "taz.db"
    killed_archive(path)
    count = captures_in(path)
    done = restore(path, good)
    assert done.output == (f"{path}: restored from {good}; the replaced file is now taz.db.replaced\n")
    assert contents(path) == contents(good)
    assert captures_in(tmp_path / "taz.db.replaced") == count
    is_whole(tmp_path / "taz.db.replaced")


def test_an_archive_that_was_lost_is_restored(tmp_path: Path, good: Path) -> None:
    path = tmp_path / "taz.db"
    killed_archive(path)
    path.unlink()
    assert restore(path, good).output == f"{path}: restored from {good}\n"
    assert contents(path) == contents(good)
    is_whole(path)


def test_the_log_of_a_lost_archive_does_not_overwrite_an_earlier_one(tmp_path: Path, good: Path) -> None:
    path = tmp_path / "taz.db"
    killed_archive(path)
    count = captures_in(path)
    restore(path, good)
    path.unlink()
    killed_archive(path)
    path.unlink()
    restore(path, good)
    assert captures_in(tmp_path / "taz.db.replaced") == count
    is_whole(tmp_path / "taz.db.replaced")
    assert (tmp_path / "taz.db-wal.foreign").stat().st_size


def test_restoring_twice_keeps_both_files(tmp_path: Path, good: Path) -> None:
    path = archive_of(tmp_path / "taz.db", [capture(BASE, 0)])
    restore(path, good)
    restore(path, good)
    kept = {file.name for file in tmp_path.glob("taz.db.replaced*")}
    assert kept == {"taz.db.replaced", "taz.db.replaced-2"}


def test_a_file_that_is_not_a_backup_is_refused_and_the_archive_stays(tmp_path: Path, good: Path) -> None:
    path = archive_of(tmp_path / "taz.db", [capture(BASE, 0)])
    before = path.read_bytes()
    (tmp_path / "notes.txt").write_text("Guten Tag.")
    with closing(sqlite3.connect(tmp_path / "mine.db")) as db:
        db.execute("CREATE TABLE mine (x)")
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(good.read_bytes()[: good.stat().st_size // 8192 * 4096])
    for source, code in (
        ("notes.txt", 1),
        ("mine.db", 1),
        ("missing.db", 1),
        ("taz.db", 1),
        ("damaged.db", 5),
    ):
        done = restore(path, tmp_path / source)
        assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (code, "", 1), (
            source,
            done.output,
        )
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("*.replaced*"))
    assert not list(tmp_path.glob("*.part"))


def test_an_archive_that_is_written_to_is_not_replaced(tmp_path: Path, good: Path) -> None:
    path = tmp_path / "taz.db"
    with (
        paper_served(Newspaper(seed=4, articles=60, daily=0)) as server,
        crawling(path, "--seed", root_of(server), "--delay", "0.05") as process,
    ):
        await_captures(path, 3)
        failed_with(
            run([*PYTHON, "-m", "archive", "restore", str(path), str(good)]),
            75,
            "another run is writing to it",
        )
        assert process.poll() is None
