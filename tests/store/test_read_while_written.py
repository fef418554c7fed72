"""Readers go on reading while other processes write to the archive, one after another."""

from pathlib import Path

import httpx

from archive.store import open_reader
from archive.store.db.connection import is_archive
from archive.store.db.file_header import MAX_IDLE_HANDLES
from tests.support.running.crawls import run_script
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BRIDGE, NOON, archive_of, capture_of
from tests.support.servers.reading_room import serving

NUMBER = 700301
WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from tests.support.samples.captures import BRIDGE, HOUR, NOON, archive_of, capture_of
path, number, times = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
pages = [replace(BRIDGE, title=f"Titel {times}.{at}", links=()) for at in range(20)]
found = [capture_of(page, number, NOON + times * HOUR + HOUR * at / 60) for at, page in enumerate(pages)]
archive_of(Path(path), found)
"""


def write(path: Path, times: int) -> None:
    done = run_script(WRITER, str(path), str(NUMBER), str(times))
    assert (done.returncode, done.stderr) == (0, "")


def is_last_to_close(path: Path) -> bool:
    """Return whether another process that closes an archive removes the log, although we read it."""
    code = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('PRAGMA user_version = 1')"
    assert run_script(f"{code}; db.close()", str(path)).returncode == 0
    return not path.with_name("taz.db-wal").exists()


def test_a_reader_keeps_its_locks_when_the_same_process_opens_the_archive_again(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "taz.db", [capture_of(BRIDGE, NUMBER, NOON)])
    with open_reader(path):
        with open_reader(path):
            assert is_archive(path)
        assert not is_last_to_close(path)
    assert is_last_to_close(path)


def open_files() -> list[Path]:
    return list(Path("/dev/fd").iterdir())


def test_a_reader_keeps_its_locks_however_many_files_are_looked_at(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "taz.db", [capture_of(BRIDGE, NUMBER, NOON)])
    before = len(open_files())
    with open_reader(path):
        for at in range(3 * MAX_IDLE_HANDLES):
            (tmp_path / str(at)).write_bytes(bytes(200))
            assert not is_archive(tmp_path / str(at))
        assert len(open_files()) < before + 2 * MAX_IDLE_HANDLES
        assert not is_last_to_close(path)


def test_files_that_were_replaced_are_not_kept_open(tmp_path: Path) -> None:
    path, before = tmp_path / "taz.db", len(open_files())
    for _ in range(MAX_IDLE_HANDLES):
        path.with_name("new.db").write_bytes(bytes(200))
        path.with_name("new.db").replace(path)
        assert not is_archive(path)
    assert len(open_files()) <= before + 2


def test_the_reading_room_shows_what_one_process_after_another_writes(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "taz.db", [capture_of(BRIDGE, NUMBER, NOON)])
    with serving(path) as home, httpx.Client(base_url=home, timeout=LONGEST) as client:
        for times in (1, 2):
            assert client.get("/taz/articles.json").status_code == 200
            write(path, times)
            page = client.get(f"/-/article/{NUMBER}")
            assert page.status_code == 200
            assert f"Titel {times}.19" in page.text
