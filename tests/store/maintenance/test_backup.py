"""``backup``: a copy of one moment, whole or not there at all, and nothing else is ever overwritten."""

import os
import random
import resource
import signal
import sqlite3
import stat
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from archive.store import open_writer
from tests.support import ROOT
from tests.support.running.crawls import AS_ANYBODY, KILLS, PYTHON, count_in, is_whole, run, wait_for
from tests.support.running.maintenance import FLIP, WRITER, backup, contents, copy, damage, verify
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BASE, archive_of, capture
from tests.support.samples.histories import READINGS
from tests.support.samples.sample_archive import make_sample_archive
from tests.support.tables import rows

Done = subprocess.CompletedProcess[str]


def run_backup(path: Path, out: Path, *, before: Callable[[], object] | None = None) -> Done:
    """Run ``backup`` in a process of its own; ``before`` is called in it first."""
    words = [*PYTHON, "-m", "archive", "backup", str(path), str(out)]
    return subprocess.run(
        words, capture_output=True, text=True, timeout=LONGEST, check=False, cwd=ROOT, preexec_fn=before
    )


@pytest.fixture
def taz(tmp_path: Path) -> Path:
    return archive_of(tmp_path / "taz.db", [capture(BASE, 0), capture(READINGS[4], 1)])


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# -- What it holds ----------------------------------------------------------------------------------------


def test_a_backup_holds_everything_and_leaves_no_other_file(taz: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    done = backup(taz, out / "b.db")
    assert (done.exit_code, done.stderr) == (0, "")
    assert left_in(out) == {"b.db"}
    assert verify(out / "b.db").exit_code == 0
    assert contents(copy(out / "b.db", "c.db")) == contents(taz)


def test_a_backup_includes_the_log_of_a_running_writer_and_needs_no_log(taz: Path, tmp_path: Path) -> None:
    """As `datasette -i` opens it: immutable, without a look for a log."""
    out = tmp_path / "b.db"
    with open_writer(taz) as archive:
        archive.record([capture(READINGS[5], 2)])
        assert taz.with_name("taz.db-wal").stat().st_size
        assert backup(taz, out).exit_code == 0
    with closing(sqlite3.connect(f"file:{out}?immutable=1", uri=True)) as db:
        assert db.execute("SELECT count(*) FROM captures").fetchone() == (3,)
    assert not list(tmp_path.glob("b.db-*"))


def test_a_backup_has_the_permissions_of_the_archive(taz: Path, tmp_path: Path) -> None:
    taz.chmod(0o600)
    backup(taz, tmp_path / "b.db")
    assert stat.S_IMODE((tmp_path / "b.db").stat().st_mode) == 0o600


@pytest.mark.slow
def test_a_backup_during_a_crawl_is_a_consistent_snapshot(taz: Path, tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([*PYTHON, "-c", WRITER, str(taz)], env=env) as writer:
        try:
            wait_for(lambda: count_in(taz, "captures") > 20, "a writer at work")
            for n in range(2):
                done = run_backup(taz, tmp_path / "b.db")
                assert (done.returncode, done.stderr) == (0, ""), n
                is_whole(copy(tmp_path / "b.db", "c.db"))
                assert rows(tmp_path / "b.db", "SELECT count(*) % 2 FROM captures") == [(0,)]
            assert writer.poll() is None
        finally:
            writer.kill()
    assert count_in(taz, "captures") > count_in(tmp_path / "b.db", "captures")


# -- Again, and what is in the way --------------------------------------------------------------------------


def test_an_earlier_backup_is_replaced(taz: Path, tmp_path: Path) -> None:
    backup(taz, tmp_path / "b.db")
    archive_of(taz, [capture(BASE, 5)])
    assert backup(taz, tmp_path / "b.db").exit_code == 0
    assert count_in(tmp_path / "b.db", "captures") == 3


def test_a_backup_again_differs_only_where_the_archive_does(tmp_path: Path) -> None:
    """So programs that copy what changed in a file have little to copy."""
    make_sample_archive(tmp_path / "taz.db")
    before = [checkpointed(tmp_path / "taz.db"), backed_up(tmp_path)]
    archive_of(tmp_path / "taz.db", [capture(BASE, 5)])
    after = [checkpointed(tmp_path / "taz.db"), backed_up(tmp_path)]
    of_archive, of_backup = map(changed_pages, before, after)
    assert 0 < of_archive < len(after[0]) // PAGE
    assert of_backup <= of_archive + 10


PAGE = 4096


def checkpointed(archive: Path) -> bytes:
    with closing(sqlite3.connect(archive)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return archive.read_bytes()


def backed_up(folder: Path) -> bytes:
    assert backup(folder / "taz.db", folder / "b.db").exit_code == 0
    return (folder / "b.db").read_bytes()


def changed_pages(before: bytes, after: bytes) -> int:
    return sum(before[at : at + PAGE] != after[at : at + PAGE] for at in range(0, len(after), PAGE))


def text(path: Path) -> None:
    path.write_text("Guten Tag. " * 99)


def other_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE mine (x)")


def other_backup(path: Path) -> None:
    other = archive_of(path.with_name("other.db"), [capture(READINGS[2], 7)])
    assert backup(other, path).exit_code == 0


def live_archive(path: Path) -> None:
    archive_of(path, [capture(BASE, 0), capture(READINGS[4], 1)])


@pytest.mark.parametrize("make", [text, other_database, other_backup, live_archive, os.mkdir])
def test_anything_else_is_refused_and_stays(taz: Path, tmp_path: Path, make: Callable[[Path], None]) -> None:
    out = tmp_path / "out.db"
    make(out)
    before = out.read_bytes() if out.is_file() else None
    done = backup(taz, out)
    assert (done.exit_code, done.stdout) == (2 if out.is_dir() else 1, "")
    assert "out.db" in done.stderr
    assert out.is_dir() or (out.read_bytes() == before and len(done.stderr.splitlines()) == 1)
    assert not list(tmp_path.glob("*.part"))


def test_the_archive_itself_is_refused_by_whatever_name(taz: Path, tmp_path: Path) -> None:
    before = taz.read_bytes()
    (tmp_path / "link.db").symlink_to(taz)
    for out in (taz, tmp_path / "link.db"):
        assert backup(taz, out).exit_code == 1
    assert taz.read_bytes() == before


def test_the_second_of_two_concurrent_backups_fails_and_harms_nothing(taz: Path, tmp_path: Path) -> None:
    from archive.store.maintenance.backup import part_of  # noqa: PLC0415 - the one at work

    with part_of(tmp_path / "b.db", mode=0o644) as part:
        part.write_bytes(b"half")
        done = backup(taz, tmp_path / "b.db")
        assert (done.exit_code, "another process" in done.stderr) == (75, True)
        assert part.read_bytes() == b"half"


# -- What goes wrong ----------------------------------------------------------------------------------------


def test_a_damaged_file_is_not_copied_over_a_good_backup(taz: Path, tmp_path: Path) -> None:
    backup(taz, tmp_path / "b.db")
    before = (tmp_path / "b.db").read_bytes()
    [(page,)] = rows(taz, "SELECT rootpage FROM sqlite_schema WHERE name = 'links'")
    with taz.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(os.urandom(4096))
    done = backup(taz, tmp_path / "b.db")
    assert (done.exit_code, len(done.stderr.splitlines())) == (5, 1)
    assert (tmp_path / "b.db").read_bytes() == before


def test_bytes_that_were_flipped_are_for_verify_to_find(taz: Path, tmp_path: Path) -> None:
    """A backup costs no more than a copy; `verify` of either tells."""
    damage(taz, FLIP, 1)
    assert backup(taz, tmp_path / "b.db").exit_code == 0
    assert verify(tmp_path / "b.db").exit_code == 5


def fill(taz: Path) -> None:
    """Make it larger than the limits below."""
    archive_of(taz, [capture(BASE, n, 6081430 + n) for n in range(1, 41)])


def test_a_full_disk_is_one_line_and_the_earlier_backup_stays(taz: Path, tmp_path: Path) -> None:
    backup(taz, tmp_path / "b.db")
    before = (tmp_path / "b.db").read_bytes()
    fill(taz)
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (200_000, 200_000))
    done = run_backup(taz, tmp_path / "b.db", before=limit)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1), done
    assert "b.db.part: " in done.stderr
    assert (tmp_path / "b.db").read_bytes() == before
    assert not (tmp_path / "b.db.part").exists()


def test_a_link_in_its_place_does_not_make_it_written_elsewhere(taz: Path, tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "b.db.part").symlink_to(tmp_path / "victim")
    assert backup(taz, tmp_path / "b.db").exit_code == 1
    assert (tmp_path / "victim").read_text() == "precious"


def test_a_read_only_folder_is_one_line(taz: Path, tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    backup(taz, folder / "b.db")
    before = (folder / "b.db").read_bytes()
    folder.chmod(0o555)
    done = run([*AS_ANYBODY, *PYTHON, "-m", "archive", "backup", str(taz), str(folder / "b.db")])
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1), done
    assert "cannot be written" in done.stderr
    assert (folder / "b.db").read_bytes() == before


@pytest.mark.slow
def test_killed_at_any_instant_it_leaves_the_earlier_or_the_new_one(taz: Path, tmp_path: Path) -> None:
    backup(taz, tmp_path / "b.db")
    fill(taz)
    dice = random.Random(1)
    for _ in range(KILLS):
        words = [*PYTHON, "-m", "archive", "backup", str(taz), str(tmp_path / "b.db")]
        with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE) as process:
            time.sleep(dice.random())
            process.send_signal(signal.SIGKILL)
        assert count_in(tmp_path / "b.db", "captures") in (2, 42)
        assert verify(tmp_path / "b.db").exit_code == 0
    assert run_backup(taz, tmp_path / "b.db").returncode == 0
    assert count_in(tmp_path / "b.db", "captures") == 42
    assert not list(tmp_path.glob("*.part*"))
