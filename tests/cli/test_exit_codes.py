"""The exit codes: every row of the table, as a script would meet it. None that is not well is 0."""

import re
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from archive.cli import exit_codes
from archive.store.db.lock import writing
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support import ROOT
from tests.support.running.crawls import (
    PYTHON,
    Done,
    crawl,
    crawl_broken,
    crawl_limited,
    paper_served,
    root_of,
    run,
)
from tests.support.servers.free_ports import free_port
from tests.support.servers.gopher_faults import LOOPBACK, reset_midway
from tests.support.tables import rows

pytestmark = pytest.mark.slow

PAPER = Newspaper(seed=3, articles=10, daily=0)
KEYS = PAPER.keys(PAPER.start)


class Case(NamedTuple):
    """What somebody does to an archive that there may not be yet, and what its last run is said to be."""

    code: int
    does: Callable[[Path], Done]
    reason: str | None = None


def well(archive: Path) -> Done:
    with paper_served(PAPER) as server:
        return crawl(archive, "--seed", root_of(server))


def broken(module: str, name: str) -> Callable[[Path], Done]:
    def does(archive: Path) -> Done:
        with paper_served(PAPER) as server:
            return crawl_broken((module, name), archive, "--seed", root_of(server), "--delay", "0.001")

    return does


def no_room(archive: Path) -> Done:
    with paper_served(Newspaper(seed=3, articles=30, daily=0)) as server:
        return crawl_limited(archive, "--seed", root_of(server), "--delay", "0.001")


def half_failing(archive: Path) -> Done:
    with paper_served(PAPER, dict.fromkeys(KEYS[1::2], reset_midway)) as server:
        return crawl(archive, "--seed", root_of(server), "--timeout", "2s")


def host_down(archive: Path) -> Done:
    return crawl(archive, "--seed", f"gopher://{LOOPBACK}:{free_port()}/")


def damaged(archive: Path) -> Done:
    well(archive)
    with closing(sqlite3.connect(archive)) as connection:
        [page] = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'pages'").fetchone()
        [size] = connection.execute("PRAGMA page_size").fetchone()
    with archive.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    return host_down(archive)


def locked(archive: Path) -> Done:
    with writing(archive):
        return host_down(archive)


def unhealthy(archive: Path) -> Done:
    well(archive)
    return run([*PYTHON, "-m", "archive", "status", str(archive), "--check", "--max-age", "0s"])


def mistyped(archive: Path) -> Done:
    return crawl(archive, "--max-tiem", "10m")


LOOKING = """
import sys
from pathlib import Path
from archive.store.db.lock import is_held
while True:
    is_held(Path(sys.argv[1]))
"""
CASES = {
    "all well": Case(exit_codes.DONE, well, "finished"),
    "an invalid pipeline": Case(
        exit_codes.FAILED,
        broken("crawler.pipelines", "ArchivePipeline.__init__"),
        "failed: broken on purpose",
    ),
    "a pipeline that fails to start": Case(
        exit_codes.FAILED,
        broken("crawler.pipelines", "ArchivePipeline.from_crawler"),
        "failed: broken on purpose",
    ),
    "an item that fails": Case(
        exit_codes.FAILED,
        broken("crawler.pipelines", "ArchivePipeline.process_item"),
        "failed: gopher://.*: broken on purpose",
    ),
    "a spider that fails to start": Case(
        exit_codes.FAILED, broken("crawler.spiders.taz", "TazSpider.start"), "failed: broken on purpose"
    ),
    "a callback that fails": Case(
        exit_codes.FAILED,
        broken("crawler.spiders.taz", "TazSpider.parse"),
        "failed: gopher://.*: broken on purpose",
    ),
    "a middleware that fails": Case(
        exit_codes.FAILED,
        broken("crawler.middlewares.robots", "RobotsMiddleware.from_crawler"),
        "failed: broken on purpose",
    ),
    "a disk that fills": Case(exit_codes.FAILED, no_room),
    "a mistyped option": Case(exit_codes.USAGE, mistyped),
    "half of the pages failing": Case(exit_codes.SOME_FAILED, half_failing, "finished"),
    "a check that finds something": Case(exit_codes.SOME_FAILED, unhealthy, "finished"),
    "a host that is down": Case(exit_codes.UNREACHABLE, host_down, "unreachable"),
    "a damaged archive": Case(exit_codes.DAMAGED, damaged),
    "another run at it": Case(exit_codes.BUSY, locked),
}


def test_every_row_of_the_table_has_a_case() -> None:
    assert {case.code for case in CASES.values()} == set(exit_codes.EXIT_MEANINGS)


@pytest.mark.parametrize("name", CASES)
def test_each_case_ends_with_its_exit_code(tmp_path: Path, name: str) -> None:
    archive = tmp_path / "taz.db"
    case = CASES[name]
    done = case.does(archive)
    assert done.returncode == case.code, done.stderr
    if case.code == exit_codes.DONE:
        assert (done.stdout, done.stderr) == ("", "")
    elif case.code != exit_codes.SOME_FAILED:
        assert done.stderr
    if case.reason:
        [(reason,)] = rows(archive, "SELECT reason FROM crawls ORDER BY id DESC LIMIT 1")
        assert re.fullmatch(case.reason, reason)


def test_a_second_run_ends_at_once_and_readers_do_not_wait(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    well(archive)
    with writing(archive):
        second = host_down(archive)
        looked = run([*PYTHON, "-m", "archive", "status", str(archive), "--json"])
    assert second.stderr == f"taz-archive: {archive}: another run is writing to it; wait for it to finish\n"
    assert (looked.returncode, looked.stderr) == (0, "")


def test_a_check_of_the_lock_keeps_no_run_from_taking_it(tmp_path: Path) -> None:
    """A look takes the lock for an instant, over and over here."""
    archive = tmp_path / "taz.db"
    well(archive)
    with subprocess.Popen([*PYTHON, "-c", LOOKING, str(archive)], cwd=ROOT) as process:
        try:
            for _ in range(200):
                with writing(archive):
                    pass
        finally:
            process.terminate()
