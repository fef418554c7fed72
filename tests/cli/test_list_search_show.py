"""``list``, ``search``, ``show`` and ``status`` as people and programs see them."""

import json
import pty
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from os import close, environ, read
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from archive.cli.main import cli
from archive.cli.output.markdown import write_markdown
from archive.dump.reader import parse_dump
from archive.model import Article, Author, Line, Link, Paragraph, Tag, Teaser
from archive.renditions import text
from archive.store import open_writer
from tests.support.running.time_limit import LONGEST
from tests.support.samples.small_articles import (
    BRIDGE,
    HOUR,
    NOON,
    absence_of,
    archive_of,
    capture_of,
    failure_of,
)

Run = Callable[..., Result]
RIVER = Article(
    title="Murr: Ein [bold]Fluss[/bold] steigt " + "und steigt " * 20,
    published=date(2025, 4, 12),
    blocks=(Paragraph("Am Ufer steht das Wasser."),),
)
EDITED = replace(
    BRIDGE,
    title="Brücke in Großau: Geklagt wird doch",
    authors=(Author("Anna Äpfel", 31),),
    tags=(Tag("Justiz", 53), Tag("Großau", 52)),
    related=(Teaser("Murr: Das Gericht", None, "/!700005"),),
)
FOUND = replace(BRIDGE, title="Ohne Nummer: Ein Fund", published=date(2024, 1, 2))
CAPTURES = [
    capture_of(BRIDGE),
    capture_of(EDITED, at=NOON + 2 * HOUR),
    capture_of(RIVER, 700002),
    absence_of(700002, NOON + HOUR),
    absence_of(700002, NOON + 3 * HOUR),
    capture_of(FOUND, None),
    failure_of(700003, "refused \x1b[31m\u202e twice"),
    failure_of(700004, "refused \x1b[31m\u202e twice", NOON + HOUR),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = archive_of(tmp_path_factory.mktemp("look") / "taz.db", CAPTURES)
    with open_writer(path) as archive:
        crawl = archive.begin_run(source="taz.de", at=NOON)
        archive.record([capture_of(RIVER, 700006, NOON - HOUR)], crawl=crawl)
        archive.finish_run(crawl, at=NOON + HOUR / 40, reason="finished", stats={})
    return path


@pytest.fixture
def run(path: Path) -> Run:
    """A command on the archive: ``run("show", 700001)``."""

    def run(command: str, *args: object) -> Result:
        return CliRunner().invoke(cli, [command, str(path), *map(str, args)], catch_exceptions=False)

    return run


def listed(run: Run, *args: object) -> list[int]:
    return [row["id"] for row in json.loads(run("list", "--json", *args).stdout)]


def test_list_is_newest_first_by_date(run: Run) -> None:
    assert [number for number in listed(run) if number > 0] == [700002, 700006, 700001]


@pytest.mark.parametrize(
    ("args", "found"),
    [
        (["--state", "gone"], {700002}),
        (["--edited"], {700001}),
        (["--since", "2025-04-11"], {700002, 700006}),
        (["--since", "2025-04-01", "--until", "2025-04-10"], {700001}),
        (["--author", "äpfel", "--since", "2025-04-01"], {700001}),
        (["--author", "%"], set()),
        (["--tag", "verkehr", "--since", "2025-04-01"], {700001}),
        (["--tag", "justiz"], {700001}),
        (["--limit", "1"], {700002}),
    ],
)
def test_list_can_be_narrowed(run: Run, args: list[str], found: set[int]) -> None:
    assert set(listed(run, *args)) == found


def test_list_in_a_pipe_is_aligned_and_cuts_no_title(run: Run) -> None:
    head, *rows = run("list").stdout.splitlines()
    assert head.split() == ["id", "published", "versions", "state", "title"]
    assert rows[0].endswith(RIVER.title.strip())
    assert {row[head.index("published") - 2] for row in rows} == {" "}


def test_json_has_one_row_a_line(run: Run) -> None:
    assert len(run("list", "--json").stdout.splitlines()) == 4


def test_show_gives_the_page_back(run: Run) -> None:
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
def test_an_article_goes_by_any_of_its_addresses(run: Run, name: str) -> None:
    assert run("show", name).stdout.startswith("# taz.de -- Brücke in Großau: Geklagt")


def test_a_provisional_id_needs_no_dashes_before_it(run: Run, path: Path) -> None:
    (number,) = (number for number in listed(run) if number < 0)
    assert run("show", number).stdout.startswith("# taz.de -- Ohne Nummer: Ein Fund")
    assert run("log", number).exit_code == 0
    assert run("diff", number).exit_code == 0


def test_a_mistyped_option_is_wrong_usage(run: Run) -> None:
    assert run("show", 700001, "--formt", "json").exit_code == 2
    assert run("show", "--jsn").exit_code == 2


@pytest.mark.parametrize(
    ("as_of", "title"),
    [
        ("2025-04-10T12:00", BRIDGE.title),
        ("2025-04-10T13:59:59", BRIDGE.title),
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
    then, now = fields(run, "--as-of", "2025-04-10T13:00"), fields(run)
    assert [tag["name"] for tag in then["tags"]] == ["Verkehr", "Großau"]
    assert {tag["name"] for tag in now["tags"]} == {"Justiz", "Großau"}
    assert [teaser["target"] for teaser in then["related"]] == ["/!700002"]
    assert [teaser["target"] for teaser in now["related"]] == ["/!700005"]


def test_json_tells_all_of_an_article(run: Run) -> None:
    told = fields(run, "--version", 1)
    assert told["first_seen"] == "2025-04-10T12:00:00.000Z"
    assert (told["kicker"], told["published"], told["versions"]) == ("Brücke in Großau", "2025-04-10", 2)
    assert told["authors"] == [{"name": "Anna Äpfel", "number": 31}, {"name": "Bert Baum", "number": 32}]
    first = told["links"][0]
    assert told["text"][first["start"] : first["end"]] == first["text"] == "bleibt gesperrt"


def test_markdown_has_links_where_they_stand(run: Run) -> None:
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
def test_markdown_leads_to_whole_addresses_and_never_to_a_script(target: str, link: str) -> None:
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
        (["700001", "--as-of", "2020-01-01"], "first seen 2025-04-10 12:00 UTC"),
        (["700002", "--as-of", "2025-04-10T13:00"], "gone since 2025-04-10 13:00 UTC; --version 1 shows"),
        (["700003"], "article 700003 was never read: refused [31m twice"),
        (["700005"], "not fetched yet"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(run: Run, args: list[str], said: str) -> None:
    result = run("show", *args)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_gone_article_shows_how_it_last_read(run: Run) -> None:
    result = run("show", 700002)
    assert result.exit_code == 0
    assert result.stdout.startswith("# taz.de -- Murr")
    assert "gone since 2025-04-10 13:00 UTC" in result.stderr
    assert run("show", 700002, "--as-of", "2025-04-10T12:59").exit_code == 0
    assert run("show", 700002, "--version", 1).stderr == ""


def test_two_ways_to_choose_a_version_are_wrong_usage(run: Run) -> None:
    assert run("show", 700001, "--version", 1, "--as-of", "2025-04-10").exit_code == 2


def test_search_shows_where_it_found_the_words(run: Run) -> None:
    head, snippet = run("search", "klagen", "--limit", 1).stdout.splitlines()
    assert head.startswith("!")
    assert "will klagen;" in snippet
    (row,) = json.loads(run("search", "geklagt", "--json").stdout)
    assert (row["id"], row["version"], row["title"]) == (700001, 2, EDITED.title)


@pytest.mark.parametrize("query", ["gibtesnicht", "!!!", '"', "rot-schwarz"])
def test_nothing_found_is_no_failure(run: Run, query: str) -> None:
    result = run("search", query)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "No articles found.\n"
    assert json.loads(run("search", query, "--json").stdout) == []


def test_status_counts(run: Run) -> None:
    told = json.loads(run("status", "--json").stdout)
    assert told["articles"] == {"total": 4, "edited": 1, "gone": 1, "cut": 0, "full": 0}
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
        crawl = archive.begin_run(source="gopher", at=NOON)
        archive.finish_run(crawl, at=NOON, reason=reason, stats={})
    told = CliRunner().invoke(cli, ["status", str(tmp_path / "taz.db")]).stdout
    assert f"gopher  {shown}\n" in told
    assert reason not in told
    told = CliRunner().invoke(cli, ["status", str(tmp_path / "taz.db"), "--json"]).stdout
    assert json.loads(told)["crawls"][0]["reason"] == reason


def test_what_is_being_fetched_is_due_nowhere_in_status(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "taz.db", [capture_of(BRIDGE)])
    now = datetime.now(UTC)
    with open_writer(path) as archive:
        assert archive.lease(1, now=now, until=now + HOUR)
    lines = CliRunner().invoke(cli, ["status", str(path)]).stdout.splitlines()
    due = [line.partition(" due now")[0].split()[-1] for line in lines if "due now" in line]
    assert len(due) == 2
    assert due[0] == due[1]


def test_runs_with_nothing_to_do_take_no_time_together(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        for minute in range(2):
            archive.record_idle_run(source="gopher", at=NOON + minute * HOUR / 60)
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
        "health    well",
        "alive     never crawled; all that is here was imported or merged",
    ]
    assert CliRunner().invoke(cli, ["status", str(path), "--check"]).exit_code == 0
    empty = archive_of(tmp_path / "empty.db", [])
    assert "never crawled, and nothing was imported" in CliRunner().invoke(cli, ["status", str(empty)]).stdout


def test_an_empty_archive_has_a_status(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "empty.db", [])
    for command in (["status"], ["status", "--json"], ["list"], ["list", "--json"], ["changes"]):
        result = CliRunner().invoke(cli, [command[0], str(path), *command[1:]], catch_exceptions=False)
        assert result.exit_code == 0


def test_nothing_that_is_printed_in_a_pipe_is_coloured(run: Run) -> None:
    for args in (["list"], ["search", "strasse"], ["status"], ["log", 700001], ["diff", 700001], ["changes"]):
        assert "\x1b" not in run(*args).output


FORGED = {
    "versions": ("title", "lead", "caption", "dateline", "text"),
    "articles": ("title", "url"),
    "captures": ("url", "source", "problem"),
    "authors": ("name",),
    "tags": ("name",),
    "related": ("title", "text"),
    "links": ("text", "target"),
    "crawls": ("source", "reason"),
}
READING = (
    *(["list"], ["list", "--json"], ["search", "stadt"], ["search", "stadt", "--json"], ["status"]),
    *(["show", "700001", "--format", form] for form in ("dump", "markdown", "json")),
    *(
        ["show", "700001", "--provenance"],
        ["log", "700001"],
        ["diff", "700001"],
        ["diff", "700001", "--json"],
    ),
    *(
        ["changes", "--since", "2025-01-01", "--format", form]
        for form in ("text", "markdown", "html", "json")
    ),
)


@pytest.mark.parametrize("args", READING, ids=" ".join)
def test_no_control_character_of_a_strangers_archive_reaches_a_terminal(path: Path, args: list[str]) -> None:
    forged = path.with_name("forged.db")
    if not forged.exists():
        shutil.copy(path, forged)
        with closing(sqlite3.connect(forged)) as db, db:
            for table, columns in FORGED.items():
                changed = ", ".join(
                    f"{name} = {name} || char(27) || '[31m' || char(155, 7)" for name in columns
                )
                db.execute(f"UPDATE {table} SET {changed}")
    result = CliRunner().invoke(cli, [args[0], str(forged), *args[1:]], catch_exceptions=False)
    assert "[31m" in result.stdout
    assert not {"\x07", "\x1b", "\x9b"} & {*result.output}


def on_a_terminal(*args: str) -> str:
    """What a command writes to a terminal of 60 columns."""
    ours, theirs = pty.openpty()
    env = environ | {"COLUMNS": "60", "TERM": "xterm-256color"}
    env.pop("NO_COLOR", None)
    command = [sys.executable, "-c", "from archive.cli.main import main; main()", *args]
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, env=env) as process:
        close(theirs)
        written = b""
        try:
            while some := read(ours, 65536):
                written += some
        except OSError:  # the terminal is closed with its last writer
            pass
        assert process.wait(timeout=LONGEST) == 0
    close(ours)
    return written.decode()


def test_a_terminal_gets_colours_and_tables_that_fit_it(path: Path) -> None:
    table = on_a_terminal("list", str(path))
    assert "…" in table
    assert "Murr: Ein [bold" in table
    assert "\x1b[9;31m" in on_a_terminal("diff", str(path), "700001")


def test_help_of_every_command_teaches_by_example() -> None:
    for name in ("list", "search", "show", "log", "diff", "changes", "status"):
        shown = CliRunner().invoke(cli, [name, "--help"]).stdout
        assert shown.count(f"  taz-archive {name} taz.db") >= 2


def test_lines_of_a_dump_are_not_wider_than_the_papers(run: Run) -> None:
    shown = [Line(line) for line in run("show", 700001).stdout.splitlines()]
    assert all(len(line.text) <= 75 for line in shown)


def test_a_terminal_that_lacks_a_character_shows_the_rest(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "taz.db", [capture_of(BRIDGE)])
    command = [sys.executable, "-m", "archive", "list", str(path)]
    limited = environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, check=False, env=limited)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"700001" in done.stdout
