"""``status``: what an archive holds, and what went wrong."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive.cli.main import cli
from archive.store import NO_SHARD, open_writer
from tests.cli.conftest import Run
from tests.support.samples.captures import (
    BRIDGE,
    HOUR,
    NOON,
    archive_of,
    capture_of,
)


def test_status_counts_articles_and_captures(run: Run) -> None:
    fields = json.loads(run("status", "--json").stdout)
    assert fields["articles"] == {"total": 4, "edited": 1, "gone": 1, "truncated": 0, "full": 0}
    assert fields["versions"] == 5
    assert (fields["captures"]["total"], fields["captures"]["ok"], fields["captures"]["failed"]) == (9, 5, 2)
    assert fields["captures"]["first"] == "2025-04-10T11:00:00.000Z"
    assert fields["pages"]["known"] == fields["pages"]["due"]
    assert [(run["pages"], run["reason"], run["seconds"]) for run in fields["crawls"]] == [
        (1, "finished", 90)
    ]


def test_status_prints_each_problem_once_without_control_characters(run: Run) -> None:
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
def test_status_names_the_option_that_ended_a_crawl(tmp_path: Path, reason: str, shown: str) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        crawl = archive.runs.begin(source="gopher", at=NOON)
        archive.runs.finish(crawl, at=NOON, reason=reason, stats={})
    fields = CliRunner().invoke(cli, ["status", str(tmp_path / "taz.db")]).stdout
    assert f"gopher  {shown}\n" in fields
    assert reason not in fields
    fields = CliRunner().invoke(cli, ["status", str(tmp_path / "taz.db"), "--json"]).stdout
    assert json.loads(fields)["crawls"][0]["reason"] == reason


def test_status_does_not_count_leased_pages_as_due(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "taz.db", [capture_of(BRIDGE)])
    now = datetime.now(UTC)
    with open_writer(path) as archive:
        assert archive.frontier.lease(1, now=now, until=now + HOUR)
    lines = CliRunner().invoke(cli, ["status", str(path)]).stdout.splitlines()
    due = [line.partition(" due now")[0].split()[-1] for line in lines if "due now" in line]
    assert len(due) == 2
    assert due[0] == due[1]


def test_status_does_not_count_pages_as_due_that_other_machines_fetch(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "taz.db", [capture_of(BRIDGE)])
    with open_writer(path) as archive:
        archive.frontier.assign_shard(NO_SHARD)
    pages = json.loads(CliRunner().invoke(cli, ["status", str(path), "--json"]).stdout)["pages"]
    assert pages["known"] > 1
    assert (pages["due"], pages["next_due"]) == (0, None)


def test_idle_runs_share_a_row_without_duration(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        for minute in range(2):
            archive.runs.record_idle(source="gopher", at=NOON + minute * HOUR / 60)
    lines = CliRunner().invoke(cli, ["status", str(tmp_path / "taz.db")]).stdout.splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith("id  started"))
    assert lines[at + 1].split(maxsplit=3)[3].split("gopher") == [
        "0    0       0         0  ",
        "  nothing due, 2 in a row",
    ]
    fields = json.loads(CliRunner().invoke(cli, ["status", str(tmp_path / "taz.db"), "--json"]).stdout)
    assert (fields["crawls"][0]["idle_runs"], fields["crawls"][0]["seconds"]) == (2, None)


def test_an_imported_archive_is_healthy(tmp_path: Path) -> None:
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
