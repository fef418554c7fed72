"""Whoever has an archive open goes on reading while other processes write to it, one after another."""

from pathlib import Path

import httpx
from crawling import run_script
from made import BRIDGE, NOON, archive_of, capture_of
from patience import LONGEST
from rooms import serving

from archive.store.archive import Archive
from archive.store.opening import is_archive

NUMBER = 700301
WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from made import BRIDGE, HOUR, NOON, archive_of, capture_of
path, number, times = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
pages = [replace(BRIDGE, title=f"Titel {times}.{at}", links=()) for at in range(20)]
found = [capture_of(page, number, NOON + times * HOUR + HOUR * at / 60) for at, page in enumerate(pages)]
archive_of(Path(path), found)
"""


def write(path: Path, times: int) -> None:
    done = run_script(WRITER, str(path), str(NUMBER), str(times))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_keeps_its_locks_when_the_same_process_opens_the_archive_again(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "taz.db", [capture_of(BRIDGE, NUMBER, NOON)])
    with Archive.to_read(path) as reader:
        with Archive.to_read(path):
            assert is_archive(path)
        write(path, 1)
        assert path.with_name("taz.db-wal").exists()  # a writer removes it when no reader is left
        assert reader.db.execute("SELECT count(*) FROM captures").fetchone() == (21,)


def test_the_reading_room_shows_what_one_process_after_another_writes(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "taz.db", [capture_of(BRIDGE, NUMBER, NOON)])
    with serving(path) as home, httpx.Client(base_url=home, timeout=LONGEST) as client:
        for times in (1, 2):
            assert client.get("/taz/articles.json").status_code == 200
            write(path, times)
            page = client.get(f"/-/article/{NUMBER}")
            assert page.status_code == 200
            assert f"Titel {times}.19" in page.text
