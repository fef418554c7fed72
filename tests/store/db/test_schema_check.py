"""``verify`` compares a file's schema with this release's, and ``--repair`` restores it."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.cli.main import cli
from archive.store import open_writer
from archive.store.db.connection import open_to_read
from archive.store.db.schema_check import differences, parts
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BASE, capture
from tests.support.tables import derived_rows, rows

SOUND = "sound: 2 pages stored, 2 of 2 articles derived again"
TRANSFORMED = (
    "articles",
    "versions",
    "captures",
    "payloads",
    "pages",
    "crawls",
    "links",
    "tags",
    "related_articles",
)
EDITED = replace(BASE, lead="Am Mittwoch war alles wieder trocken.")


@pytest.fixture
def taz(tmp_path: Path) -> Path:
    with open_writer(tmp_path / "taz.db") as archive:
        archive.record([capture(BASE, 0), capture(EDITED, 1), capture(BASE, 2, 6080004)])
    return tmp_path / "taz.db"


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def sqlite_utils(*words: object) -> None:
    command = [sys.executable, "-m", "sqlite_utils", *map(str, words)]
    subprocess.run(command, check=True, capture_output=True, timeout=LONGEST)


def change(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(script)


def schema(path: Path) -> dict[str, str]:
    with closing(open_to_read(path, as_is=True)) as db:
        return {part.name: part.sql for part in parts(db).values()}


def facts(path: Path) -> list[tuple[object, ...]]:
    return rows(path, "SELECT * FROM captures JOIN payloads p ON p.id = payload_id")


def faults(path: Path) -> list[str]:
    result = json.loads(run("verify", "--all", path, "--json").stdout)
    return [fault["what"] for fault in result["faults"]]


# -- sqlite-utils transform ---------------------------------------------------------------------------------


@pytest.fixture
def transformed(taz: Path) -> Path:
    sqlite_utils("transform", taz, "versions")
    return taz


def test_verify_finds_the_triggers_that_sqlite_utils_transform_drops(transformed: Path) -> None:
    done = run("verify", "--all", transformed)
    assert done.exit_code == 5
    assert done.stdout.splitlines()[:4] == [
        "schema: table versions differs from this release; expected 2 × DEFERRED",
        "schema: trigger versions_insert is missing",
        "schema: trigger versions_delete is missing",
        "schema: trigger versions_update is missing",
    ]
    assert "verify --repair" in done.stderr


def test_after_repair_new_articles_and_new_versions_are_found_by_search(transformed: Path) -> None:
    with open_writer(transformed) as archive:
        archive.record([capture(replace(BASE, title="Werk: Der Kranwagen"), 3, 6080005)])
    assert "Kranwagen" not in run("search", transformed, "kranwagen").stdout
    assert run("verify", "--repair", transformed).exit_code == 0
    with open_writer(transformed) as archive:
        archive.record([capture(replace(BASE, title="Werk: Das Walzblech"), 4, 6080006)])
    for word in ("kranwagen", "walzblech"):
        assert "!60800" in run("search", transformed, word).stdout


def test_repair_restores_the_whole_schema_and_keeps_every_row(taz: Path) -> None:
    before = derived_rows(taz), facts(taz)
    # Not those WITHOUT ROWID, which sqlite-utils cannot transform.
    for table in TRANSFORMED:
        sqlite_utils("transform", taz, table)
    assert run("verify", taz).exit_code == 5
    done = run("verify", "--repair", taz)
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, SOUND)
    assert (derived_rows(taz), facts(taz)) == before
    with closing(open_to_read(taz)) as db:
        assert not differences(db)


# -- Other changes -----------------------------------------------------------------------------------------

DIFFERS = "differs from this release"
UNCHECKED = "until it is restored nothing else is checked"
WITHOUT_CONSTRAINTS = (
    "expected column name TEXT NOT NULL; expected unique (name); expected STRICT; found column name TEXT"
)
CHANGES = {
    "an index dropped": ("DROP INDEX links_version", "index links_version is missing"),
    "an index on another column": (
        "DROP INDEX links_version; CREATE INDEX links_version ON links (position)",
        f"index links_version {DIFFERS}",
    ),
    "a view changed": (
        "DROP VIEW latest; CREATE VIEW latest AS SELECT id AS article FROM articles",
        f"view latest {DIFFERS}",
    ),
    "a trigger changed": (
        """
        DROP TRIGGER versions_delete;
        CREATE TRIGGER versions_delete AFTER DELETE ON versions BEGIN SELECT 1; END
        """,
        f"trigger versions_delete {DIFFERS}",
    ),
    "a table without constraints": (
        """
        ALTER TABLE tags RENAME TO t;
        CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT, number INTEGER);
        INSERT INTO tags SELECT * FROM t;
        DROP TABLE t
        """,
        f"table tags {DIFFERS}; {WITHOUT_CONSTRAINTS}",
    ),
    "a column dropped": (
        "ALTER TABLE crawls DROP COLUMN bytes",
        f"table crawls {DIFFERS}; expected column bytes INTEGER NOT NULL DEFAULT 0; {UNCHECKED}",
    ),
    "a table dropped": ("DROP TABLE hosts", f"table hosts is missing; {UNCHECKED}"),
    "no search index": ("DROP TABLE versions_fts", f"table versions_fts is missing; {UNCHECKED}"),
    "a view in place of a table": (
        (
            "DROP TABLE change_rates; CREATE VIEW change_rates AS"
            " SELECT 1.0 AS age_hours, 1.0 AS change_count, 1.0 AS observed_hours"
        ),
        f"table change_rates {DIFFERS}; {UNCHECKED}",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_difference_from_this_release_is_named_and_restored(name: str, taz: Path) -> None:
    script, expected = CHANGES[name]
    before = schema(taz)
    change(taz, "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON;" + script)
    assert faults(taz) == [expected]
    assert run("verify", "--repair", taz).exit_code == 0
    assert schema(taz) == before
    assert run("search", taz, "regen").stdout.count("!60") == 2


def test_a_table_with_unfit_rows_stays_unchanged_and_remains_a_fault(taz: Path) -> None:
    change(
        taz,
        "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; ALTER TABLE tags RENAME TO t;"
        "CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, number INTEGER);"
        "INSERT INTO tags SELECT id, name, 'not a number' FROM t; DROP TABLE t",
    )
    before = schema(taz), derived_rows(taz)
    done = run("verify", "--repair", taz)
    assert done.exit_code == 5
    assert "schema: table tags differs from this release; expected STRICT" in done.stdout
    assert (schema(taz), derived_rows(taz)) == before


# -- sqlite3 .dump ------------------------------------------------------------------------------------------


@pytest.fixture
def dumped(taz: Path) -> Path:
    """The archive as ``sqlite3 taz.db .dump | sqlite3 new.db`` copies it, without the header."""
    new = taz.with_name("new.db")
    dump = subprocess.run(["sqlite3", taz, ".dump"], check=True, capture_output=True, timeout=LONGEST)
    subprocess.run(["sqlite3", new], input=dump.stdout, check=True, timeout=LONGEST)
    assert (mark(taz), mark(new)) == (b"taza", bytes(4))
    return new


def mark(path: Path) -> bytes:
    return path.read_bytes()[68:72]


def test_an_archive_restored_from_a_dump_is_accepted(dumped: Path) -> None:
    before = dumped.read_bytes()
    done = run("verify", "--all", dumped)
    assert (done.exit_code, done.stdout) == (0, f"{SOUND}\n")
    assert "6080004" in run("list", dumped).stdout
    assert (dumped.read_bytes(), sorted(path.name for path in dumped.parent.iterdir())) == (
        before,
        ["new.db", "taz.db", "taz.db.lock"],
    )


def test_the_first_write_to_a_restored_dump_sets_the_application_id_and_migrates_nothing(
    taz: Path, dumped: Path
) -> None:
    applied = "SELECT name, applied_at FROM _sqlite_migrations ORDER BY id"
    with open_writer(dumped) as archive:
        archive.record([capture(BASE, 3)])
        assert rows(archive, "PRAGMA journal_mode") == [("wal",)]
    assert mark(dumped) == b"taza"
    assert rows(taz, applied) == rows(dumped, applied)
    assert run("verify", "--all", dumped).exit_code == 0


FOREIGN_DATABASES = {
    "other tables": "CREATE TABLE captures (id INTEGER)",
    "the application id of another program": "PRAGMA application_id = 1",
    "views with the names of our tables": """
        DROP TABLE captures; DROP TABLE pages; DROP TABLE payloads;
        CREATE VIEW captures AS SELECT 1; CREATE VIEW pages AS SELECT 1; CREATE VIEW payloads AS SELECT 1
        """,
}


@pytest.mark.parametrize("name", FOREIGN_DATABASES)
def test_another_database_is_refused_and_stays_unchanged(name: str, dumped: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.db" if name == "other tables" else dumped
    change(foreign, FOREIGN_DATABASES[name])
    before = foreign.read_bytes()
    for command in ("status", "reparse"):
        done = run(command, foreign)
        assert (
            done.exit_code,
            "not an archive, but another SQLite database" in done.stderr,
        ) == (1, True)
    assert foreign.read_bytes() == before
    assert not foreign.with_name(f"{foreign.name}.lock").exists()


# -- Not faults --------------------------------------------------------------------------------------------


def rewrite_with_other_spelling(path: Path) -> None:
    change(
        path,
        "DROP INDEX links_version;"
        'create index if not exists "links_version" -- for speed\n on [links] (`version_id`);'
        "VACUUM; REINDEX; ANALYZE",
    )


def add_a_column_and_an_index(path: Path) -> None:
    sqlite_utils("add-column", path, "articles", "note", "text")
    sqlite_utils("create-index", path, "articles", "note")


ADDITIONS: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "other spelling": (rewrite_with_other_spelling, []),
    "a column and an index": (add_a_column_and_an_index, ["column articles.note", "index idx_articles_note"]),
    "a table": (lambda path: sqlite_utils("create-table", path, "mine", "id", "integer"), ["table mine"]),
    "a view": (
        lambda path: sqlite_utils("create-view", path, "mine", "SELECT title FROM articles"),
        ["view mine"],
    ),
    "a search index": (
        lambda path: sqlite_utils("enable-fts", path, "tags", "name", "--create-triggers"),
        ["table tags_fts", "trigger tags_ad", "trigger tags_ai", "trigger tags_au"],
    ),
}


@pytest.mark.parametrize("name", ADDITIONS)
def test_an_addition_is_listed_and_is_not_a_fault(name: str, taz: Path) -> None:
    add, expected = ADDITIONS[name]
    add(taz)
    done = run("verify", "--all", taz)
    assert (done.exit_code, done.stderr) == (0, "")
    named = f"kept, though not part of an archive: {', '.join(expected)}\n" if expected else ""
    assert done.stdout == f"{named}{SOUND}\n"


def test_repair_keeps_additions(taz: Path) -> None:
    add_a_column_and_an_index(taz)
    sqlite_utils("enable-fts", taz, "articles", "title", "--create-triggers")
    change(taz, "UPDATE articles SET note = 'lesen'; CREATE VIEW mine AS SELECT note FROM articles")
    sqlite_utils("transform", taz, "articles")
    added = {"articles_ai", "articles_ad", "articles_au"} & schema(taz).keys()
    assert run("verify", "--repair", taz).exit_code == 0
    with closing(open_to_read(taz)) as db:
        assert not differences(db)
    assert rows(taz, "SELECT DISTINCT note FROM mine") == [("lesen",)]
    assert added | {"idx_articles_note", "articles_fts"} <= schema(taz).keys()


def test_a_column_name_with_sql_in_it_is_only_a_name(taz: Path) -> None:
    change(
        taz,
        'ALTER TABLE articles ADD COLUMN "a""; DROP TABLE payloads; --" TEXT; DROP TRIGGER versions_insert',
    )
    sqlite_utils("transform", taz, "articles")
    assert run("verify", "--repair", taz).exit_code == 0
    assert 'column articles.a"; DROP TABLE payloads; --' in run("verify", taz).stdout
