"""Imports and merges whose archive cannot be written to, or goes away under them."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support.running.crawls import (
    AS_ANYBODY,
    PYTHON,
    await_captures,
    captures_in,
    crawling,
    ended,
    failed_with,
    paper_served,
    root_of,
    run,
    running,
    wait_for,
)
from tests.support.samples.captures import BASE, archive_of, capture
from tests.support.samples.histories import READINGS
from tests.support.tables import rows

pytestmark = pytest.mark.slow

COUNT = 240  # articles of the archive to merge, in more than one step
FILES = 1500  # to import: after the first step there is time to stop the command


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive to merge, and a folder of files to import."""
    home = tmp_path_factory.mktemp("home")
    found = [capture(BASE, n % 7, 6080000 + n) for n in range(COUNT)]
    found += [capture(READINGS[4], 9, 6080000 + n) for n in range(COUNT)]
    archive_of(home / "other.db", [*found, capture(BASE, 1, None), capture(READINGS[4], 2, None)])
    (home / "files").mkdir()
    body = found[0].body
    assert body
    for n in range(FILES):
        (home / "files" / f"!{6080000 + n}").write_bytes(body)
    return home


def words(what: str, archive: Path, home: Path) -> list[str]:
    source = {"import": ["files", "--captured-at", "2025-04-10"], "merge": ["other.db"]}[what]
    return [*PYTHON, "-m", "archive", what, str(archive), str(home / source[0]), *source[1:]]


# -- Not writable ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["import", "merge", "verify", "reparse"])
def test_a_read_only_archive_is_one_line_and_can_be_read(home: Path, tmp_path: Path, command: str) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    archive = archive_of(folder / "taz.db", [capture(BASE, 0)])
    (folder / "taz.db.lock").unlink()
    archive.chmod(0o444)
    folder.chmod(0o555)
    before = archive.read_bytes()
    if command in ("import", "merge"):
        line = words(command, archive, home)
    else:
        line = [*PYTHON, "-m", "archive", command, str(archive)]
    done = run([*AS_ANYBODY, *line])
    if command == "verify":
        assert (done.returncode, done.stderr) == (0, "")
    else:
        failed_with(done, 1, "taz.db.lock: cannot be written")
    assert archive.read_bytes() == before


def test_a_read_only_file_in_a_writable_folder_is_one_line(home: Path, tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "taz.db", [capture(BASE, 0)])
    archive.chmod(0o444)
    failed_with(run([*AS_ANYBODY, *words("merge", archive, home)]), 1, "taz.db: ")


# -- Gone --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["import", "merge"])
@pytest.mark.parametrize("replaced", [True, False])
def test_an_archive_deleted_or_replaced_during_an_import_or_merge_is_noticed(
    home: Path, tmp_path: Path, what: str, replaced: bool
) -> None:
    archive = tmp_path / "taz.db"
    other = archive_of(tmp_path / "new.db", [capture(BASE, 0)])
    before = other.read_bytes()
    with running(words(what, archive, home)) as process:
        wait_for(lambda: captures_in(archive) > 0, "a step")
        process.send_signal(signal.SIGSTOP)
        if replaced:
            other.replace(archive)
        else:
            archive.unlink()
        process.send_signal(signal.SIGCONT)
        done = ended(process)
    failed_with(done, 1, "taz.db: deleted or replaced while it was written to")
    assert archive.exists() == replaced
    if replaced:
        assert archive.read_bytes() == before


def test_a_crawl_notices_a_deleted_archive(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with (
        paper_served(Newspaper(seed=4, articles=60, daily=0)) as server,
        crawling(archive, "--seed", root_of(server), "--delay", "0.05") as process,
    ):
        await_captures(archive, 3)
        archive.unlink()
        failed_with(ended(process), 1, "taz.db: deleted or replaced while it was written to")


def test_the_second_of_two_writers_fails(home: Path, tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with running(words("merge", archive, home)) as process:
        wait_for(lambda: captures_in(archive) > 0, "a step")
        process.send_signal(signal.SIGSTOP)
        failed_with(run(words("import", archive, home)), 75, "another run is writing to it")
        assert run([*PYTHON, "-m", "archive", "verify", str(archive)]).returncode in (0, 5)
        process.send_signal(signal.SIGCONT)
        assert ended(process).returncode == 0
    with closing(sqlite3.connect(archive)) as db:
        assert db.execute("SELECT count(*) FROM captures").fetchone() == (2 * COUNT + 2,)
    assert rows(archive, "SELECT count(*) FROM captures WHERE article_id IS NULL") == [(0,)]
