"""``verify`` reports each fault in a line, and ``--repair`` restores what can be derived."""

import json
import random
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.cli.main import cli
from archive.errors import StoreError
from archive.pagekey import ROOT
from archive.store import open_reader, open_writer
from archive.store.db.connection import open_to_read
from archive.store.db.lock import writing as locked
from archive.store.maintenance.frontier_check import frontier_faults
from archive.store.maintenance.rebuilding import rebuild
from archive.store.payloads.dictionaries import DICTIONARY_TABLES
from archive.timestamps import parse_stamp
from benchmarks.pages import wire_pages
from crawler.demo.newspaper.gateways.miga import MIGA
from crawler.demo.newspaper.gateways.phoxy import PHOXY
from tests.support.running.maintenance import FLIP, MEMORY, copy, damage, merge, verify
from tests.support.samples.captures import BASE, capture
from tests.support.samples.histories import LONG, READINGS, from_gateway, through
from tests.support.samples.menus import menu_capture
from tests.support.samples.sample_archive import EDITED, VISITS, make_sample_archive, our_own_captures
from tests.support.tables import Rows, derived_rows, is_sound, rows

PAGE = 4096  # bytes of the file
FACTS = {
    "captures": "SELECT id, crawl_id, page_id, source, rendition, url, captured_at, payload_id,"
    " outcome FROM captures",
    "payloads": "SELECT * FROM payloads",
    "pages": "SELECT * FROM pages",
    "crawls": "SELECT * FROM crawls",
    "crawl_sources": "SELECT * FROM crawl_sources",
    "certificates": "SELECT * FROM certificates",
}
GATEWAYS = [
    from_gateway(LONG, 0, 6081430),
    through(MIGA, "miga", LONG, 1, 6081430),
    capture(LONG, 2),
    from_gateway(READINGS[3], 3, 6080003),
    from_gateway(LONG, 3, 6080005),
    through(PHOXY, "phoxy", LONG, 4, 6080005),
    capture(BASE, 4, None, url="file.txt"),
    capture(BASE, 5, 6080004),
    capture(replace(BASE, title="Wohin ein Verweis führt"), 6, 6080001),
]
MENUS = [
    *(menu_capture(listed, hour, ROOT) for hour, listed in enumerate([[6080001, EDITED], [EDITED, 6080001]])),
    *(menu_capture([EDITED, 1], hour) for hour in (0, 1)),
]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Edits, absences, failures, cuts, healed places, pages without a number."""
    path = tmp_path_factory.mktemp("sample") / "taz.db"
    with open_writer(path) as archive:
        crawl = archive.runs.begin(source="gopher", at=VISITS[0])
        archive.record(our_own_captures(), crawl=crawl)
        archive.runs.finish(crawl, at=VISITS[-1], reason="finished", stats={})
        archive.record([*GATEWAYS, *MENUS])
    assert rows(path, "SELECT count(*) FROM version_truncations") > [(0,)]
    assert rows(path, "SELECT count(*) FROM version_repairs") > [(0,)]
    return path


@pytest.fixture
def taz(sample: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(shutil.copy(sample, Path(folder, "taz.db")))


def repair(path: Path) -> Result:
    return CliRunner().invoke(cli, ["verify", "--repair", str(path)])


def derived(path: Path) -> Rows:
    assert is_sound(path)
    return derived_rows(path)


def facts(path: Path) -> list[list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as db:
        return [db.execute(query).fetchall() for query in FACTS.values()]


# -- What is whole ----------------------------------------------------------------------------------------


def without_record(path: Path) -> list[str]:
    """The rows of an archive as SQL, without the record of checks."""
    with closing(sqlite3.connect(path)) as db:
        return [line for line in db.iterdump() if not re.match(r'INSERT INTO "(part_)?checks"', line)]


def test_a_sound_archive_is_reported_as_sound_and_only_the_check_is_recorded(taz: Path) -> None:
    before = without_record(taz)
    done = verify(taz)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("sound: ")
    assert without_record(taz) == before
    assert repair(taz).stdout == done.stdout
    assert without_record(taz) == before
    assert rows(taz, "SELECT scope, fault_count FROM checks") == [("all", 0), ("all", 0)]


def test_an_archive_is_sound_after_reparse_and_merge(taz: Path) -> None:
    assert CliRunner().invoke(cli, ["reparse", str(taz)]).exit_code in (0, 3)
    assert verify(taz).exit_code == 0
    assert merge(taz.with_name("new.db"), taz).exit_code == 0
    assert verify(taz.with_name("new.db")).exit_code == 0


def test_a_sample_is_derived_again_unless_all_is_requested(taz: Path) -> None:
    with open_reader(taz) as archive:
        sampled = archive.checks.plan(every=False, sample=7)
        assert len(sampled.articles) == 7
        assert list(archive.checks.faults(sampled, lambda _: None)) == []
        everything = archive.checks.plan(every=True, sample=7)
    report = json.loads(CliRunner().invoke(cli, ["verify", str(taz), "--json", "--all"]).stdout)
    assert (report["sound"], report["faults"]) == (True, [])
    assert report["articles_derived"] == report["articles"] == len(everything.articles) > 7


def counts(path: Path, *words: str) -> tuple[int, int]:
    """Verify; return how many articles were derived again, and how many were found sound before."""
    done = CliRunner().invoke(cli, ["verify", str(path), "--json", *words])
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    return report["articles_derived"], report["articles_unchanged"]


def test_all_derives_only_what_has_changed_since_unless_it_is_to_check_again(taz: Path) -> None:
    everything, _ = counts(taz, "--all")
    assert everything > 0
    assert counts(taz, "--all") == (0, everything)
    done = verify(taz)
    assert f"0 of {everything} articles derived again, {everything} unchanged since" in done.stdout
    assert counts(taz, "--again") == counts(taz, "--repair") == counts(taz) == (everything, 0)
    with open_writer(taz) as archive:
        archive.record([capture(BASE, 30, EDITED + 1000)])
    assert counts(taz, "--all") == (1, everything)


def test_without_a_cache_everything_is_checked(taz: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(taz))  # a file
    assert counts(taz, "--all") == counts(taz, "--all")
    assert counts(taz, "--all")[1] == 0


def test_what_another_user_has_checked_is_checked_again(
    taz: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts(taz, "--all")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    assert counts(taz, "--all")[1] == 0


def test_captures_recorded_during_verify_are_not_reported_as_future(taz: Path) -> None:
    recorded: list[datetime] = []

    def record(statement: str) -> None:
        if "FROM captures" in statement and not recorded:
            recorded.append(datetime.now(UTC))
            with open_writer(taz) as archive:
                archive.record([replace(capture(BASE, 0), captured_at=recorded[0])])

    with closing(open_to_read(taz)) as db:
        db.conn.set_trace_callback(record)
        assert list(frontier_faults(db)) == []
    assert recorded
    assert verify(taz).exit_code == 0


def test_verify_and_writers_do_not_block_each_other(taz: Path) -> None:
    with open_writer(taz) as archive:
        archive.record([capture(READINGS[4], 20)])
        assert verify(taz).exit_code == 0
        archive.record([capture(BASE, 21)])
    with locked(taz):
        assert verify(taz).exit_code == 0
        assert repair(taz).exit_code == 0  # nothing to do


def test_a_file_that_is_not_an_archive_is_not_reported_as_damaged(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("Guten Tag. " * 99)
    for name in ("none.db", "text.db"):
        done = verify(tmp_path / name)
        assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)


# -- What is derived ----------------------------------------------------------------------------------------

LAST = "id = (SELECT max(id) FROM versions)"
WRONG = {
    "no articles": "DELETE FROM articles",
    "an article lost": f"DELETE FROM articles WHERE id = {EDITED}",
    "no versions": "DELETE FROM versions",
    "a version lost": f"DELETE FROM versions WHERE article_id = {EDITED} AND number = 1",
    "a version too many": "INSERT INTO versions SELECT 19990001, article_id, 99, digest, first_seen,"
    " last_seen, title,"
    " lead, caption, dateline, published, text, words, truncation_count,"
    " paragraphs_inferred, umlauts_transliterated, healed, capture_id, search_spellings"
    f" FROM versions WHERE article_id = {EDITED} LIMIT 1",
    "a word changed": f"UPDATE versions SET text = 'Nein. ' || text WHERE {LAST}",
    "a digest changed": f"UPDATE versions SET digest = zeroblob(32) WHERE {LAST}",
    "a word changed unseen": f"UPDATE versions SET dateline = 'Ulm taz' WHERE {LAST}",
    "a time changed": "UPDATE articles SET last_seen = '2031' WHERE id = (SELECT max(id) FROM articles)",
    "a state changed": "UPDATE articles SET state = iif(state = 'present', 'gone', 'present')",
    "no links": "DELETE FROM links",
    "a link bent": "UPDATE links SET start = start + 1 WHERE start IS NOT NULL",
    "a link that knows not its article": "UPDATE links SET article_id = NULL",
    "no authors of versions": "DELETE FROM version_authors",
    "no authors": "DELETE FROM authors",
    "no tags of articles": "DELETE FROM article_tags",
    "no tags": "DELETE FROM tags",
    "no related articles": "DELETE FROM related_articles",
    "a related article unknown": "UPDATE related_articles SET related_id = NULL",
    "no sections": "DELETE FROM sections",
    "no placements": "DELETE FROM placements",
    "a section renamed": "UPDATE sections SET name = 'Nichts' WHERE number = 4611",
    "a section of no page": "INSERT INTO sections (number, name) VALUES (1, 'Nichts')",
    "a place changed": "UPDATE placements SET position = 9 WHERE position = 2",
    "a placement cut short": "UPDATE placements SET last_seen = first_seen",
    "a placement that knows not its article": "UPDATE placements SET article_id = NULL",
    "no cuts": "DELETE FROM version_truncations",
    "nothing healed": "DELETE FROM version_repairs",
    "captures of no version": "UPDATE captures SET version_id = NULL",
    "a capture of another version": "UPDATE captures SET version_id = (SELECT max(id) FROM versions)"
    f" WHERE article_id = {EDITED}",
    "captures of no article": "UPDATE captures SET article_id = NULL, version_id = NULL",
    "a capture of another article": f"UPDATE captures SET article_id = 6080004 WHERE article_id = {EDITED}",
    "no search index": "DELETE FROM versions_fts_data WHERE id > 10",
    "a word that the index lacks": "INSERT INTO versions_fts (versions_fts, rowid, title, lead, caption,"
    " text, search_spellings) SELECT 'delete', id, title, lead, caption, text, search_spellings"
    " FROM versions LIMIT 1",
}


@pytest.mark.slow
@pytest.mark.parametrize("harm", WRONG)
def test_wrong_derived_rows_are_found_and_restored(taz: Path, harm: str) -> None:
    expected, before = derived(taz), facts(taz)
    damage(taz, WRONG[harm])
    done = verify(taz)
    assert done.exit_code == 5
    assert all(len(line) < 200 for line in done.output.splitlines())
    assert "verify --repair" in done.stderr
    mended = repair(taz)
    assert (mended.exit_code, mended.stdout.splitlines()[-1][:6]) == (0, "sound:"), mended.output
    assert derived(taz) == expected
    assert facts(taz) == before


def test_a_lost_page_or_crawl_is_restored_from_its_captures(taz: Path) -> None:
    expected = derived(taz)
    damage(taz, "DELETE FROM pages WHERE id IN (SELECT page_id FROM captures)")
    damage(taz, "DELETE FROM crawls")
    done = verify(taz)
    assert (done.exit_code, "names a row of crawls that is not there" in done.stdout) == (5, True)
    assert repair(taz).exit_code == 0
    assert derived(taz) == expected
    assert [row[1:4] for row in facts(taz)[3]] == [
        ("2025-03-31T06:00:00.000Z", "2025-04-04T06:00:00.000Z", "lost")
    ]


# -- What is not --------------------------------------------------------------------------------------------


def test_flipped_bytes_are_found_and_nothing_derived_of_them_is_lost(taz: Path) -> None:
    expected, whole = derived(taz), copy(taz, "whole.db")
    number = "SELECT payload_id FROM captures WHERE article_id = ? ORDER BY captured_at LIMIT 1"
    with closing(sqlite3.connect(taz)) as db:
        (payload,) = db.execute(number, [EDITED]).fetchone()
    damage(taz, FLIP, payload)
    done = verify(taz)
    assert done.exit_code == 5
    line = done.stdout.splitlines()[0]
    assert line.startswith(f"payloads: payload {payload} ")
    assert f"it is gopher://localhost:7070/1/!{EDITED} of 2025-03-31 08:00 CEST" in line
    assert f"`taz-archive merge {taz} BACKUP.db` restores them" in done.stderr
    assert repair(taz).exit_code == 5
    assert derived(taz) == expected
    assert merge(taz, whole).exit_code == 0
    assert verify(taz).exit_code == 0


@pytest.mark.slow
@pytest.mark.parametrize("table", DICTIONARY_TABLES)
def test_a_lost_dictionary_is_found_and_restored(taz: Path, table: str) -> None:
    with open_writer(taz) as archive:
        archive.record(page.capture(parse_stamp("2025-05-01T00:00:00.000Z")) for page in wire_pages(260))
    assert CliRunner().invoke(cli, ["compact", str(taz)]).exit_code == 0
    expected, before = derived(taz), facts(taz)
    damage(taz, f"DELETE FROM {table}")
    done = verify(taz)
    assert done.exit_code == 5
    assert f"dictionaries: dictionary 1 is damaged in table {table}" in done.stdout
    assert repair(taz).exit_code == 0
    assert (derived(taz), facts(taz)) == (expected, before)


@pytest.mark.parametrize("more", ["", "DELETE FROM versions"])
def test_lost_bytes_are_found_and_nothing_derived_of_them_is_lost(taz: Path, more: str) -> None:
    whole = copy(taz, "whole.db")
    expected = derived(taz)
    damage(
        taz, f"DELETE FROM payloads WHERE id IN (SELECT payload_id FROM captures WHERE article_id = {EDITED})"
    )
    assert verify(taz).exit_code == 5
    assert repair(taz).exit_code == 5
    report = derived_of(taz, EDITED)
    assert report == derived_of(whole, EDITED)
    assert merge(taz, whole).exit_code == 0
    if more:
        damage(taz, more)
        assert repair(taz).exit_code == 0
    assert derived(taz) == expected


def derived_of(path: Path, article: int) -> Sequence[object]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT id, text FROM versions WHERE article_id = ?", [article]).fetchall()


# -- Noise in the file ------------------------------------------------------------------------------------


def pages_of(path: Path, *tables: str) -> list[int]:
    """The numbers of those pages of the file that hold a table or index."""
    with closing(sqlite3.connect(path)) as db:
        marks = ", ".join("?" * len(tables))
        try:
            found = db.execute(f"SELECT pageno FROM dbstat WHERE name IN ({marks})", tables).fetchall()
        except sqlite3.OperationalError:  # SQLite was built without it: only roots
            found = db.execute(
                f"SELECT rootpage FROM sqlite_schema WHERE name IN ({marks})", tables
            ).fetchall()
    return [page for (page,) in found]


def make_noise(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(random.Random(page).randbytes(PAGE))


DERIVED_PAGES = [
    *("articles", "versions", "links", "related_articles", "article_tags", "versions_fts_data", "authors"),
    *("placements", "captures_article", "captures_page", "pages_due", "versions_article"),
]


@pytest.mark.slow
@pytest.mark.parametrize("table", DERIVED_PAGES)
def test_noise_in_derived_tables_is_found_and_the_file_rebuilt(taz: Path, table: str) -> None:
    expected, before = derived(taz), facts(taz)
    make_noise(taz, pages_of(taz, table)[-1])
    done = verify(taz)
    assert done.exit_code == 5
    assert done.stdout.startswith("file: ")
    mended = repair(taz)
    assert (mended.exit_code, mended.stdout.splitlines()[-1][:6]) == (0, "sound:"), mended.output
    assert derived(taz) == expected
    assert facts(taz) == before
    assert not taz.with_name("taz.db.part").exists()


@pytest.mark.slow
@pytest.mark.parametrize("table", ["captures", "payloads", "pages", "crawls"])
def test_noise_where_facts_were_is_found_and_the_rest_saved(taz: Path, table: str) -> None:
    whole = copy(taz, "whole.db")
    make_noise(taz, pages_of(taz, table)[-1])
    before = taz.read_bytes()
    done = verify(taz)
    assert done.exit_code == 5
    assert f"file: {table}: " in done.stdout or done.stdout.startswith("file: ")
    assert repair(taz).exit_code == 5
    assert taz.read_bytes() == before
    new = taz.with_name("new.db")
    assert merge(new, taz, whole).exit_code in (0, 5)
    assert verify(new).exit_code == 0
    assert captured(new) == captured(whole)


def captured(path: Path) -> set[tuple[object, ...]]:
    query = "SELECT url, captured_at, source, digest FROM captures LEFT JOIN payloads p ON p.id = payload_id"
    with closing(sqlite3.connect(path)) as db:
        return set(db.execute(query))


def test_rows_that_only_an_index_names_do_not_stop_a_merge(tmp_path: Path) -> None:
    taz = tmp_path / "taz.db"
    make_sample_archive(taz)  # of many pages, so that the table has several in the file
    whole = copy(taz, "whole.db")
    delete_past_the_index(taz, "pages", "id < 20")
    make_noise(taz, pages_of(taz, "pages")[-1])
    new = taz.with_name("new.db")
    assert merge(new, taz).exit_code in (0, 5)
    assert verify(new).exit_code == 0
    assert captured(new) == captured(whole)


def delete_past_the_index(path: Path, table: str, where: str) -> None:
    """Delete rows as a write that was lost in part does: the indexes of the table still name them."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        query = "SELECT rowid, type, name, tbl_name, rootpage, sql FROM sqlite_schema WHERE tbl_name = ?"
        kept = db.execute(query, [table]).fetchall()
        (sql,) = (row[-1] for row in kept if row[1] == "table")
        db.execute("PRAGMA writable_schema = ON")
        db.execute("DELETE FROM sqlite_schema WHERE tbl_name = ? AND type = 'index'", [table])
        plain = re.sub(r",\s*UNIQUE \([^)]*\)", "", sql)
        db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", [plain, table])
        db.execute("PRAGMA writable_schema = RESET")
        db.execute("PRAGMA foreign_keys = OFF")
        assert db.execute(f"DELETE FROM {table} WHERE {where}").rowcount > 0
        db.execute("PRAGMA writable_schema = ON")
        db.execute("DELETE FROM sqlite_schema WHERE tbl_name = ?", [table])
        marks = (
            "INSERT INTO sqlite_schema (rowid, type, name, tbl_name, rootpage, sql) VALUES (?, ?, ?, ?, ?, ?)"
        )
        db.executemany(marks, kept)


@pytest.mark.parametrize("seed", range(8))
def test_noise_anywhere_ends_in_an_error_message(taz: Path, seed: int) -> None:
    """Each command says what it can, with the code that tells a script; none breaks, none makes it worse."""
    page = random.Random(seed).randrange(2, taz.stat().st_size // PAGE + 1)
    make_noise(taz, page)
    for words in (["verify", "--repair"], ["backup"], ["merge"]):
        archives = [taz.with_name("new.db"), taz] if words == ["merge"] else [taz]
        out = [taz.with_name("backup.db")] if words == ["backup"] else []
        done = CliRunner().invoke(cli, [*words, *map(str, archives + out)])
        assert done.exit_code in (0, 5), (page, done.output, done.exception)
        assert "Traceback" not in done.output
        if words == ["backup"] and done.exit_code:
            assert not out[0].exists()


def test_a_lost_header_page_is_one_line(taz: Path) -> None:
    make_noise(taz, 1)
    done = verify(taz)
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert "not an archive" in done.stderr


def test_a_damaged_file_that_is_read_elsewhere_is_not_replaced(taz: Path) -> None:
    make_noise(taz, pages_of(taz, "captures_article")[-1])
    damaged = taz.read_bytes()
    with closing(sqlite3.connect(taz)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        with pytest.raises(StoreError, match="locked"):
            rebuild(taz, lambda _: None, patience=0.1)
    assert taz.read_bytes() == damaged
    assert repair(taz).exit_code == 0


def retype(path: Path, before: str, after: str) -> None:
    """Change how the table of payloads is declared, whatever its rows hold."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE name = 'payloads'", [before, after]
        )


def test_a_digest_of_a_wrong_type_ends_the_repair_with_advice(taz: Path) -> None:
    retype(taz, ") STRICT", ")")
    with closing(sqlite3.connect(taz, isolation_level=None)) as db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        db.execute("UPDATE payloads SET digest = 'x' WHERE id = 1")
        (declared,) = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'payloads'").fetchone()
    retype(taz, declared, f"{declared} STRICT")
    done = CliRunner().invoke(cli, ["verify", "--repair", str(taz)])
    assert done.exit_code == 5
    assert "value in payloads.digest" in done.stdout
    assert "rescues what is readable" in done.stderr
