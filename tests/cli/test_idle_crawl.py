"""A scheduled crawl with nothing due ends early, as the full program would have ended it."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from archive.__main__ import PLAIN_CRAWL
from archive.cli.logs.log_lines import MAX_LOG_BYTES
from archive.cli.main import cli
from archive.cli.monitoring.notified_problems import notified_path
from archive.pagekey import ROOT
from archive.schedule.interval import every
from archive.schedule.jobs import make_job
from archive.store import open_reader, open_writer
from archive.store.db.lock import writing
from archive.store.db.release_schema import has_release_schema
from archive.timestamps import stamp
from crawler.clock import utc_now
from tests.support.running.crawls import (
    AS_ANYBODY,
    PYTHON,
    Done,
    failed_with,
    run,
    run_fresh_script,
    run_script,
)
from tests.support.samples.captures import BASE, capture
from tests.support.tables import change, database, rows

pytestmark = pytest.mark.slow

FULL = """
import sys
from archive.cli.main import main
sys.argv[0] = "taz-archive"
main()
"""
FAST = """
import sys
sys.argv[0] = "taz-archive"
from archive.__main__ import main
try:
    main()
finally:
    full = {"click", "sqlite_utils", "rich", "scrapy", "lxml"} & set(sys.modules)
    print("full" if full else "fast")
"""
STAMP = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
LAYOUT_CHANGE = (
    "INSERT INTO crawl_sources (crawl_id, source, asked_at, answered_at, layout_change)"
    " VALUES (1, 'gopher', '2025-04-10T06:00:00.000Z', '2025-04-10T06:00:00.000Z', 'no titles')"
)
Change = Callable[[Path], object]


class Result(NamedTuple):
    """All that a crawl leaves behind, without times and the name of its folder."""

    code: int
    printed: str
    log: str | None
    state: bytes | None
    runs: object
    files: list[str]


@pytest.fixture
def idle(tmp_path: Path) -> Path:
    """An archive of one article, crawled just now, with nothing due for long, of which nothing is unusual."""
    archive = tmp_path / "one" / "taz.db"
    archive.parent.mkdir()
    now = utc_now() - timedelta(minutes=5)
    with open_writer(archive) as opened:
        opened.frontier.discover([ROOT], at=now)
        opened.record([capture(BASE, 0)])
        opened.runs.finish(opened.runs.begin(source="gopher", at=now), at=now, reason="finished", stats={})
        change(opened, "UPDATE pages SET due_at = ?", stamp(now + timedelta(days=1)))
    return archive


def scheduled(archive: Path, *words: str) -> list[str]:
    """Return the words of a crawl that ``schedule`` writes for an archive, after those of the program."""
    job = make_job(cli, archive, every(timedelta(minutes=30)), ["crawl", *words])
    return list(job.words[job.words.index("crawl") :])


def notified(archive: Path, *words: str) -> None:
    """Crawl, so that the present state of health is no news."""
    run_script(FULL, *scheduled(archive, *words))


def result(archive: Path, done: Done) -> Result:
    folder, log, state = archive.parent, archive.with_suffix(".log"), notified_path(archive)
    normalised = [
        re.sub(f"{folder.parent}/(?:one|other)", "FOLDER", STAMP.sub("TIME", text))
        for text in (done.stdout + done.stderr, log.read_text() if log.is_file() else "")
    ]
    return Result(
        done.returncode,
        re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d|[\d.]+ GB", "", normalised[0]),
        normalised[1],
        state.read_bytes() if state.is_file() else None,
        history(archive),
        sorted(each.name for each in folder.iterdir()),
    )


def history(archive: Path) -> object:
    try:
        return rows(archive, "SELECT reason, sources, idle_runs, page_count FROM crawls ORDER BY id")
    except Exception as error:  # noqa: BLE001 - of a damaged archive
        return type(error)


def both(idle: Path, *words: str, before: Change = lambda _: None) -> tuple[str, Result]:
    """Crawl an archive, and a copy of it with the full program only.

    Return which program did it, and what is left; that must be the same.
    """
    other = idle.parent.with_name("other") / idle.name
    shutil.copytree(idle.parent, other.parent, symlinks=True)
    for archive in (idle, other):
        before(archive)
    done = run_fresh_script(FAST, *scheduled(idle, *words))
    *printed, program = done.stdout.splitlines(keepends=True)
    found = result(idle, Done(done.args, done.returncode, "".join(printed), done.stderr))
    assert found == result(other, run_fresh_script(FULL, *scheduled(other, *words)))
    return program.strip(), found


# -- Fast -------------------------------------------------------------------------------------------------


def test_a_scheduled_crawl_with_nothing_due_and_no_news_loads_nothing(idle: Path) -> None:
    notified(idle)
    program, found = both(idle)
    assert program == "fast"
    assert (found.code, found.printed) == (0, "")
    status = "`taz-archive status FOLDER/taz.db` shows what is due next"
    message = f"TIME INFO Nothing is due. {status}; --ignore-schedule fetches all pages now.\n"
    assert found.log == 2 * f"{message}TIME INFO ends with 0: done\n"
    assert rows(idle, "SELECT idle_runs FROM crawls") == [(0,), (2,)]


@pytest.mark.parametrize("minutes", [1, 15, 30, 60, 240, 24 * 60])
def test_what_schedule_writes_is_a_plain_crawl(idle: Path, minutes: int) -> None:
    job = make_job(cli, idle, every(timedelta(minutes=minutes)), ["crawl"])
    assert PLAIN_CRAWL.fullmatch("\0".join(job.words[job.words.index("crawl") :]))


def test_a_problem_that_was_notified_is_no_news(idle: Path) -> None:
    change(idle, LAYOUT_CHANGE)
    notified(idle)
    program, found = both(idle)
    assert (program, found.code, found.printed) == ("fast", 0, "")


def test_each_target_has_a_state_of_its_own(idle: Path, tmp_path: Path) -> None:
    secret = tmp_path / "target"
    secret.write_text("cat\n")
    words = ("--notify", f"@{secret}", "--notify", "-", "--max-pages", "9")
    notified(idle, *words)
    assert both(idle, *words)[0] == "fast"
    secret.write_text("cat >&2\n")
    shutil.rmtree(idle.parent.with_name("other"))
    assert both(idle, *words)[0] == "full"


@pytest.mark.parametrize("size", [0, MAX_LOG_BYTES // 2])
def test_a_log_is_continued(idle: Path, size: int) -> None:
    notified(idle)
    idle.with_suffix(".log").write_text("ä" * (size // 2))
    program, found = both(idle)
    assert (program, found.log is not None and len(found.log) > size // 2) == ("fast", True)


# -- News and doubts --------------------------------------------------------------------------------------


def test_news_are_notified_once(idle: Path) -> None:
    notified(idle)
    program, found = both(idle, before=lambda archive: change(archive, LAYOUT_CHANGE))
    assert program == "full"
    assert "FOLDER/taz.db is unhealthy\n- gopher looks different: no titles\n" in found.printed
    shutil.rmtree(idle.parent.with_name("other"))
    program, found = both(idle)
    assert (program, found.printed) == ("fast", "")
    shutil.rmtree(idle.parent.with_name("other"))
    program, found = both(idle, before=lambda archive: change(archive, "DELETE FROM crawl_sources"))
    assert program == "full"
    assert "FOLDER/taz.db is healthy\n" in found.printed


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def link_away(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def into_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def overwrite_pages(archive: Path) -> None:
    content = archive.read_bytes()
    archive.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


STATE: dict[str, Change] = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_text(""),
    "damaged": lambda path: path.write_text("{"),
    "a list": lambda path: path.write_text("[]"),
    "written by hand": lambda path: path.write_text(path.read_text().replace(": ", ":")),
    "longer": lambda path: append(path, " "),
    "a link": link_away,
    "a folder": into_folder,
}


@pytest.mark.parametrize("name", STATE)
def test_an_unusual_state_file_is_left_to_the_full_program(idle: Path, name: str) -> None:
    notified(idle)
    assert both(idle, before=lambda archive: STATE[name](notified_path(archive)))[0] == "full"


ARCHIVE: dict[str, Change] = {
    "without its search index": lambda path: change(path, "DROP TABLE versions_fts"),
    "without a column": lambda path: change(path, "ALTER TABLE certificates DROP COLUMN last_seen"),
    "of a newer release": lambda path: change(path, NEWER),
    "with another trigger": lambda path: change(path, TRIGGER),
    "overwritten": overwrite_pages,
}
NEWER = (
    "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
    " VALUES ('taz-archive', '9.0.0', '2025-04-10 06:00:00')"
)
TRIGGER = "CREATE TRIGGER more AFTER UPDATE ON crawls BEGIN DELETE FROM links; END"


@pytest.mark.parametrize("name", ARCHIVE)
def test_a_damaged_or_foreign_archive_is_left_to_the_full_program(idle: Path, name: str) -> None:
    notified(idle)
    assert both(idle, before=ARCHIVE[name])[0] == "full"


def test_a_time_that_is_no_stamp_is_left_to_the_full_program(idle: Path) -> None:
    notified(idle)
    change(idle, "UPDATE crawls SET started_at = 'heute' WHERE id = 1")
    assert run_fresh_script(FAST, *scheduled(idle)).stdout == "full\n"
    assert rows(idle, "SELECT idle_runs FROM crawls") == [(0,), (2,)], "it was recorded once"


LOG: dict[str, Change] = {
    "to rotate": lambda path: path.write_text("Zeile\n" * (MAX_LOG_BYTES // 6)),
    "a link": link_away,
    "a folder": into_folder,
}


@pytest.mark.parametrize("name", LOG)
def test_an_unusual_log_is_left_to_the_full_program(idle: Path, name: str) -> None:
    notified(idle)
    assert both(idle, before=lambda archive: LOG[name](archive.with_suffix(".log")))[0] == "full"
    assert idle.with_name("taz.log.1").exists() == (name == "to rotate")


@contextmanager
def fifo(path: Path) -> Iterator[int]:
    path.unlink()
    os.mkfifo(path)
    handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        yield handle
    finally:
        os.close(handle)


def test_a_log_that_is_a_pipe_is_left_to_the_full_program(idle: Path) -> None:
    notified(idle)
    with fifo(idle.with_suffix(".log")) as pipe:
        done = run_fresh_script(FAST, *scheduled(idle))
        assert (done.returncode, done.stdout) == (0, "full\n")
        assert os.read(pipe, 10_000).endswith(b"INFO ends with 0: done\n")


def test_a_log_of_another_user_is_an_error(idle: Path) -> None:
    notified(idle)
    log = idle.with_suffix(".log")
    log.chmod(0o444)
    failed_with(run([*AS_ANYBODY, *PYTHON, "-c", FAST, *scheduled(idle)]), 1, f"{log}: Permission denied")


def test_a_state_file_of_another_user_is_left_to_the_full_program(idle: Path) -> None:
    notified(idle)
    notified_path(idle).chmod(0o444)
    done = run([*AS_ANYBODY, *PYTHON, "-c", FAST, *scheduled(idle)])
    assert (done.returncode, done.stdout) == (0, "full\n")
    assert f"WARNING {notified_path(idle)}: Permission denied\n" in idle.with_suffix(".log").read_text()


def test_a_missing_folder_of_the_log_is_wrong_usage(idle: Path) -> None:
    notified(idle)
    words = [*scheduled(idle), "--log", str(idle.parent / "none" / "taz.log")]
    done = run_fresh_script(FAST, *words)
    assert (done.returncode, done.stdout) == (2, "full\n")


def test_a_busy_archive_is_left_to_the_full_program(idle: Path) -> None:
    notified(idle)
    with writing(idle):
        done = run_fresh_script(FAST, *scheduled(idle))
    assert (done.returncode, done.stdout, done.stderr) == (75, "full\n", "")
    assert (
        idle.with_suffix(".log").read_text().endswith("another run is writing to it; wait for it to finish\n")
    )
    assert rows(idle, "SELECT idle_runs FROM crawls") == [(0,), (1,)]


@pytest.mark.parametrize("words", [("--budget", "1"), ("--log-format", "json"), ("-v",)])
def test_other_logs_are_left_to_the_full_program(idle: Path, words: tuple[str, ...]) -> None:
    notified(idle, *words)
    assert both(idle, *words)[0] == "full"


@pytest.mark.parametrize(
    ("column", "values"), [("priority", (-1, 6, 8, 10)), ("due_at", ("2999-01-01T00:00:00.000Z",))]
)
def test_pages_that_are_never_fetched_are_counted(
    idle: Path, column: str, values: tuple[int | str, ...]
) -> None:
    for page, value in enumerate(values, start=1):
        change(idle, f"UPDATE pages SET {column} = ? WHERE id = ?", value, page)
    with open_reader(idle) as opened:
        assert opened.status.health_inputs(now=utc_now()).implausible_pages == len(values)


# -- The schema -------------------------------------------------------------------------------------------


def test_a_new_archive_has_the_schema_of_this_release(idle: Path) -> None:
    with database(idle) as db:
        assert has_release_schema(db.conn)
        db.execute("CREATE TABLE mine (id INTEGER PRIMARY KEY)")
        db.execute("CREATE INDEX mine_id ON mine (id)")
        assert has_release_schema(db.conn), "other programs may add tables"
