"""``status``: what an archive holds, and what went wrong."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive.cli.main import cli
from archive.store import open_writer
from tests.cli.conftest import Run
from tests.support.samples.small_articles import (
    BRIDGE,
    HOUR,
    NOON,
    archive_of,
    capture_of,
)


def test_status_counts(run: Run) -> None:
    told = json.loads(run("status", "--json").stdout)
    assert told["articles"] == {"total": 4, "edited": 1, "gone": 1, "truncated": 0, "full": 0}
    assert told["versions"] == 5
    assert (told["captures"]["total"], told["captures"]["ok"], told["captures"]["failed"]) == (9, 5, 2)
    assert told["captures"]["first"] == "2025-04-10T11:00:00.000Z"
    assert told["pages"]["known"] == told["pages"]["due"]
    assert [(run["pages"], run["reason"], run["seconds"]) for run in told["crawls"]] == [(1, "finished", 90)]


def test_status_names_problems_once_and_harmlessly(run: Run) -> None:
    (problem,) = json.loads(run("status", "--json").stdout)["problems"]
    assert problem == {
        "outcome": "failed",
        "problem": "refused [31m twice",
        "captures": 2,
        "newest": "2025-04-10T13:00:00.000Z",
        "url": "gopher://taz.de/1/!700004",
    }
    shown = run("status").stdout
    assert "refused [31m twice" in shown
    assert "1 m 30 s" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("closespider_pagecount", "--max-pages"),
        ("closespider_timeout", "--max-time"),
        ("shutdown", "stopped"),
    ],
)
def test_status_says_in_a_users_words_why_a_crawl_ended(tmp_path: Path, reason: str, shown: str) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        crawl = archive.runs.begin(source="gopher", at=NOON)
        archive.runs.finish(crawl, at=NOON, reason=reason, stats={})
    told = CliRunner().invoke(cli, ["status", str(tmp_path / "taz.db")]).stdout
    assert f"gopher  {shown}\n" in told
    assert reason not in told
    told = CliRunner().invoke(cli, ["status", str(tmp_path / "taz.db"), "--json"]).stdout
    assert json.loads(told)["crawls"][0]["reason"] == reason


def test_what_is_being_fetched_is_due_nowhere_in_status(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "taz.db", [capture_of(BRIDGE)])
    now = datetime.now(UTC)
    with open_writer(path) as archive:
        assert archive.frontier.lease(1, now=now, until=now + HOUR)
    lines = CliRunner().invoke(cli, ["status", str(path)]).stdout.splitlines()
    due = [line.partition(" due now")[0].split()[-1] for line in lines if "due now" in line]
    assert len(due) == 2
    assert due[0] == due[1]


def test_runs_with_nothing_to_do_take_no_time_together(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        for minute in range(2):
            archive.runs.record_idle(source="gopher", at=NOON + minute * HOUR / 60)
    lines = CliRunner().invoke(cli, ["status", str(tmp_path / "taz.db")]).stdout.splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith("id  started"))
    assert lines[at + 1].split(maxsplit=3)[3].split("gopher") == [
        "0    0       0         0  ",
        "  nothing due, 2 in a row",
    ]
    told = json.loads(CliRunner().invoke(cli, ["status", str(tmp_path / "taz.db"), "--json"]).stdout)
    assert (told["crawls"][0]["runs"], told["crawls"][0]["seconds"]) == (2, None)


def test_an_archive_that_was_imported_is_well(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "taz.db", [capture_of(BRIDGE)])
    done = CliRunner().invoke(cli, ["status", str(path)])
    assert done.stdout.splitlines()[:2] == [
        "health    healthy",
        "activity  never crawled; everything was imported or merged",
    ]
    assert CliRunner().invoke(cli, ["status", str(path), "--check"]).exit_code == 0
    empty = archive_of(tmp_path / "empty.db", [])
    assert "never crawled, and nothing was imported" in CliRunner().invoke(cli, ["status", str(empty)]).stdout


def test_an_empty_archive_has_a_status(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "empty.db", [])
    for command in (["status"], ["status", "--json"], ["list"], ["list", "--json"], ["changes"]):
        result = CliRunner().invoke(cli, [command[0], str(path), *command[1:]], catch_exceptions=False)
        assert result.exit_code == 0
