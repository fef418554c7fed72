"""``verify --budget`` from the command line, and the history of checks."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.cli.main import cli
from archive.cli.recorded_checks import check_slice
from archive.store import open_writer
from tests.support.running.maintenance import backup, damage
from tests.support.samples.sample_archive import our_own_captures
from tests.support.tables import rows

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample") / "taz.db"
    with open_writer(path) as archive:
        archive.record(our_own_captures())
    return path


@pytest.fixture
def taz(sample: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sample, tmp_path / "taz.db"))


def verify(path: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["verify", str(path), *words])


def test_one_part_is_checked_even_if_the_time_is_up_before_it(taz: Path) -> None:
    assert check_slice(taz, timedelta(microseconds=1)).run.done == 1


def test_parts_are_checked_until_the_time_is_up(taz: Path) -> None:
    passed = count()  # a second for each part
    checked = check_slice(taz, 5 * SECOND, lambda: next(passed))
    assert (checked.run.done, checked.is_recorded) == (5, True)
    assert checked.runs_for_all == -(-len(checked.run.units) // 5)


def test_an_interrupted_check_is_recorded(taz: Path) -> None:
    def passed() -> Iterator[float]:
        yield from (0, 1, 2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_slice(taz, 99 * SECOND, passed().__next__)
    assert rows(taz, "SELECT scope, sound_count FROM checks") == [("budget", 3)]
    assert rows(taz, "SELECT count(*) FROM part_checks") == [(3,)]


def test_a_slice_says_how_much_was_checked(taz: Path) -> None:
    done = verify(taz, "--budget", "1h")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "all parts were found sound" in done.stdout
    assert verify(taz, "--budget", "1h", "--quiet").output == ""
    report = json.loads(verify(taz, "--budget", "1h", "--json").stdout)
    assert report["sound"]
    assert report["recorded"]
    assert report["parts"] == report["parts_checked"] == sum(report["parts_checked_by_kind"].values())
    assert (report["parts_never_checked"], report["runs_for_all_parts"]) == (0, 1)


def test_faults_are_reported_as_by_a_whole_check(taz: Path) -> None:
    damage(taz, "UPDATE versions SET dateline = 'Ulm'")
    assert verify(taz).exit_code == 5
    done = verify(taz, "--budget", "1h", "--quiet")
    assert done.exit_code == 5
    assert "articles: article" in done.stdout
    assert "verify --repair" in done.stderr


def test_a_record_that_is_lost_is_one_line(taz: Path) -> None:
    backup(taz, taz.with_name("backup.db"))
    done = verify(taz.with_name("backup.db"), "--budget", "1h", "--quiet")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.count("\n") == 1
    assert "not recorded" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--budget", "0s"], "no time at all"),
        (["--budget", "-5m"], "invalid duration"),
        (["--budget", "5m", "--all"], "--budget and --all exclude each other"),
        (["--budget", "5m", "--again"], "--budget and --again exclude each other"),
        (["--budget", "5m", "--repair"], "--budget and --repair exclude each other"),
        (["--history", "--all"], "--history checks nothing"),
    ],
)
def test_options_that_contradict_each_other_are_refused(taz: Path, words: list[str], message: str) -> None:
    done = verify(taz, *words)
    assert done.exit_code == 2
    assert message in done.output


def test_the_history_has_the_newest_check_first(taz: Path) -> None:
    assert verify(taz, "--history").stdout == "no check was recorded\n"
    for words in ([], ["--all"], ["--budget", "1h"]):
        verify(taz, *words)
    head, *lines = verify(taz, "--history").stdout.splitlines()
    assert head.split()[0] == "began"
    assert [line.split()[4] for line in lines] == ["budget", "all", "sample"]
    assert all(line.endswith("  sound") for line in lines)
    found = json.loads(verify(taz, "--history", "--json").stdout)
    assert [check["scope"] for check in found] == ["budget", "all", "sample"]
    assert all(check["this_file"] for check in found)


def status(path: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["status", str(path), *words])


def line_of_status(path: Path) -> str:
    [line] = [line for line in status(path).stdout.splitlines() if line.startswith("checked ")]
    return line


def test_status_says_how_old_the_oldest_check_is(taz: Path) -> None:
    assert line_of_status(taz) == "checked   never"
    parts = len(check_slice(taz, 0.001 * SECOND).run.units)
    assert f"{parts - 1} of {parts} parts never; last check " in line_of_status(taz)
    verify(taz, "--all")
    assert f" less than a day ago, none of {parts} parts never; " in line_of_status(taz)
    assert line_of_status(taz).endswith("(sound)")
    copy = Path(shutil.copy(taz, taz.with_name("copy.db")))
    assert line_of_status(copy).startswith("checked   never since the file was copied")
    fields = json.loads(status(taz, "--json").stdout)["checks"]
    assert (fields["parts"], fields["never"], fields["last"]["scope"]) == (parts, 0, "all")


def test_an_old_check_makes_the_archive_unhealthy_if_a_limit_is_given(taz: Path) -> None:
    def is_problem(*words: str) -> bool:
        return "found sound since" in status(taz, "--check", *words).output

    assert not is_problem()
    assert is_problem("--max-unchecked", "30d")
    verify(taz, "--all")
    assert not is_problem("--max-unchecked", "30d")
    damage(taz, "UPDATE part_checks SET sound_at = '2025-01-01T00:00:00.000Z' WHERE kind = 'search'")
    assert is_problem("--max-unchecked", "30d")
    metrics = taz.with_suffix(".prom")
    status(taz, "--check", "--prometheus", str(metrics))
    assert "taz_archive_unchecked_since_timestamp_seconds" in metrics.read_text()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE checks SET finished_at = char(27) || '[31m'",
        "UPDATE checks SET finished_at = '2025-01-01', scope = char(27) || '[31m'",
        "UPDATE checks SET began_at = '0000-01-01T00:00:00.000Z'",
        "UPDATE part_checks SET sound_at = '0000-01-01T00:00:00.000Z'",
        "UPDATE checks SET part_count = -(1 << 62), sound_count = 1 << 62, fault_count = -1",
    ],
)
def test_records_that_cannot_be_right_stop_nothing(taz: Path, statement: str) -> None:
    verify(taz)
    execute(taz, statement)
    for words in (["verify", taz, "--history"], ["verify", taz, "--history", "--json"], ["status", taz]):
        done = CliRunner().invoke(cli, [str(word) for word in words], catch_exceptions=False)
        assert (done.exit_code, "\x1b" in done.output) == (0, False)


def test_an_archive_is_checked_though_the_records_of_checks_are_damaged(taz: Path) -> None:
    verify(taz)
    execute(taz, "UPDATE part_checks SET kind = CAST(x'ff' AS TEXT) WHERE kind = 'search'")
    assert verify(taz, "--budget", "9m").exit_code == 0


def execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(statement)
        db.commit()
