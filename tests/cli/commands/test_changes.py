"""``changes``: recent changes, newest first, in brief."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.cli.conftest import Run, runner
from tests.support.samples.captures import BASE, BRIDGE, NUMBER, archive_of, capture
from tests.support.samples.menus import SECTION, menu_capture


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


def csv_rows(run: Run, *args: object) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run("changes", "--format", "csv", *args).stdout)))


def test_csv_has_a_row_for_each_edited_field(on_history: Run) -> None:
    found = csv_rows(on_history, "--since", "2025-04-10")
    assert [(row["id"], row["version"], row["field"]) for row in found][:2] == [
        ("700001", "3", "title"),
        ("700001", "3", "authors"),
    ]
    assert {row["field"] for row in found} == {"title", "text", "authors"}
    text = next(row for row in found if row["version"] == "2" and row["field"] == "text")
    assert (text["at"], text["added"], text["removed"]) == ("2025-04-10T14:00:00.000Z", "3", "1")
    assert "Im Herbst soll der Rat entscheiden" in text["old"]
    assert "Im Winter soll der Rat der Stadt entscheiden" in text["new"]
    assert text["url"] == "https://taz.de/!700001/"


def test_csv_of_headlines_has_titles_only(on_history: Run) -> None:
    first, second = csv_rows(on_history, "--since", "2025-04-10", "--headlines")
    assert (first["field"], first["new"], second["old"]) == ("title", BRIDGE.title, BRIDGE.title)
    result = on_history("changes", "--format", "csv")
    assert result.stdout.split() == ["at,id,version,field,old,new,added,removed,sections,url"]
    result = on_history("changes", "--format", "csv", "--only", "gone")
    assert (result.exit_code, "csv is about edits" in result.stderr) == (2, True)


def test_csv_names_sections_and_warns_of_formulas(tmp_path: Path) -> None:
    captures = [
        capture(BASE, 0),
        capture(replace(BASE, title="=1+1"), 2),
        *(menu_capture([NUMBER], 1, SECTION._replace(number=at), title=name) for at, name in SECTIONS),
    ]
    run = runner(archive_of(tmp_path / "taz.db", captures))
    [row] = csv_rows(run, "--since", "2025-04-10")
    assert (row["new"], row["sections"]) == ("=1+1", "Politik; Berlin")
    done = run("changes", "--since", "2025-04-10", "--section", "berlin", "--format", "csv")
    assert done.stderr == "1 cell begins like a formula, which a spreadsheet may run.\n"


SECTIONS = ((4611, "Politik"), (4622, "Berlin"))


def test_no_recent_change_is_not_an_error(on_history: Run) -> None:
    result = on_history("changes")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("No changes since")
