"""Archives that a stranger has made: no command crashes, hangs or swells, and nothing harmful is merged."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlite_utils import Database

from archive.cli.main import cli
from archive.errors import DamagedArchive
from archive.store import open_reader, open_writer
from tests.support.running.measured_commands import DAMAGED, DONE, FAILED, MOST_MEMORY, run
from tests.support.samples.captures import BRIDGE, capture_of
from tests.support.samples.crafted_archives import CRAFTED, SCHEMA, craft
from tests.support.samples.sample_archive import EDITED, make_sample_archive

pytestmark = pytest.mark.slow  # each starts processes


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("base") / "base.db"
    make_sample_archive(path)
    return path


@pytest.fixture
def taz(base: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(base, tmp_path / "taz.db"))


def ask(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(query).fetchall()


DATASETTE_REFUSES = 2  # in one line, a table that it cannot read

# -- All kinds ----------------------------------------------------------------------------------------------

# With CRAFTED=all, all kinds and more pages; that takes a quarter of an hour.
ALL = os.environ.get("CRAFTED") == "all"
KINDS = list(CRAFTED)[:: 1 if ALL else 6]
PAGES = ("/-/paper/", f"/-/article/{EDITED}", "/-/articles?q=die", "/-/charts") if ALL else ("/-/paper/",)


@pytest.mark.parametrize("kind", KINDS)
def test_no_command_crashes_hangs_or_swells(kind: str, base: Path, tmp_path: Path) -> None:
    path = craft(base, tmp_path / "crafted.db", CRAFTED[kind])
    commands = (
        ("merge", tmp_path / "into.db", path),
        ("verify", path, "--all"),
        ("status", path),
        ("export", path, tmp_path / "out", "--format", "warc"),
        *(("serve", path, "--", "--get", page) for page in PAGES),
    )
    for words in commands:
        ended = run(*words)
        assert "Traceback" not in ended.output, ended.output
        expected = DONE, FAILED, DAMAGED, *([DATASETTE_REFUSES] if words[0] == "serve" else [])
        assert ended.code in expected, ended.output
        assert ended.memory < MOST_MEMORY, words


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_into_which_it_is_merged_stays_sound(kind: str, base: Path, taz: Path) -> None:
    path = craft(base, taz.with_name("crafted.db"), CRAFTED[kind])
    assert run("merge", taz, path).code in (DONE, DAMAGED)
    ended = run("verify", "--all", taz)
    assert ended.code == DONE, ended.output


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("captures: url = x'ff00', disguised", "captures.url"),
        ("pages: kind = x'ff', disguised", "pages.kind"),
    ],
)
def test_an_export_names_the_row_of_a_type_that_cannot_be(
    kind: str, column: str, base: Path, tmp_path: Path
) -> None:
    path = craft(base, tmp_path / "crafted.db", CRAFTED[kind])
    words = ["export", str(path), str(tmp_path / "out"), "--format", "warc"]
    ended = CliRunner().invoke(cli, words, catch_exceptions=False)
    said = f"damaged: column {column}: expected 'text', found something else in 1 rows, first in row 3\n"
    assert (ended.exit_code, ended.output.endswith(said)) == (DAMAGED, True), ended.output


def test_an_error_in_a_sound_archive_stays_a_bug(base: Path) -> None:
    with pytest.raises(TypeError, match="ours"), open_reader(base):
        raise TypeError("ours")


# -- Facts --------------------------------------------------------------------------------------------------

REFUSED = {
    "absent in 9999": "is from the future: 9999-12-31T23:59:59.999Z",
    "read in 9999": "is from the future: 9999-12-31T23:59:59.999Z",
    "read without bytes": "has the outcome ok but no payload",
    "an unknown outcome": "has an unknown outcome",
    "captures: captured_at = 5, disguised": "has a time that is not like 2025-04-10T12:00:00.000Z",
    "captures: url = x'ff00', loose": "has a url that is not text",
}


@pytest.mark.parametrize("kind", REFUSED)
def test_an_impossible_capture_is_reported_and_all_others_are_merged(
    kind: str, base: Path, tmp_path: Path
) -> None:
    path, into = craft(base, tmp_path / "crafted.db", CRAFTED[kind]), tmp_path / "into.db"
    sound = "SELECT url, captured_at FROM captures WHERE typeof(url) = 'text' ORDER BY 1, 2"
    ended = run("merge", into, path)
    assert (ended.code, f"damaged: it {REFUSED[kind]}" in ended.output) == (DAMAGED, True), ended.output
    missing = set(ask(base, sound)) - set(ask(into, sound))
    assert len(missing) <= 1
    assert ask(into, "SELECT DISTINCT state FROM articles ORDER BY 1") == ask(
        base, "SELECT DISTINCT state FROM articles ORDER BY 1"
    )


@pytest.mark.parametrize("kind", ["absent in 9999", "read without bytes"])
def test_verify_finds_an_impossible_capture(kind: str, base: Path, tmp_path: Path) -> None:
    path = craft(base, tmp_path / "crafted.db", CRAFTED[kind])
    ended = run("verify", path)
    assert (ended.code, f" {REFUSED[kind]}\n" in ended.output) == (DAMAGED, True), ended.output


# -- The frontier -------------------------------------------------------------------------------------------

FRONTIER = {
    "an unknown priority": "cannot have priority = 77",
    "due in 9999": "cannot have due_at = 9999-12-31T23:59:59.999Z",
    "looked at in 9999": "cannot have checked_at = 9999-12-31T23:59:59.999Z",
    "counts without bounds": "cannot have failure_count = 9223372036854775807",
}
BELIEVABLE = (
    "SELECT count(*) FROM pages WHERE due_at > '2100' OR checked_at > '2100' OR discovered_at > '2100'"
    " OR priority = 77 OR failure_count > 1e9 OR change_score > 1e9"
)


@pytest.mark.parametrize("kind", FRONTIER)
def test_an_impossible_frontier_is_not_merged(kind: str, base: Path, tmp_path: Path) -> None:
    path, into = craft(base, tmp_path / "crafted.db", CRAFTED[kind]), tmp_path / "into.db"
    assert run("merge", into, path).code == DONE
    assert ask(into, BELIEVABLE) == [(0,)]
    assert ask(into, "SELECT count(*) FROM pages") == ask(base, "SELECT count(*) FROM pages")


@pytest.mark.parametrize("kind", FRONTIER)
def test_verify_finds_and_repairs_an_impossible_frontier(kind: str, base: Path, tmp_path: Path) -> None:
    path = craft(base, tmp_path / "crafted.db", CRAFTED[kind])
    ended = run("verify", path)
    assert (ended.code, FRONTIER[kind] in ended.output) == (DAMAGED, True), ended.output
    mended = run("verify", "--repair", path)
    assert mended.code == DONE, mended.output
    assert ask(path, BELIEVABLE) == [(0,)]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("an unknown priority", "that keeps them from being fetched"),
        ("due in 9999", "that keeps them from being fetched"),
        ("absent in 9999", "it holds captures of 9999-12-31 23:59 UTC, still to come"),
    ],
)
def test_status_says_so(kind: str, expected: str, base: Path, tmp_path: Path) -> None:
    path = craft(base, tmp_path / "crafted.db", CRAFTED[kind])
    assert expected in run("status", "--check", path).output


# -- The schema ---------------------------------------------------------------------------------------------

VIEWS = [kind for kind in SCHEMA if kind.startswith("an endless view as ") and "latest" not in kind]


@pytest.mark.parametrize("kind", [*VIEWS, "captures as a search index", "computed bodies"])
def test_a_view_in_place_of_a_table_is_refused_in_one_line(kind: str, base: Path, tmp_path: Path) -> None:
    path = craft(base, tmp_path / "crafted.db", CRAFTED[kind])
    for words in (
        ("merge", tmp_path / "into.db", path),
        ("status", path),
        ("backup", path, tmp_path / "b.db"),
    ):
        ended = run(*words)
        assert (ended.code, len(ended.output.splitlines())) == (DAMAGED, 1), ended.output
    assert not (tmp_path / "into.db").exists()


TRIGGERS = [kind for kind in SCHEMA if "trigger" in kind]


@pytest.mark.parametrize("kind", TRIGGERS)
def test_a_foreign_trigger_stops_writers_and_is_reported_and_removed(
    kind: str, base: Path, tmp_path: Path
) -> None:
    path = craft(base, tmp_path / "crafted.db", CRAFTED[kind])
    before = ask(path, "SELECT * FROM captures")
    with pytest.raises(DamagedArchive, match=r"trigger .* on .* is not part of an archive"):
        open_writer(path).__enter__()
    ended = run("verify", path)
    assert (ended.code, "schema: trigger " in ended.output) == (DAMAGED, True), ended.output
    mended = run("verify", "--repair", path)
    assert mended.code == DONE, mended.output
    assert ask(path, "SELECT * FROM captures") == before
    with open_writer(path):
        pass


def test_triggers_of_sqlite_utils_are_kept_and_work(base: Path, tmp_path: Path) -> None:
    path = tmp_path / "taz.db"
    shutil.copy(base, path)
    with closing(sqlite3.connect(path)) as connection:
        db = Database(connection)
        db.table("captures").enable_counts()
        db.table("tags").enable_fts(["name"], create_triggers=True)
    with open_writer(path) as archive:
        archive.record([capture_of(BRIDGE)])
    assert ask(path, "SELECT count FROM _counts WHERE \"table\" = 'captures'") == ask(
        path, "SELECT count(*) FROM captures"
    )
    assert ask(path, "SELECT count(*) FROM tags_fts WHERE tags_fts MATCH 'Verkehr'") == [(1,)]


def test_triggers_inside_a_search_index_are_refused_as_sqlite_would_crash(base: Path, tmp_path: Path) -> None:
    path = tmp_path / "taz.db"
    shutil.copy(base, path)
    with closing(sqlite3.connect(path)) as connection:
        Database(connection).enable_counts()  # on all tables, those of FTS5 included
    with pytest.raises(DamagedArchive, match=r"trigger versions_fts_.* is not part of an archive"):
        open_writer(path).__enter__()
    assert run("verify", "--repair", path).code == DONE
    with open_writer(path) as archive:
        archive.record([capture_of(BRIDGE)])
