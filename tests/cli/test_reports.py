"""``changes`` as a report: what happened, by kind, with word diffs; nothing of a page is ever markup."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result
from markdown_it import MarkdownIt

from archive.cli.main import cli
from archive.languages import LANGUAGES
from archive.model import Article, Author, Paragraph
from tests.support.samples.captures import BRIDGE, HOUR, NOON, absence_of, archive_of, capture_of

HOSTILE = (
    "<script>alert(1)</script> [x](javascript:alert(2)) ~~**_`&\"' \u202e\x1b[31m]]> <img src=x onerror=y>"
)
ATOM = "{http://www.w3.org/2005/Atom}"
RIVER = Article(title="Murr: Ein Fluss steigt", blocks=(Paragraph("Am Ufer steht das Wasser."),))
EDITED = replace(
    BRIDGE, title="Brücke in Großau: Neue Brücke", blocks=(*BRIDGE.blocks[:3], Paragraph("Ende."))
)
TYPO = replace(RIVER, blocks=(Paragraph("Am Ufer stand das Wasser."),))
EVIL = Article(title=f"Böse: {HOSTILE}", blocks=(Paragraph(f"Alt {HOSTILE}"),), authors=(Author(HOSTILE, 5),))
EVIL_EDITED = replace(EVIL, title=f"Böser: {HOSTILE}", blocks=(Paragraph(f"Neu <b>{HOSTILE}"),))
CAPTURES = [
    capture_of(BRIDGE),
    capture_of(EDITED, at=NOON + HOUR),
    absence_of(at=NOON + 2 * HOUR),
    capture_of(EDITED, at=NOON + 3 * HOUR),
    capture_of(RIVER, 700002, NOON),
    capture_of(TYPO, 700002, NOON + HOUR),
    capture_of(EVIL, 700003, NOON),
    capture_of(EVIL_EDITED, 700003, NOON + HOUR),
    absence_of(700002, NOON + 4 * HOUR),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive_of(tmp_path_factory.mktemp("reports") / "taz.db", CAPTURES)


def changes(path: Path, *words: str, since: str = "2025-04-10") -> Result:
    done = CliRunner().invoke(cli, ["changes", str(path), "--since", since, *words], catch_exceptions=False)
    assert done.exit_code == 0
    return done


class Tags(HTMLParser):
    """All tags with their attributes, and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_markdown_has_a_section_for_each_kind_with_word_diffs(path: Path) -> None:
    text = changes(path, "--format", "markdown").stdout
    assert re.findall(r"(?m)^#+ .*", text) == [
        "# 9 changes since 2025-04-10 00:00 (Europe/Berlin)",
        *("## New (3)", "## Edited (3)", "## Gone (2)", "## Back again (1)"),
    ]
    assert "  - text +1 −1 words: Am Ufer ~~steht~~ **stand** das Wasser." in text
    assert "- [Murr: Ein Fluss steigt](<https://taz.de/!700002/>) (2025-04-10 14:00, !700002)" in text


def test_html_shows_edits_and_has_no_tags_of_pages(path: Path) -> None:
    shown = Tags(changes(path, "--format", "html").stdout)
    names = {tag for tag, _ in shown.tags}
    ours = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "a", "time", "span"}
    assert names == ours | {"ins", "del"}
    links = [value for tag, attributes in shown.tags if tag == "a" for _, value in attributes]
    assert set(links) == {f"https://taz.de/!{number}/" for number in (700001, 700002, 700003)}
    others = {name for tag, attributes in shown.tags if tag not in ("meta", "a") for name, _ in attributes}
    assert others <= {"xmlns", "lang", "class"}
    assert "<script>alert(1)</script>" in shown.text, "it is there to read"


def test_markdown_of_a_hostile_page_renders_no_markup_of_its_own(path: Path) -> None:
    text = changes(path, "--format", "markdown").stdout
    rendered = Tags(MarkdownIt("commonmark", {"html": True}).enable("strikethrough").render(text))
    assert {tag for tag, _ in rendered.tags} <= {"h1", "h2", "ul", "li", "a", "strong", "s", "p"}
    targets = {value for tag, attributes in rendered.tags if tag == "a" for _, value in attributes}
    assert targets == {f"https://taz.de/!{number}/" for number in (700001, 700002, 700003)}
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_feed_is_valid_and_has_an_entry_for_each_change(path: Path) -> None:
    text = changes(path, "--format", "atom").stdout
    feed = ET.fromstring(text)
    entries = feed.findall(f"{ATOM}entry")
    rows = json.loads(changes(path, "--json").stdout)
    assert len(entries) == len(rows)
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == len(ids)
    assert feed.findtext(f"{ATOM}updated") == entries[0].findtext(f"{ATOM}updated") == "2025-04-10T16:00:00Z"
    names = {element.tag.rpartition("}")[2] for element in feed.iter()}
    assert not names & {"script", "img", "b"}
    assert changes(path, "--format", "atom").stdout == text, "the same whenever it is made"


def test_changes_are_filtered_by_headline_size_and_kind(path: Path) -> None:
    def listed(*words: str) -> list[tuple[str, int]]:
        rows = json.loads(changes(path, "--format", "json", *words).stdout)
        return [(row["event"], row["id"]) for row in rows if row["event"] == "edited" or "--only" in words]

    assert listed() == [("edited", 700001), ("edited", 700002), ("edited", 700003)]
    assert listed("--headlines") == [("edited", 700001), ("edited", 700003)]
    assert ("edited", 700002) not in listed("--min-words", "3")
    assert ("edited", 700002) in listed("--min-words", "2")
    assert listed("--min-words", "999") == []
    absences = listed("--only", "gone", "--only", "back")
    assert absences == [
        ("gone", 700002),
        ("back", 700001),
        ("gone", 700001),
    ]


def test_a_limit_counts_changes_that_pass_the_filters(path: Path) -> None:
    rows = json.loads(changes(path, "--json", "--only", "edited", "--headlines", "--limit", "1").stdout)
    assert [row["id"] for row in rows] == [700001]


def test_a_report_has_all_changes_and_a_list_the_latest_50(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "taz.db", (capture_of(BRIDGE, 700001 + n) for n in range(51)))
    assert changes(path).stderr == "Time zone: Europe/Berlin.\nThe latest 50; --limit 0 shows all.\n"
    assert changes(path, "--limit", "0").stderr == "Time zone: Europe/Berlin.\n"
    assert changes(path, "--format", "markdown").stdout.startswith("# 51 changes ")


def test_a_report_is_not_json(path: Path) -> None:
    done = CliRunner().invoke(cli, ["changes", str(path), "--json", "--format", "html"])
    assert "--json and --format html" in done.stderr


def test_a_report_names_its_period(path: Path) -> None:
    done = changes(path, "--format", "markdown", "--until", "2025-04-10T14:00")
    assert (
        done.stdout.splitlines()[0] == "# 3 changes from 2025-04-10 00:00 to 2025-04-10 14:00 (Europe/Berlin)"
    )
    assert (
        changes(path, "--format", "markdown")
        .stdout.splitlines()[0]
        .endswith("changes since 2025-04-10 00:00 (Europe/Berlin)")
    )
    until = changes(path, "--format", "html", "--until", "2025-04-10").stdout
    assert "changes from 2025-04-10 00:00 to 2025-04-10 23:59 (Europe/Berlin)</h1>" in until
    nothing = changes(path, "--until", "2025-04-10T11:00")
    assert nothing.stderr == "No changes from 2025-04-10 00:00 to 2025-04-10 11:00 (Europe/Berlin).\n"


def test_without_since_a_report_covers_the_day_before_until(path: Path) -> None:
    words = ["changes", str(path), "--json", "--until"]
    after = json.loads(CliRunner().invoke(cli, [*words, "2025-04-11T14:30"]).stdout)
    assert {row["at"][11:16] for row in after} == {"13:00", "14:00", "15:00", "16:00"}


@pytest.mark.parametrize(
    ("command", "end"),
    [
        ("changes", "--until"),
        ("list", "--until"),
        ("search", "--until"),
        ("export", "--until"),
        ("export", "--as-of"),
    ],
)
def test_since_after_until_is_refused(path: Path, command: str, end: str) -> None:
    more = {"export": ["-", "--format", "jsonl"], "search": ["stadt"]}.get(command, [])
    words = [command, str(path), *more, "--since", "2025-04-11", end, "2025-04-10"]
    done = CliRunner().invoke(cli, words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"--since 2025-04-11 00:00 CEST is after {end} 2025-04-10 23:59 CEST" in done.stderr


def test_without_changes_a_markdown_report_is_empty(path: Path) -> None:
    done = changes(path, "--format", "markdown", since="2025-05-01")
    assert (done.stdout, done.stderr) == ("", "")
    assert ET.fromstring(changes(path, "--format", "atom", since="2025-05-01").stdout) is not None
    assert "0 changes" in changes(path, "--format", "html", since="2025-05-01").stdout


def test_a_report_of_a_rewritten_page_is_bounded(tmp_path: Path) -> None:
    long = [" ".join(f"{word}{n}" for n in range(5_000)) for word in ("alt", "neu")]
    pages = [replace(RIVER, blocks=(Paragraph(text),)) for text in long]
    captures = [capture_of(page, 1, NOON + at * HOUR) for at, page in enumerate(pages)]
    path = archive_of(tmp_path / "taz.db", captures)
    for form in ("markdown", "html", "atom"):
        assert len(changes(path, "--format", form).stdout) < 10_000


def test_posts_are_headline_edits_separated_by_empty_lines(path: Path) -> None:
    posts = changes(path, "--format", "post").stdout.split("\n\n")
    assert [post.splitlines()[-1].split()[-1] for post in posts] == [
        "https://taz.de/!700001/",
        "https://taz.de/!700003/",
    ]
    assert posts[0].splitlines()[:2] == [
        "Brücke in Großau: Neue Straße, alter Streit",
        "→ Brücke in Großau: Neue Brücke",
    ]
    assert len(changes(path, "--format", "post", "--any-edit").stdout.split("\n\n")) == 3
    assert changes(path, "--format", "post", since="now").stdout == ""


def test_pictures_of_posts_have_descriptions_next_to_them(path: Path, tmp_path: Path) -> None:
    changes(path, "--format", "post", "--pictures", str(tmp_path / "new"))
    files = sorted(each.name for each in (tmp_path / "new").iterdir())
    assert files == [
        *("700001-20250410T130000Z.png", "700001-20250410T130000Z.txt"),
        *("700003-20250410T130000Z.png", "700003-20250410T130000Z.txt"),
    ]
    assert (tmp_path / "new" / files[0]).read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "new" / files[1]).read_text(encoding="utf-8").startswith("Überschrift geändert.")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--pictures", "x"], "--pictures is for --format post"),
        (["--any-edit"], "--any-edit is for --format post"),
        (["--format", "post", "--only", "gone"], "posts are about edits"),
    ],
)
def test_options_of_posts_are_refused_elsewhere(path: Path, words: list[str], problem: str) -> None:
    done = CliRunner().invoke(cli, ["changes", str(path), *words])
    assert done.exit_code == 2
    assert problem in done.stderr


def test_headings_and_labels_are_in_the_language_and_texts_of_articles_marked_as_german(path: Path) -> None:
    text = changes(path, "--format", "markdown", "--lang", "de").stdout
    assert re.findall(r"(?m)^#+ .*", text) == [
        "# 9 Änderungen seit 2025-04-10 00:00 (Europe/Berlin)",
        *("## Neu (3)", "## Geändert (3)", "## Verschwunden (2)", "## Wieder da (1)"),
    ]
    assert "  - Text +1 −1 Wörter: Am Ufer" in text
    for language in LANGUAGES:
        page = Tags(changes(path, "--format", "html", "--lang", language).stdout)
        assert dict(page.tags)["html"][-1] == ("lang", language)
        assert {("lang", "de")} == {pair for tag, pairs in page.tags if tag == "h3" for pair in pairs}
        feed = ET.fromstring(changes(path, "--format", "atom", "--lang", language).stdout)
        assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == language
