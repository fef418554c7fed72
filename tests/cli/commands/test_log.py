"""``log``: the versions of an article, and when it was gone."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from archive.cli.main import cli
from tests.cli.conftest import Run
from tests.support.samples.captures import BRIDGE, HOUR, NOON, absence_of, archive_of, capture_of
from tests.support.samples.cli_archives import EDITED_BODY


def rows(run: Run, *args: object) -> list[dict[str, Any]]:
    found = json.loads(run(*args, "--json").stdout)
    assert isinstance(found, list)
    return found


def test_log_is_newest_first_and_includes_absences(on_history: Run) -> None:
    listed = [(row["event"], row.get("version")) for row in rows(on_history, "log", 700001)]
    assert listed == [("version", 3), ("gone", None), ("version", 2), ("version", 1)]
    gone = rows(on_history, "log", 700001)[1]
    assert (gone["since"], gone["back"]) == ("2025-04-10T15:00:00.000Z", "2025-04-10T17:00:00.000Z")
    assert gone["captures"] == 2


def test_log_has_the_changes_and_sources_of_each_version(on_history: Run) -> None:
    second, first = rows(on_history, "log", 700001)[2:]
    assert second["changed"] == {
        "title": {"added": 1, "removed": 1},
        "authors": {"added": 0, "removed": 2},
        "text": {"added": 3, "removed": 1},
    }
    assert (first["captures"], first["sources"]) == (2, ["gopher.example", "taz.de"])
    assert (first["first_seen"], first["last_seen"]) == (
        "2025-04-10T12:00:00.000Z",
        "2025-04-10T13:00:00.000Z",
    )


def test_log_is_plain_text_in_a_pipe(on_history: Run) -> None:
    shown = on_history("log", 700001).stdout
    assert "3 versions, 5 captures; time zone Europe/Berlin" in shown
    assert "version 2    2025-04-10 16:00 – 2025-04-10 19:00  2 captures (taz.de), 40 words" in shown
    assert "title: Brücke in Großau: Neue [-Straße,-]{+Brücke,+} alter Streit" in shown
    assert "text: +3 −1 words" in shown
    assert "gone         2025-04-10 17:00 – 2025-04-10 19:00  not found by 2 captures" in shown


def test_an_article_absent_before_its_first_version_was_not_gone(on_history: Run) -> None:
    assert [row["event"] for row in rows(on_history, "log", 700002)] == ["gone", "version"]
    assert rows(on_history, "log", 700002)[0]["back"] is None


def test_the_order_of_arrival_does_not_change_the_history(tmp_path: Path) -> None:
    captures = [
        capture_of(BRIDGE),
        absence_of(at=NOON + timedelta(minutes=1)),
        capture_of(EDITED_BODY, at=NOON + timedelta(minutes=2)),
        capture_of(BRIDGE, at=NOON + timedelta(minutes=3)),
    ]
    listed = set()
    for n, arrival in enumerate(permutations(captures)):
        path = archive_of(tmp_path / f"{n}.db", arrival)
        for command in (["log", str(path), "700001"], ["changes", str(path), "--since", "2025-04-10"]):
            listed.add((command[0], CliRunner().invoke(cli, command, catch_exceptions=False).stdout))
    assert len(listed) == 2


def test_the_time_that_log_prints_selects_the_version(tmp_path: Path) -> None:
    """It prints minutes, and a version begins somewhere within one."""
    titles = ["Erste Fassung", "Zweite Fassung", "Dritte Fassung"]
    captures = [
        capture_of(replace(BRIDGE, title=title), at=NOON + HOUR * at + timedelta(seconds=30.5))
        for at, title in enumerate(titles)
    ]
    path = archive_of(tmp_path / "taz.db", captures)
    log = CliRunner().invoke(cli, ["log", str(path), "700001"]).stdout
    printed = re.findall(r"^version \d+ +(\S+ \S+) – ", log, re.MULTILINE)
    shown = [
        CliRunner().invoke(cli, ["show", str(path), "700001", "--as-of", time]).stdout for time in printed
    ]
    assert [page.splitlines()[0] for page in shown] == [f"# taz.de -- {title}" for title in reversed(titles)]
