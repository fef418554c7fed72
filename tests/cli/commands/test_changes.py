"""``changes``: recent changes, newest first, in brief."""

import json
from typing import Any

from tests.cli.conftest import Run
from tests.support.samples.captures import BRIDGE


def rows(run: Run, *args: object) -> list[dict[str, Any]]:
    found = json.loads(run(*args, "--json").stdout)
    assert isinstance(found, list)
    return found


def test_changes_are_newest_first_with_their_kinds(on_history: Run) -> None:
    listed = [
        (row["event"], row["id"], row["version"])
        for row in rows(on_history, "changes", "--since", "2025-04-10")
    ]
    assert listed == [
        ("gone", 700002, 1),
        ("edited", 700001, 3),
        ("back", 700001, 2),
        ("gone", 700001, 2),
        ("edited", 700001, 2),
        ("new", 700002, 1),
        ("new", 700001, 1),
    ]


def test_changes_before_since_are_left_out(on_history: Run) -> None:
    listed = rows(on_history, "changes", "--since", "2025-04-10T17:00Z", "--limit", 2)
    assert [row["event"] for row in listed] == ["gone", "edited"]
    assert [row["event"] for row in rows(on_history, "changes", "--since", "2025-04-10T17:00Z")][2:] == [
        "back"
    ]


def test_changes_show_edits_in_brief(on_history: Run) -> None:
    shown = on_history("changes", "--since", "2025-04-10").stdout
    assert "2025-04-10 16:00  edited  !700001  Brücke in Großau" in shown
    assert "text +3 −1 words: Im [-Herbst-]{+Winter+} soll der Rat {+der Stadt+} entscheiden" in shown
    (edit,) = (
        row
        for row in rows(on_history, "changes", "--since", "2025-04-10")
        if row["version"] == 3 and row["id"] == 700001
    )
    assert edit["changed"]["title"]["new"] == BRIDGE.title
    assert edit["sentences"]["edited"] == 1


def test_no_recent_change_is_not_an_error(on_history: Run) -> None:
    result = on_history("changes")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("No changes since")
