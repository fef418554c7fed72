"""``log``, ``diff`` and ``changes``: what happened, as people and programs see it."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from archive.cli.main import cli
from archive.model import Article, Author, Paragraph
from tests.support.samples.small_articles import BRIDGE, HOUR, NOON, absence_of, archive_of, capture_of

Run = Callable[..., Result]
EDITED = replace(
    BRIDGE,
    title="Brücke in Großau: Neue Brücke, alter Streit",
    authors=(Author("Anna Äpfel", 31),),
    blocks=(*BRIDGE.blocks[:3], Paragraph("Im Winter soll der Rat der Stadt entscheiden, ob gebaut wird.")),
)
RIVER = Article(title="Murr: Ein Fluss steigt", blocks=(Paragraph("Am Ufer steht das Wasser."),))
CAPTURES = [
    capture_of(BRIDGE),
    capture_of(BRIDGE, at=NOON + HOUR, source="gopher.example"),
    capture_of(EDITED, at=NOON + 2 * HOUR),
    absence_of(at=NOON + 3 * HOUR),
    absence_of(at=NOON + 4 * HOUR),
    capture_of(EDITED, at=NOON + 5 * HOUR),
    capture_of(BRIDGE, at=NOON + 6 * HOUR),
    absence_of(700002, NOON - HOUR),
    capture_of(RIVER, 700002, NOON + HOUR / 2),
    absence_of(700002, NOON + 7 * HOUR),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive_of(tmp_path_factory.mktemp("history") / "taz.db", CAPTURES)


@pytest.fixture
def run(path: Path) -> Run:
    """A command on the archive: ``run("log", 700001)``."""

    def run(command: str, *args: object) -> Result:
        return CliRunner().invoke(cli, [command, str(path), *map(str, args)], catch_exceptions=False)

    return run


def rows(run: Run, *args: object) -> list[dict[str, Any]]:
    found = json.loads(run(*args, "--json").stdout)
    assert isinstance(found, list)
    return found


def test_log_is_newest_first_with_the_times_it_was_gone(run: Run) -> None:
    told = [(row["event"], row.get("version")) for row in rows(run, "log", 700001)]
    assert told == [("version", 3), ("gone", None), ("version", 2), ("version", 1)]
    gone = rows(run, "log", 700001)[1]
    assert (gone["since"], gone["back"]) == ("2025-04-10T15:00:00.000Z", "2025-04-10T17:00:00.000Z")
    assert gone["captures"] == 2


def test_log_tells_what_each_version_changed_and_who_saw_it(run: Run) -> None:
    second, first = rows(run, "log", 700001)[2:]
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


def test_log_reads_well_in_a_pipe(run: Run) -> None:
    shown = run("log", 700001).stdout
    assert "3 versions, 5 captures; times are UTC" in shown
    assert "version 2    2025-04-10 14:00 – 2025-04-10 17:00  2 captures (taz.de), 40 words" in shown
    assert "title: Brücke in Großau: Neue [-Straße,-]{+Brücke,+} alter Streit" in shown
    assert "text: +3 −1 words" in shown
    assert "gone         2025-04-10 15:00 – 2025-04-10 17:00  not found by 2 captures" in shown


def test_an_article_not_there_before_it_was_first_read_was_not_gone(run: Run) -> None:
    assert [row["event"] for row in rows(run, "log", 700002)] == ["gone", "version"]
    assert rows(run, "log", 700002)[0]["back"] is None


def test_diff_shows_words_within_their_paragraph(run: Run) -> None:
    shown = run("diff", 700001, 1, 2).stdout
    assert "Im [-Herbst-]{+Winter+} soll der Rat {+der Stadt+} entscheiden, ob gebaut wird." in shown
    assert "(3 paragraphs unchanged)" in shown
    assert "unchanged: lead, caption, dateline, published" in shown
    assert "klagen" not in shown


def test_diff_without_numbers_is_of_the_last_edit(run: Run) -> None:
    assert run("diff", 700001).stdout == run("diff", 700001, 2, 3).stdout == run("diff", 700001, 3).stdout


def test_diff_goes_backwards_too(run: Run) -> None:
    assert "[-Winter-]{+Herbst+}" in run("diff", 700001, 2, 1).stdout


@pytest.mark.parametrize("versions", [(1, 3), (2, 2)])
def test_no_difference_is_no_failure(run: Run, versions: tuple[int, int]) -> None:
    result = run("diff", 700001, *versions)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("No differences in article 700001")


def test_one_version_alone_has_no_difference(run: Run) -> None:
    result = run("diff", 700002)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "one version" in result.stderr


@pytest.mark.parametrize("versions", [(1,), (1, 9), (0, 1), (9,)])
def test_a_version_that_is_not_there_is_said(run: Run, versions: tuple[int, ...]) -> None:
    result = run("diff", 700001, *versions)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("taz-archive: ")


def test_diff_as_json_gives_fields_and_pieces(run: Run) -> None:
    told = json.loads(run("diff", 700001, 1, 2, "--json").stdout)
    title, authors, text = told["changes"]
    assert (title["field"], title["old"], title["new"]) == ("title", BRIDGE.title, EDITED.title)
    assert (authors["old"], authors["new"]) == ("Anna Äpfel, Bert Baum", "Anna Äpfel")
    assert {"mark": "old", "text": "Herbst"} in text["blocks"][0]
    assert json.loads(run("diff", 700001, 1, 1, "--json").stdout)["changes"] == []


def test_long_unchanged_stretches_are_left_out(tmp_path: Path) -> None:
    long = " ".join(f"wort{n}" for n in range(500))
    captures = [
        capture_of(Article(title="T", blocks=(Paragraph(f"{long} alt {long}."),)), 1, NOON),
        capture_of(Article(title="T", blocks=(Paragraph(f"{long} neu {long}."),)), 1, NOON + HOUR),
    ]
    path = archive_of(tmp_path / "taz.db", captures)
    shown = CliRunner().invoke(cli, ["diff", str(path), "1"]).stdout
    assert "wort499 [-alt-]{+neu+} wort0" in shown
    assert len(shown.split()) < 100


def test_changes_are_newest_first_and_name_what_happened(run: Run) -> None:
    told = [
        (row["event"], row["id"], row["version"]) for row in rows(run, "changes", "--since", "2025-04-10")
    ]
    assert told == [
        ("gone", 700002, 1),
        ("edited", 700001, 3),
        ("back", 700001, 2),
        ("gone", 700001, 2),
        ("edited", 700001, 2),
        ("new", 700002, 1),
        ("new", 700001, 1),
    ]


def test_changes_since_a_time_leaves_out_what_was_before(run: Run) -> None:
    told = rows(run, "changes", "--since", "2025-04-10T17:00", "--limit", 2)
    assert [row["event"] for row in told] == ["gone", "edited"]
    assert [row["event"] for row in rows(run, "changes", "--since", "2025-04-10T17:00")][2:] == ["back"]


def test_changes_tell_edits_in_brief(run: Run) -> None:
    shown = run("changes", "--since", "2025-04-10").stdout
    assert "2025-04-10 14:00  edited  !700001  Brücke in Großau" in shown
    assert "text +3 −1 words: Im [-Herbst-]{+Winter+} soll der Rat {+der Stadt+} entscheiden" in shown
    (edit,) = (
        row
        for row in rows(run, "changes", "--since", "2025-04-10")
        if row["version"] == 3 and row["id"] == 700001
    )
    assert edit["changed"]["title"]["new"] == BRIDGE.title


def test_nothing_lately_is_no_failure(run: Run) -> None:
    result = run("changes")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("No changes since")


def test_history_reads_the_same_in_whatever_order_it_arrived(tmp_path: Path) -> None:
    captures = [
        capture_of(BRIDGE),
        absence_of(at=NOON + timedelta(minutes=1)),
        capture_of(EDITED, at=NOON + timedelta(minutes=2)),
        capture_of(BRIDGE, at=NOON + timedelta(minutes=3)),
    ]
    told = set()
    for n, arrival in enumerate(permutations(captures)):
        path = archive_of(tmp_path / f"{n}.db", arrival)
        for command in (["log", str(path), "700001"], ["changes", str(path), "--since", "2025-04-10"]):
            told.add((command[0], CliRunner().invoke(cli, command, catch_exceptions=False).stdout))
    assert len(told) == 2


def test_the_time_that_log_prints_for_a_version_shows_it(tmp_path: Path) -> None:
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


def test_a_corrected_letter_is_shown_alone_in_the_terminal_and_in_reports(tmp_path: Path) -> None:
    texts = ("Das Donaudampfschiffahrtsgesetz gilt.", "Das Donaudampfschifffahrtsgesetz gilt.")
    captures = [
        capture_of(replace(BRIDGE, blocks=(Paragraph(text),)), at=NOON + HOUR * at)
        for at, text in enumerate(texts)
    ]
    path = str(archive_of(tmp_path / "taz.db", captures))
    since = ["--since", "2025-01-01"]
    shown = {
        ("diff", path, "700001"): "Das Donaudampfschiff{+f+}ahrtsgesetz gilt.",
        ("changes", path, *since, "--format", "markdown"): "Das Donaudampfschiff**f**ahrtsgesetz gilt.",
        ("changes", path, *since, "--format", "html"): "Das Donaudampfschiff<ins>f</ins>ahrtsgesetz gilt.",
    }
    for command, words in shown.items():
        assert words in CliRunner().invoke(cli, command).stdout
