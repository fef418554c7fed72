"""``reparse``: an archive becomes what it would be if today's parser had read every capture."""

import json
import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.cli.main import cli
from archive.dump.writer import write_dump
from archive.model import Capture, Outcome, Teaser
from archive.store import Writer, open_reader, open_writer
from archive.store.db.lock import writing as locked
from archive.store.rederivation import reparsing
from archive.timestamps import stamp
from archive.worker_processes import Workers
from tests.support import ROOT
from tests.support.running.crawls import KILLS, PYTHON, count_in, is_whole, run_script, wait_for
from tests.support.running.maintenance import MEMORY, NOW, reparse
from tests.support.running.worse_parsers import (
    WORSE,
    Worse,
    anonymous,
    believing,
    dateless,
    hasty,
    mistitling,
    monotonous,
    parsing,
    restless,
    some,
    unable,
)
from tests.support.samples.captures import BASE, MENU, NUMBER, START, TOPIC, archive_of, capture, page_of
from tests.support.samples.histories import histories
from tests.support.samples.sample_archive import make_sample_archive
from tests.support.tables import Rows, change, database, derived_rows, is_sound, rows

EDITED = replace(BASE, lead="Am Dienstag stand das Wasser bis an die Fenster.")


def after_reparse(path: Path, found: Iterable[Capture], worse: Worse, **only: Any) -> Rows:
    """What an archive says whose captures a worse parser read first, and today's after it."""
    with open_writer(path) as archive:
        with parsing(worse, **only):
            archive.record(found)
        reparse(archive)
        assert is_sound(archive)
        return derived_rows(archive)


def never_broken(path: Path, found: Iterable[Capture]) -> Rows:
    return derived_rows(archive_of(path, found))


def command(archive: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["reparse", str(archive), *words])


# -- It is as if it had always been so --------------------------------------------------------------------

STORY = [
    page_of(MENU, 0),
    capture(BASE, 1),
    capture(BASE, 2),
    capture(EDITED, 3),
    capture(BASE, 4, body=b"3Not found\t\tx\t70\r\n.\r\n"),
    capture(BASE, 5),
    capture(BASE, 6, body=None, outcome=Outcome.FAILED, problem="refused"),
    capture(EDITED, 7, 6080001),
]


@pytest.mark.parametrize("worse", WORSE)
@pytest.mark.parametrize("only", [some, lambda _: True])
def test_reparse_gives_the_archive_that_todays_parser_would_have_made(
    tmp_path: Path, worse: Worse, only: Any
) -> None:
    expected = never_broken(tmp_path / "never.db", STORY)
    assert after_reparse(tmp_path / "taz.db", STORY, worse, only=only) == expected


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.sampled_from(WORSE), st.booleans())
def test_reparse_gives_the_same_for_any_history(found: list[Capture], worse: Worse, everywhere: bool) -> None:
    only = {} if everywhere else {"only": some}
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        expected = never_broken(Path(folder) / "never.db", found)
        assert after_reparse(Path(folder) / "taz.db", found, worse, **only) == expected


FILES = [capture(BASE, 0, None), capture(BASE, 1, None, url="copy.txt"), capture(BASE, 2)]


@pytest.mark.parametrize("worse", WORSE)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_pages_without_a_number_find_their_article(tmp_path: Path, worse: Worse, count: int) -> None:
    expected = never_broken(tmp_path / "never.db", FILES[:count])
    assert after_reparse(tmp_path / "taz.db", FILES[:count], worse) == expected
    assert {row[0] for row in expected["captures"]} == {expected["articles"][0][0]}


def test_reparse_changes_only_derived_rows(tmp_path: Path) -> None:
    facts = "SELECT id, crawl_id, page_id, source, rendition, url, captured_at, payload_id FROM captures"
    packed = "SELECT * FROM payloads"
    with open_writer(tmp_path / "taz.db") as archive:
        with parsing(unable):
            archive.record(STORY)
        before = [rows(archive, query) for query in (facts, packed)]
        reparse(archive)
        assert [rows(archive, query) for query in (facts, packed)] == before


def test_links_of_a_page_that_can_now_be_read_are_due(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        with parsing(unable):
            archive.record([page_of(MENU, 0)])
        assert rows(archive, "SELECT number FROM pages") == [(TOPIC.number,)]
        reparse(archive)
        assert rows(archive, "SELECT due_at FROM pages WHERE number = 6080002") == [(stamp(START),)]


@pytest.mark.parametrize("found", [[capture(BASE, 0)], [page_of(MENU, 0)]])
def test_a_page_that_can_now_be_read_is_due_as_if_it_had_never_failed(
    tmp_path: Path, found: list[Capture]
) -> None:
    query = (
        "SELECT kind, number, due_at, checked_at, changed_at, failure_count, priority FROM"
        " pages ORDER BY kind, number"
    )
    with open_writer(tmp_path / "never.db") as archive:
        archive.record(found)
        expected = rows(archive, query)
    with open_writer(tmp_path / "taz.db") as archive:
        with parsing(unable):
            archive.record(found)
        assert rows(archive, query) != expected
        reparse(archive)
        assert rows(archive, query) == expected


# -- Where there is nothing to do -------------------------------------------------------------------------


def everything(archive: Writer) -> list[str]:
    """All that is in the file, but its reparses, the search index, and the order of rows without ids."""
    with database(archive) as db:
        lines = list(db.conn.iterdump())
    return sorted(line for line in lines if "versions_fts" not in line and '"reparses"' not in line)


def test_a_second_reparse_changes_nothing(tmp_path: Path) -> None:
    make_sample_archive(tmp_path / "taz.db")
    with open_writer(tmp_path / "taz.db") as archive:
        before = everything(archive)
        first, second = reparse(archive), reparse(archive)
        assert everything(archive) == before
        assert is_sound(archive)
    assert first.found == second.found
    assert set(first.found) == {"captures"}


def test_provisional_ids_stay(tmp_path: Path) -> None:
    """Files filed by themselves, one of them though two articles are named like it."""
    found = [capture(BASE, 0, None), capture(replace(BASE, published=None), 1, None, url="dateless.txt")]
    found += [capture(EDITED, 2, 6080001, body=None, outcome=Outcome.FAILED, problem="refused")]
    found += [capture(replace(BASE, title="Anders"), hours, None, url="a.txt") for hours in (3, 4)]
    with open_writer(tmp_path / "taz.db") as archive:
        archive.record([capture(replace(BASE, title="Zwei"), 0, number) for number in (6080003, 6080004)])
        archive.record([capture(replace(BASE, title="Zwei"), 1, None, url="two.txt"), *found])
        before = everything(archive)
        assert reparse(archive).found == {"captures": 7}
        assert everything(archive) == before
        assert rows(archive, "SELECT count(*) FROM articles WHERE id < 0") == [(4,)]


# -- What was read, and can be no longer --------------------------------------------------------------------


def test_a_lost_reading_is_reported_and_its_version_removed(tmp_path: Path) -> None:
    path = tmp_path / "taz.db"
    with open_writer(path) as archive:
        archive.record([capture(BASE, 0), capture(EDITED, 1, 6080001), capture(BASE, 2, 6080001)])
        before = derived_rows(archive)
    body = capture(EDITED, 1).body
    with parsing(unable, only=lambda page: page == body):
        done = command(path)
    assert done.exit_code == 3
    assert "!6080001, 2025-04-10 09:00 CEST: can no longer be parsed: line 1: expected what it" in done.stderr
    assert "1 capture ok → unreadable" in done.stdout
    assert "1 versions vanished" in done.stdout
    assert "1 capture cannot be parsed" in done.stdout
    kept = [("ok", 1), ("unreadable", None), ("ok", 1)]
    query = "SELECT outcome, (SELECT number FROM versions v WHERE v.id = version_id) FROM captures"
    assert rows(path, query) == kept
    is_whole(path)
    done = command(path)
    assert done.exit_code == 0
    assert derived_rows(path) == before


def test_an_unreadable_article_has_no_row_until_it_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "taz.db"
    related = replace(BASE, title="Anders", related=(Teaser("Wetter", "Text.", f"/Wetter/!{NUMBER}"),))
    with open_writer(path) as archive:
        archive.record([capture(BASE, 0), capture(related, 1, 6080001), capture(BASE, 2, None)])
        before = derived_rows(archive)
    body = capture(BASE, 0).body
    with parsing(unable, only=lambda page: page == body):
        done = command(path, "--json")
    report = json.loads(done.stdout)
    assert done.exit_code == 3
    assert (report["articles_lost"], report["unreadable"], len(report["lost"])) == (1, 2, 2)
    assert {lost["article"] for lost in report["lost"]} == {NUMBER}
    assert rows(path, "SELECT id FROM articles") == [(6080001,)]
    assert rows(path, "SELECT article_id FROM captures ORDER BY id") == [(None,), (6080001,), (None,)]
    is_whole(path)
    assert command(path).exit_code == 0
    assert derived_rows(path) == before


def test_a_capture_without_its_version_that_can_no_longer_be_read_is_reported(tmp_path: Path) -> None:
    """A capture that counts as read, of no version, as an earlier derivation left it."""
    path = tmp_path / "taz.db"
    with open_writer(path) as archive:
        archive.record([capture(BASE, 0), capture(EDITED, 1)])
        change(archive, "UPDATE captures SET version_id = NULL WHERE id = 2")
    with parsing(unable, only=lambda page: page == capture(EDITED, 1).body):
        done = command(path)
    assert "can no longer be parsed" in done.stderr
    assert rows(path, "SELECT outcome FROM captures ORDER BY id") == [("ok",), ("unreadable",)]


def test_a_version_made_of_a_page_that_stops_early_goes_and_its_bytes_stay(tmp_path: Path) -> None:
    path = tmp_path / "taz.db"
    whole = "".join(f"{line.text}\n" for line in write_dump(BASE))
    half = whole[: whole.index("\n## ")]
    with open_writer(path) as archive, believing():
        pages = enumerate([whole, half, whole])
        archive.record([capture(BASE, hours, body=body.encode()) for hours, body in pages])
    assert rows(path, "SELECT count(*) FROM versions") == [(3,)]
    done = command(path)
    assert (done.exit_code, "the page is incomplete" in done.stderr) == (3, True)
    assert rows(path, "SELECT outcome, version_id IS NULL, payload_id IS NULL FROM captures ORDER BY id") == [
        ("ok", 0, 0),
        ("unreadable", 1, 0),
        ("ok", 0, 0),
    ]
    assert rows(path, "SELECT count(*) FROM versions") == [(1,)]
    is_whole(path)


# -- What it says -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("worse", "found", "said"),
    [
        (unable, STORY[:4], ["4 captures unreadable → ok", "1 articles new", "2 versions new"]),
        (hasty, STORY[1:2], ["1 capture absent → ok", "1 articles new", "1 versions new"]),
        (monotonous, STORY[1:4], ["1 versions split"]),
        (
            restless,
            [capture(BASE, 1), capture(replace(BASE, related=()), 2)],
            ["1 versions merged"],
        ),
        (anonymous, STORY[1:3], ["1 versions reworded"]),
        (
            dateless,
            [capture(BASE, 0, None)],
            ["1 articles new", "1 articles lost", "1 page without a number"],
        ),
        (mistitling, STORY[1:2], ["1 versions reworded"]),
    ],
)
def test_reparse_prints_what_changed_and_how(
    tmp_path: Path, worse: Worse, found: Sequence[Capture], said: list[str]
) -> None:
    with open_writer(tmp_path / "taz.db") as archive, parsing(worse):
        archive.record(found)
    done = command(tmp_path / "taz.db")
    assert done.exit_code == 0
    for line in said:
        assert f"\n  {line}" in done.stdout, done.stdout
    assert command(tmp_path / "taz.db").stdout == f"{done.stdout.splitlines()[0][:-1]}, nothing changed\n"


def test_reparse_prints_the_same_as_json(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive, parsing(unable):
        archive.record(STORY)
    report = json.loads(command(tmp_path / "taz.db", "--json").stdout)
    assert (
        report["outcomes"]
        == [
            {"from": "absent", "to": "absent", "captures": 0},
            {"from": "unreadable", "to": "ok", "captures": 6},
        ][1:]
    )
    assert (report["captures"], report["articles_new"], report["versions_new"]) == (7, 2, 4)
    assert (report["unreadable"], report["lost"], report["resumed"]) == (0, [], False)


def test_unreadable_captures_are_counted_and_set_the_exit_code(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        archive.record([capture(BASE, 0), capture(BASE, 1, body=b"\x89PNG\0")])
    done = command(tmp_path / "taz.db")
    assert done.exit_code == 3
    assert done.stdout == (
        "2 captures parsed again, nothing changed\n"
        f"1 capture cannot be parsed; `taz-archive status {tmp_path / 'taz.db'}` shows the problems\n"
    )


def test_reparse_creates_no_archive(tmp_path: Path) -> None:
    done = command(tmp_path / "taz.db")
    assert done.exit_code == 1
    assert "no such archive" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_another_run_is_not_disturbed(tmp_path: Path) -> None:
    make_sample_archive(tmp_path / "taz.db")
    with locked(tmp_path / "taz.db"):
        assert command(tmp_path / "taz.db").exit_code == 75


def test_damaged_bytes_are_reported_and_change_nothing(tmp_path: Path) -> None:
    make_sample_archive(tmp_path / "taz.db")
    with closing(sqlite3.connect(tmp_path / "taz.db")) as connection, connection:
        connection.execute("UPDATE payloads SET body = zeroblob(9) WHERE id = 20")
    done = command(tmp_path / "taz.db")
    assert done.exit_code == 5
    assert "not changed: article 6040134: payload 20 cannot be decompressed" in done.stderr
    again = json.loads(command(tmp_path / "taz.db", "--json").stdout)
    assert len(again["damaged"]) == 1
    with open_reader(tmp_path / "taz.db") as opened:
        everything = opened.checks.plan(every=True)
        found = {fault.id for fault in opened.checks.faults(everything, lambda _: None)}
    assert found == {20}


def test_a_damaged_payload_does_not_stop_a_reparse(tmp_path: Path) -> None:
    others = [replace(BASE, title=f"{n} Meter über Null", lead=None) for n in (7, 8)]
    found = [capture(BASE, 0), capture(others[0], 1, 6080001), capture(others[1], 2, 6080002)]
    with open_writer(tmp_path / "taz.db") as archive:
        with parsing(unable):
            archive.record(found)
        change(archive, "UPDATE payloads SET body = zeroblob(9) WHERE id = 1")
        assert len(reparse(archive).damaged) == 1
        assert {row[0] for row in rows(archive, "SELECT id FROM articles")} == {6080001, 6080002}


# -- In several processes -----------------------------------------------------------------------------------


def broken_archive(path: Path) -> None:
    with parsing(unable, only=some):
        make_sample_archive(path)


def test_worker_processes_give_the_same_archive(tmp_path: Path) -> None:
    one, many = tmp_path / "one.db", tmp_path / "many.db"
    broken_archive(one)
    shutil.copy(one, many)
    with open_writer(one) as archive:
        found = reparse(archive).found
    with database(many) as db:
        going = reparsing.begin(db, many, at=NOW, workers=Workers(2, min_tasks=0))
        while reparsing.step(db, going):
            pass
    assert going.found == found
    assert derived_rows(one) == derived_rows(many)


def test_a_reparse_that_stopped_in_an_unknown_phase_starts_over(tmp_path: Path) -> None:
    path = tmp_path / "taz.db"
    broken_archive(path)
    with database(path) as db:
        reparsing.begin(db, path, at=NOW)
        db.execute("UPDATE reparses SET phase = 'x', cursor = 7, done_count = 3")
        going = reparsing.begin(db, path, at=NOW)
    assert (going.resumed, going.done) == (False, 0)


def test_a_reparse_goes_on_if_its_workers_are_killed(tmp_path: Path) -> None:
    """As when the system is out of memory, and ends some."""
    path = tmp_path / "taz.db"
    broken_archive(path)
    make_sample_archive(tmp_path / "never.db")
    with database(path) as db:
        going = reparsing.begin(db, path, at=NOW, workers=Workers(2, min_tasks=0), step_size=5)
        assert reparsing.step(db, going) == 5
        for process in multiprocessing.active_children():
            process.kill()
        while reparsing.step(db, going):
            pass
    assert derived_rows(tmp_path / "taz.db") == derived_rows(tmp_path / "never.db")


MANY = """
import os, signal, sys
from pathlib import Path
from archive.worker_processes import Workers
from archive.store.rederivation import reparsing
from datetime import UTC, datetime
from tests.support.tables import database
if __name__ == "__main__":
    path, workers = Path(sys.argv[1]), Workers(2, min_tasks=0)
    with database(path) as db:
        going = reparsing.begin(db, path, at=datetime.now(UTC), workers=workers)
        reparsing.step(db, going)
        print(Path(f"/proc/self/task/{os.getpid()}/children").read_text(), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def is_gone(process: str) -> bool:
    stat = Path(f"/proc/{process}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] == "Z"  # ended, and not yet waited for
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")
def test_a_killed_reparse_leaves_no_worker_behind(tmp_path: Path) -> None:
    make_sample_archive(tmp_path / "taz.db")
    script = tmp_path / "many.py"
    script.write_text(MANY)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*PYTHON, str(script), str(tmp_path / "taz.db")], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    children = done.stdout.split()
    assert len(children) >= 2
    wait_for(lambda: all(map(is_gone, children)), "the processes that read to end")


# -- Stopped half-way ---------------------------------------------------------------------------------------

SLOW = """
import sys, time
from archive.cli.main import main
from archive.renditions.read_capture import read_capture
from archive.store.rederivation import reparsing, stored
def slowly(capture):
    time.sleep(0.01)
    return read_capture(capture)
stored.read_capture = slowly
reparsing.begin.__kwdefaults__["step_size"] = 10
sys.argv = ["taz-archive", "reparse", *sys.argv[1:]]
main()
"""


def killed(path: Path, after: int, rest: float = 0) -> None:
    """Start a reparse and kill it once so many subjects are done, or so many seconds later."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    reparses, done = done_in(path)
    with subprocess.Popen([*PYTHON, "-c", SLOW, str(path)], cwd=ROOT, env=env) as process:
        try:
            wait_for(lambda: done_in(path) >= (reparses, done + after) or process.poll() == 0, "a few steps")
            time.sleep(rest)
        finally:
            process.send_signal(signal.SIGKILL)


def done_in(path: Path) -> tuple[int, int]:
    """How many reparses have begun, and how much of the last is done."""
    if not count_in(path, "reparses"):
        return 1, 0
    [(id_, done)] = rows(path, "SELECT id, done_count FROM reparses ORDER BY id DESC LIMIT 1")
    return int(id_), int(done)


@pytest.mark.slow
def test_a_reparse_killed_at_any_instant_leaves_a_sound_archive(tmp_path: Path) -> None:
    path, never, dice = tmp_path / "taz.db", tmp_path / "never.db", random.Random(4)
    make_sample_archive(never)
    with parsing(unable, only=some):
        make_sample_archive(path)
    for _ in range(KILLS):
        killed(path, 1, dice.uniform(0, 0.1))
        is_whole(path)
    assert command(path).exit_code == 0
    assert derived_rows(path) == derived_rows(never)


@pytest.mark.slow
def test_a_killed_reparse_resumes_where_it_was(tmp_path: Path) -> None:
    path, never = tmp_path / "taz.db", tmp_path / "never.db"
    make_sample_archive(never)
    with parsing(unable, only=some):
        make_sample_archive(path)
    for _ in range(2):
        killed(path, 10)
        is_whole(path)
    done = run_script(SLOW, str(path), "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["resumed"]) == (0, True)
    assert done.stderr.startswith("taz-archive: resuming an interrupted reparse: ")
    assert rows(path, "SELECT count(*), count(finished_at) FROM reparses") == [(1, 1)]
    [change] = report["outcomes"]
    assert change["captures"] > 40, "counted over all three"
    assert derived_rows(path) == derived_rows(never)
    is_whole(path)


@pytest.mark.slow
def test_a_restart_begins_from_the_first_page_also_after_the_end(tmp_path: Path) -> None:
    path = tmp_path / "taz.db"
    make_sample_archive(path)
    killed(path, 10)
    captures = json.loads(command(path, "--all", "--json").stdout)["captures"]
    again = json.loads(command(path, "--json").stdout)
    assert (again["captures"], again["resumed"]) == (captures, False)
    assert rows(path, "SELECT count(*), count(finished_at) FROM reparses") == [(3, 2)]


@pytest.mark.slow
def test_captures_recorded_between_two_halves_of_a_reparse_are_derived(tmp_path: Path) -> None:
    """A crawl between two halves of a reparse."""
    path, never = tmp_path / "taz.db", tmp_path / "never.db"
    later = [replace(one, captured_at=one.captured_at + timedelta(days=9)) for one in STORY]
    with parsing(unable):
        make_sample_archive(path)
    make_sample_archive(never)
    killed(path, 10)
    for archive in (path, never):
        with open_writer(archive) as opened:
            opened.record(later)
    assert command(path).exit_code == 0
    assert derived_rows(path) == derived_rows(never)
