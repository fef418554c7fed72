"""Where a version's words came from, as commands show it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive.cli.main import cli
from archive.cli.output.provenance import print_provenance
from archive.dump.writer import write_dump
from archive.model import Capture, Paragraph, Truncation
from archive.store import open_reader, open_writer
from tests.support.samples.captures import BASE, NUMBER, capture

TEXT = (
    "Übermäßig große Pfützen blühten über Nächte für müßige Füße in öden Höfen auf. Ähnliches gäbe es"
    " öfter, hörte man, wäre nur das Gehör nicht müde."
)
ARTICLE = replace(BASE, blocks=(Paragraph(TEXT),), links=())


def table(hours: float, hyphens: int = 0) -> Capture:
    """The page as a truncating gateway gives it; wrapping counts invisible soft hyphens."""
    page = replace(ARTICLE, blocks=(Paragraph("\N{SOFT HYPHEN}" * hyphens + TEXT),))
    rows = [line.text.encode() for line in write_dump(page) if line.text]
    shown = [
        row if len(row) <= 80 else row[:79].decode(errors="replace").encode() + "…".encode() for row in rows
    ]
    return capture(
        ARTICLE,
        hours,
        body=b"".join(b"| %b | |\n" % row for row in shown),
        source="meulie",
        rendition="table",
    )


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    with open_writer(tmp_path / "taz.db") as opened:
        opened.record([table(0)])
    return tmp_path / "taz.db"


def show(archive: Path, *words: str) -> str:
    done = CliRunner().invoke(cli, ["show", str(archive), str(NUMBER), *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_missing_text_is_listed_with_its_position(archive: Path) -> None:
    missing = json.loads(show(archive, "--format", "json"))["provenance"]["missing"]
    text = json.loads(show(archive, "--format", "json"))["text"]
    assert missing
    for cut in missing:
        before = " ".join(text[: cut["offset"]].split()[-4:])
        line = f'missing  text at {cut["offset"]}, after "{before}": at most {cut["max_missing"]} character'
        assert line in show(archive, "--provenance")
    assert all(text[cut["offset"]] == "…" for cut in missing)


def test_status_counts_the_articles_that_miss_words_until_a_capture_heals_them(archive: Path) -> None:
    def counts() -> str:
        done = CliRunner().invoke(cli, ["status", str(archive)])
        return next(line for line in done.stdout.splitlines() if line.startswith("articles"))

    assert counts().endswith("1, of which 0 edited, 0 gone, 1 truncated in their latest version")
    with open_writer(archive) as opened:
        opened.record([capture(ARTICLE, 1)])
    assert counts().endswith("1, of which 0 edited, 0 gone, 0 truncated in their latest version")


def test_a_truncation_outside_the_wording_is_listed_without_a_position(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_reader(archive) as opened:
        row = opened.articles.memento(NUMBER).row
        found = opened.provenance(row)
    print_provenance(row, replace(found, missing=(Truncation("related", 73),)))
    assert "missing  related: any number of characters\n" in capsys.readouterr().out


def test_a_whole_capture_makes_the_version_whole_and_is_named(archive: Path) -> None:
    with open_writer(archive) as opened:
        opened.record([capture(ARTICLE, 1)])
    shown = json.loads(show(archive, "--format", "json"))
    assert (shown["version"], shown["versions"], shown["truncation_count"], shown["text"]) == (1, 1, 0, TEXT)
    assert shown["provenance"]["base"]["source"] == "gopher"
    assert "missing" not in show(archive, "--provenance")


def test_words_that_another_cut_capture_had_are_quoted_with_that_capture(archive: Path) -> None:
    before = json.loads(show(archive, "--format", "json"))
    with open_writer(archive) as opened:
        opened.record([table(1, hyphens=25)])
    after = json.loads(show(archive, "--format", "json"))
    assert (after["versions"], after["truncation_count"] < before["truncation_count"]) == (1, True)
    for words in after["provenance"]["healed"]:
        assert after["text"][words["start"] : words["end"]] == words["text"]
        assert words["origin"]["capture"] != after["provenance"]["base"]["capture"]
        assert f'"{words["text"].strip()}"' in show(archive, "--provenance")
    assert after["provenance"]["healed"]


def test_gopher_first_then_cut_leaves_the_version_as_it_was(archive: Path) -> None:
    with open_writer(archive.with_name("other.db")) as opened:
        opened.record([capture(ARTICLE, 0), table(1)])
    shown = json.loads(show(archive.with_name("other.db"), "--format", "json"))
    assert (shown["versions"], shown["truncation_count"], shown["provenance"]["base"]["source"]) == (
        1,
        0,
        "gopher",
    )
