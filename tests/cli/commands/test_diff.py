"""``diff``: what changed between two versions, word by word."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive.cli.main import cli
from archive.model import Article, Paragraph
from tests.cli.conftest import Run
from tests.support.samples.captures import BRIDGE, HOUR, NOON, archive_of, capture_of
from tests.support.samples.cli_archives import EDITED_BODY


def test_diff_shows_words_within_their_paragraph(on_history: Run) -> None:
    shown = on_history("diff", 700001, 1, 2).stdout
    assert "Im [-Herbst-]{+Winter+} soll der Rat {+der Stadt+} entscheiden, ob gebaut wird." in shown
    assert "(3 paragraphs unchanged)" in shown
    assert "unchanged: lead, caption, dateline, published" in shown
    assert "klagen" not in shown


def test_diff_without_versions_shows_the_last_edit(on_history: Run) -> None:
    assert (
        on_history("diff", 700001).stdout
        == on_history("diff", 700001, 2, 3).stdout
        == on_history("diff", 700001, 3).stdout
    )


def test_diff_can_compare_backwards(on_history: Run) -> None:
    assert "[-Winter-]{+Herbst+}" in on_history("diff", 700001, 2, 1).stdout


@pytest.mark.parametrize("versions", [(1, 3), (2, 2)])
def test_no_difference_is_not_an_error(on_history: Run, versions: tuple[int, int]) -> None:
    result = on_history("diff", 700001, *versions)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("No differences in article 700001")


def test_a_single_version_has_no_difference(on_history: Run) -> None:
    result = on_history("diff", 700002)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "one version" in result.stderr


@pytest.mark.parametrize("versions", [(1,), (1, 9), (0, 1), (9,)])
def test_an_unknown_version_is_an_error(on_history: Run, versions: tuple[int, ...]) -> None:
    result = on_history("diff", 700001, *versions)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("taz-archive: ")


def test_diff_as_json_has_fields_and_pieces(on_history: Run) -> None:
    fields = json.loads(on_history("diff", 700001, 1, 2, "--json").stdout)
    title, authors, text = fields["changes"]
    assert (title["field"], title["old"], title["new"]) == ("title", BRIDGE.title, EDITED_BODY.title)
    assert (authors["old"], authors["new"]) == ("Anna Äpfel, Bert Baum", "Anna Äpfel")
    assert {"mark": "old", "text": "Herbst"} in text["blocks"][0]
    assert json.loads(on_history("diff", 700001, 1, 1, "--json").stdout)["changes"] == []


def test_diff_shows_what_became_of_sentences(on_history: Run) -> None:
    assert "1 sentence changed" in on_history("diff", 700001, 1, 2).stdout
    sentences = json.loads(on_history("diff", 700001, 1, 2, "--json").stdout)["sentences"]
    assert (sentences["edited"], sentences["added"], sentences["removed"], sentences["moved"]) == (1, 0, 0, 0)
    [edit] = sentences["edits"]
    assert (edit["action"], edit["moved"], "Herbst" in edit["before"], "Winter" in edit["after"]) == (
        "edited",
        False,
        True,
        True,
    )
    assert json.loads(on_history("diff", 700001, 1, 1, "--json").stdout)["sentences"]["edits"] == []


def test_long_unchanged_passages_are_left_out(tmp_path: Path) -> None:
    long = " ".join(f"wort{n}" for n in range(500))
    captures = [
        capture_of(Article(title="T", blocks=(Paragraph(f"{long} alt {long}."),)), 1, NOON),
        capture_of(Article(title="T", blocks=(Paragraph(f"{long} neu {long}."),)), 1, NOON + HOUR),
    ]
    path = archive_of(tmp_path / "taz.db", captures)
    shown = CliRunner().invoke(cli, ["diff", str(path), "1"]).stdout
    assert "wort499 [-alt-]{+neu+} wort0" in shown
    assert len(shown.split()) < 100


def test_only_the_corrected_letter_of_a_word_is_marked(tmp_path: Path) -> None:
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
