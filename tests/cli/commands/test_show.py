"""``show``: one article, in each form and as of any time."""

import json
from dataclasses import replace
from typing import Any

import pytest

from archive.dump.reader import parse_dump
from archive.export.markdown import write_markdown
from archive.model import Article, Author, Line, Link, Paragraph, Tag, Teaser
from archive.renditions.forms import text
from tests.cli.conftest import Run
from tests.support.samples.captures import (
    BRIDGE,
)
from tests.support.samples.cli_archives import EDITED


def test_show_prints_the_page_as_stored(run: Run) -> None:
    lines = text.decode(run("show", 700001, "--version", 1).stdout.encode(), "taz.de:70")
    shown = parse_dump(lines)
    whole = replace(
        BRIDGE,
        authors=tuple(Author(author.name) for author in BRIDGE.authors),
        tags=tuple(Tag(tag.name) for tag in BRIDGE.tags),
        related=tuple(replace(teaser, target=None) for teaser in BRIDGE.related),
    )
    assert shown == whole


@pytest.mark.parametrize(
    "name",
    [
        "700001",
        "!700001",
        "https://taz.de/Bruecke/!700001/",
        "/!700001",
        "https://gopher.example/1/%21700001",
    ],
)
def test_an_article_can_be_named_by_any_of_its_addresses(run: Run, name: str) -> None:
    assert run("show", name).stdout.startswith("# taz.de -- Brücke in Großau: Geklagt")


def test_a_provisional_id_is_not_an_option(run: Run) -> None:
    listed = json.loads(run("list", "--json").stdout)
    [number] = [row["id"] for row in listed if row["id"] < 0]
    assert run("show", number).stdout.startswith("# taz.de -- Ohne Nummer: Ein Fund")
    assert run("log", number).exit_code == 0
    assert run("diff", number).exit_code == 0


def test_a_mistyped_option_is_wrong_usage(run: Run) -> None:
    assert run("show", 700001, "--formt", "json").exit_code == 2
    assert run("show", "--jsn").exit_code == 2


@pytest.mark.parametrize(
    ("as_of", "title"),
    [
        ("2025-04-10T14:00", BRIDGE.title),
        ("2025-04-10T15:59:59", BRIDGE.title),
        ("2025-04-10T14:00+00:00", EDITED.title),
        ("2025-04-10", EDITED.title),
        ("2030-01-01", EDITED.title),
    ],
)
def test_as_of_shows_the_version_first_seen_by_then(run: Run, as_of: str, title: str) -> None:
    assert run("show", 700001, "--as-of", as_of).stdout.startswith(f"# taz.de -- {title}\n")


def fields(run: Run, *args: object) -> dict[str, Any]:
    found = json.loads(run("show", 700001, "--format", "json", *args).stdout)
    assert isinstance(found, dict)
    return found


def test_tags_and_related_articles_are_those_of_the_time(run: Run) -> None:
    then, now = fields(run, "--as-of", "2025-04-10T15:00"), fields(run)
    assert [tag["name"] for tag in then["tags"]] == ["Verkehr", "Großau"]
    assert {tag["name"] for tag in now["tags"]} == {"Justiz", "Großau"}
    assert [teaser["target"] for teaser in then["related"]] == ["/!700002"]
    assert [teaser["target"] for teaser in now["related"]] == ["/!700005"]


def test_json_has_all_of_an_article(run: Run) -> None:
    article = fields(run, "--version", 1)
    assert article["first_seen"] == "2025-04-10T12:00:00.000Z"
    assert (article["kicker"], article["published"], article["versions"]) == (
        "Brücke in Großau",
        "2025-04-10",
        2,
    )
    assert article["authors"] == [{"name": "Anna Äpfel", "number": 31}, {"name": "Bert Baum", "number": 32}]
    first = article["links"][0]
    assert article["text"][first["start"] : first["end"]] == first["text"] == "bleibt gesperrt"


def test_markdown_has_links_at_their_places(run: Run) -> None:
    shown = run("show", 700001, "--format", "markdown").stdout
    assert "über die Murr [bleibt gesperrt](https://taz.de/Sperrung/!700002). Das" in shown
    assert "\n## Zweite Meinung\n" in shown
    assert r"Bürger\*innen" in shown


@pytest.mark.parametrize(
    ("target", "link"),
    [
        ("/Bahn/!t5008001", "[Ein](https://taz.de/Bahn/!t5008001)"),
        ("/Über-uns/!6", "[Ein](https://taz.de/%C3%9Cber-uns/!6)"),
        ("gopher://taz.de/1/!6", "[Ein](gopher://taz.de/1/!6)"),
        ("https://example.org/a_(b) c>", "[Ein](<https://example.org/a_(b)%20c%3E>)"),
        ("//example.org/x", "[Ein](https://taz.de//example.org/x)"),
        ("javascript:alert(1)", "Ein"),
        ("https://[broken", "Ein"),
        ("Bahn/!6", "Ein"),
    ],
)
def test_markdown_links_are_absolute_and_never_scripts(target: str, link: str) -> None:
    article = Article(
        title="A: B",
        blocks=(Paragraph("Ein Satz."),),
        links=(Link(1, target, "Ein", 0, 3),),
        related=(Teaser("Ein", None, target),),
    )
    lines = write_markdown(article).splitlines()
    assert (lines[2], lines[-1]) == (f"{link} Satz.", f"- {link}")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["1"], "the archive holds no article 1"),
        (["700001", "--version", "3"], "article 700001 has versions 1 to 2, no version 3"),
        (["700001", "--as-of", "2020-01-01"], "first seen 2025-04-10 14:00 CEST"),
        (["700002", "--as-of", "2025-04-10T15:00"], "gone since 2025-04-10 15:00 CEST; --version 1 shows"),
        (["700003"], "article 700003 was never read: refused [31m twice"),
        (["700005"], "not fetched yet"),
    ],
)
def test_a_missing_article_or_version_is_an_error_of_one_line(run: Run, args: list[str], said: str) -> None:
    result = run("show", *args)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_gone_article_is_shown_in_its_last_version(run: Run) -> None:
    result = run("show", 700002)
    assert result.exit_code == 0
    assert result.stdout.startswith("# taz.de -- Murr")
    assert "gone since 2025-04-10 15:00 CEST" in result.stderr
    assert run("show", 700002, "--as-of", "2025-04-10T14:59").exit_code == 0
    assert run("show", 700002, "--version", 1).stderr == ""


def test_as_of_and_version_exclude_each_other(run: Run) -> None:
    assert run("show", 700001, "--version", 1, "--as-of", "2025-04-10").exit_code == 2


def test_lines_of_a_dump_are_at_most_as_wide_as_the_papers(run: Run) -> None:
    shown = [Line(line) for line in run("show", 700001).stdout.splitlines()]
    assert all(len(line.text) <= 75 for line in shown)


def test_a_version_is_found_by_its_digest_or_the_first_digits_of_it(run: Run) -> None:
    versions = [json.loads(run("show", 700001, "--version", n, "--format", "json").stdout) for n in (1, 2)]
    assert versions[0]["digest"] != versions[1]["digest"]
    for version in versions:
        for given in (version["digest"], version["digest"][:16], f"sha256:{version['digest'].upper()}"):
            found = json.loads(run("show", given, "--format", "json").stdout)
            assert (found["id"], found["version"]) == (700001, version["version"])


def test_a_digest_that_no_version_has_is_an_error_of_one_line(run: Run) -> None:
    failed = run("show", "0" * 64)
    assert failed.exit_code == 1
    assert failed.stderr.endswith(f"no version in the archive has a digest that begins with {'0' * 64}\n")
    assert run("show", "f" * 64, "--version", 1).exit_code == 2
    assert "invalid article" in run("show", "abcdef0123").stderr  # too short for a digest
