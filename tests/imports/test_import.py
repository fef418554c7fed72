"""``taz-archive import``, as it is called: each problem is one line, and nothing is lost."""

import ctypes
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from archive.dump.writer import write_dump
from archive.store.payloads.payloads import load
from tests.support.running.forking import run_forked
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BRIDGE, capture_of
from tests.support.samples.gateway_pages import ARTICLES, GATEWAYS, shown, truth
from tests.support.samples.golden_pages import page
from tests.support.tables import change, rows

DUMP = page("everything-with-blanks")
WIRE = page("everything-on-the-wire")
# From linux/capability.h and linux/prctl.h.
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, PR_CAPBSET_DROP = 1, 2, 24
TITLE = "Brücke in Großau: Teil 2: Neue Straße, alter Streit"


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    problems: list[str]


def run(
    archive: Path, *args: str | Path, cwd: Path | None = None, before: Callable[[], None] | None = None
) -> Ended:
    """Import into ``archive``. Whatever happens, no traceback."""
    words = ["import", str(archive), *map(str, args)]
    if cwd or before:
        command = [sys.executable, "-m", "archive", *words]
        ended = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=cwd, timeout=LONGEST, preexec_fn=before
        )
    else:
        ended = run_forked(words, longest=LONGEST)
    assert "Traceback" not in ended.stderr
    return Ended(ended.returncode, ended.stdout.strip(), ended.stderr.splitlines())


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "taz.db"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pages"
    made.mkdir()
    return made


def counts(archive: Path) -> dict[str, int]:
    tables = [name for (name,) in rows(archive, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: rows(archive, f'SELECT count(*) FROM "{table}"')[0][0] for table in tables}


def bodies(archive: Path) -> list[bytes]:
    """The bytes of every capture, in the order they came."""
    from sqlite_utils import Database  # noqa: PLC0415

    with closing(Database(archive)) as db:
        payloads = [id_ for (id_,) in db.execute("SELECT payload_id FROM captures ORDER BY id").fetchall()]
        return [load(db, id_) for id_ in payloads if id_ is not None]


# -- What is imported -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["everything-with-blanks", "everything-without-blanks", "everything-on-the-wire"]
)
def test_a_page_of_any_rendition_becomes_an_article(archive: Path, folder: Path, name: str) -> None:
    (folder / "%21700001.txt").write_bytes(page(name))
    assert run(archive, folder) == Ended(0, "1 file: 1 new article", [])
    assert rows(archive, "SELECT id, title FROM articles") == [(700001, TITLE)]


def test_the_bytes_are_kept_as_they_were(archive: Path, folder: Path) -> None:
    (folder / "a.txt").write_bytes(DUMP)
    (folder / "b.txt").write_bytes(b"\x89PNG\0")
    run(archive, folder)
    assert bodies(archive) == [DUMP, b"\x89PNG\0"]


def test_importing_again_adds_nothing(archive: Path, folder: Path) -> None:
    (folder / "a.txt").write_bytes(DUMP)
    (folder / "b.txt").write_bytes(b"kein Artikel")
    run(archive, folder)
    before = counts(archive)
    again = run(archive, folder)
    assert again.out == "2 files: 1 imported before, 1 with problems"
    assert counts(archive) == before


@pytest.mark.parametrize(
    "name", ["!700001.txt", "%21700001", "Neue-Straße-%21700001.html", "seite_!700001_alt.txt"]
)
def test_the_id_is_in_the_files_name(archive: Path, folder: Path, name: str) -> None:
    (folder / name).write_bytes(DUMP)
    run(archive, folder / name)
    assert rows(archive, "SELECT id FROM articles") == [(700001,)]


@pytest.mark.parametrize("number", ["700009", "!700009", "https://taz.de/Murr/!700009/"])
def test_the_id_given_goes_before_the_one_in_the_name(archive: Path, folder: Path, number: str) -> None:
    (folder / "!700001.txt").write_bytes(DUMP)
    run(archive, folder, "--id", number)
    assert rows(archive, "SELECT id FROM articles") == [(700009,)]


def test_a_file_without_an_id_is_filed_under_a_negative_one(archive: Path, folder: Path) -> None:
    (folder / "page.txt").write_bytes(DUMP)
    run(archive, folder)
    ((number, title),) = rows(archive, "SELECT id, title FROM articles")
    assert (number < 0, title) == (True, TITLE)


def test_the_time_is_the_files_own(archive: Path, folder: Path) -> None:
    (folder / "page.txt").write_bytes(DUMP)
    os.utime(folder / "page.txt", (0, 1_700_000_000))
    run(archive, folder)
    ((at,),) = rows(archive, "SELECT captured_at FROM captures")
    assert datetime.fromisoformat(at) == datetime.fromtimestamp(1_700_000_000, UTC)


@pytest.mark.parametrize("time", ["2025-04-10T20:00", "2025-04-10T20:00+02:00"])
def test_the_time_given_goes_before_the_files_own(archive: Path, folder: Path, time: str) -> None:
    (folder / "page.txt").write_bytes(DUMP)
    run(archive, folder, "--captured-at", time)
    ((at,),) = rows(archive, "SELECT captured_at FROM captures")
    assert datetime.fromisoformat(at) == datetime(2025, 4, 10, 18, tzinfo=UTC)


def test_a_file_from_no_calendars_year_is_imported_now(archive: Path, folder: Path) -> None:
    (folder / "page.txt").write_bytes(DUMP)
    os.utime(folder / "page.txt", (0, 400_000_000_000))
    assert run(archive, folder).code == 0


def test_the_rendition_given_goes_before_the_bytes(archive: Path, folder: Path) -> None:
    (folder / "page.txt").write_bytes(DUMP)
    ended = run(archive, folder, "--rendition", "gopher")
    assert ended.code == 3
    assert "expected a menu row" in ended.problems[0]


def test_a_section_is_read_as_a_menu(archive: Path, folder: Path) -> None:
    (folder / "%21p4611.txt").write_bytes(page("broken-menu-on-the-wire"))
    assert run(archive, folder) == Ended(0, "1 file: 1 without an article (menus, failed fetches)", [])
    assert (1,) in rows(archive, "SELECT count(*) FROM pages WHERE kind = 'article' AND number = 700002")


def test_directories_are_searched_but_for_hidden_files(archive: Path, folder: Path) -> None:
    for name in ("b/!700001.txt", "b/c/!700002.txt", ".hidden.txt", ".git/!700003.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(DUMP)
    assert run(archive, folder) == Ended(0, "2 files: 2 new articles", [])


def test_a_hidden_file_that_is_named_is_imported(archive: Path, folder: Path) -> None:
    (folder / ".page.txt").write_bytes(DUMP)
    assert run(archive, folder / ".page.txt").code == 0


def test_an_empty_directory_is_nothing_to_import_and_makes_no_archive(archive: Path, folder: Path) -> None:
    assert run(archive, folder) == Ended(0, "0 files: nothing to import", [])
    assert list(archive.parent.iterdir()) == [folder]


def test_an_archive_does_not_import_itself(archive: Path) -> None:
    (archive.parent / "page.txt").write_bytes(DUMP)
    assert run(archive, ".", cwd=archive.parent).out == "1 file: 1 new article"
    assert run(archive, ".", cwd=archive.parent).out == "1 file: 1 imported before"


def test_more_files_than_one_transaction_holds_are_all_imported(archive: Path, folder: Path) -> None:
    for number in range(250):
        (folder / f"!{700000 + number}.txt").write_bytes(b"# taz.de -- Murr %d\n8 Oct 2020\n" % number)
    assert run(archive, folder).out == "250 files: 250 new articles"


def test_the_first_lines_of_a_known_article_are_a_problem_and_no_edit(archive: Path, folder: Path) -> None:
    whole, half = folder / "!700001.txt", folder / "half" / "!700001.txt"
    half.parent.mkdir()
    lines = page("everything-without-blanks").splitlines(keepends=True)
    whole.write_bytes(b"".join(lines))
    half.write_bytes(b"".join(lines[:8]))
    run(archive, whole, "--captured-at", "2025-04-10")
    ended = run(archive, half, "--captured-at", "2025-04-11")
    assert (ended.code, ended.out, len(ended.problems)) == (3, "1 file: 1 with problems", 1)
    assert "no date and none of the four sections: the page is incomplete" in ended.problems[0]
    assert rows(archive, "SELECT number FROM versions") == [(1,)]
    assert rows(archive, "SELECT outcome, article_id FROM captures") == [
        ("ok", 700001),
        ("unreadable", 700001),
    ]


# -- Bad files: one line each, and the exit code tells ------------------------------------------------

BAD = {
    "empty.txt": (b"", "expected a page, found nothing"),
    "blank.txt": (b" \n\n", "expected a page, found nothing"),
    "other.txt": (b"-----\nHallo\n", 'line 1: expected "# taz.de -- …", found "-----"'),
    "binary.bin": (b"\x7fELF\2\1\1\0", "expected text, found a binary (NUL at byte 7)"),
    "latin.txt": (DUMP.decode().encode("latin-1", "replace"), "line 1: expected UTF-8, found byte 0xfc"),
    "half.txt": (
        page("broken-cut-in-a-sentence"),
        'line 9: expected the rest of the page after "tos fahren, ist offen; von „Mo", found no date',
    ),
    "menu.txt": (
        page("broken-menu-on-the-wire"),
        "line 3: expected an article's text, found a menu's link \"Murr: Ein Fluss steigt\"",
    ),
    "saved-menu.txt": (
        b"# taz.de -- Kraut\n       \n (DIR) Garten: Der erste Kohl\n       \n       Ein Satz.\n",
        "line 3: expected an article's text, found a menu's link \"Garten: Der erste Kohl\"",
    ),
    "root.txt": (
        b"# taz.de\nDie Zeitung\n",
        'line 1: expected an article, "# taz.de -- …", found the root menu',
    ),
    "gone.txt": (page("broken-error-row"), "the server says \"'/x' does not exist (no handler found)\""),
    "row.txt": (page("broken-within-a-row"), "line 2: the connection closed within a row"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_line_that_names_it_and_what_was_expected_and_makes_no_archive(
    archive: Path, folder: Path, name: str
) -> None:
    body, problem = BAD[name]
    (folder / name).write_bytes(body)
    ended = run(archive, folder / name)
    assert (ended.code, ended.out, len(ended.problems)) == (3, "1 file: 1 with problems", 1)
    assert ended.problems[0].startswith(f"taz-archive: {folder / name}: {problem}")
    assert list(archive.parent.iterdir()) == [folder]


def test_bad_files_do_not_stop_the_good_ones(archive: Path, folder: Path) -> None:
    for name, (body, _) in BAD.items():
        (folder / name).write_bytes(body)
    (folder / "m.txt").write_bytes(DUMP)
    ended = run(archive, folder)
    assert (ended.code, len(ended.problems)) == (3, len(BAD))
    assert ended.out == f"{len(BAD) + 1} files: 1 new article, {len(BAD)} with problems"


def test_an_archive_keeps_bad_files_with_their_bytes_and_their_problem(archive: Path, folder: Path) -> None:
    (folder / "good.txt").write_bytes(DUMP)
    for name, (body, _) in BAD.items():
        (folder / name).write_bytes(body)
    run(archive, folder)
    assert sorted(bodies(archive)) == sorted([DUMP, *(body for body, _ in BAD.values())])
    kept = rows(archive, "SELECT problem FROM captures WHERE outcome <> 'ok'")
    assert len(kept) == len(BAD)
    assert all(problem for (problem,) in kept)


def test_a_file_of_a_gigabyte_is_not_read(archive: Path, folder: Path) -> None:
    with (folder / "big.txt").open("wb") as file:
        file.truncate(2**30)
    ended = run(archive, folder)
    assert ended.code == 3
    assert "expected a page of at most 4 MiB, found 1,024 MiB" in ended.problems[0]


NO_PAGES = {
    "x.csv": (b"Titel;Datum\nA;B\n", "CSV; `import` reads exports in jsonl, dump, warc and wacz"),
    "versions": (b"id,version,versions,first_seen\n1,1,1,2025-04-10\n", "CSV"),
    "bom": (b"\xef\xbb\xbfid,version,versions,first_seen\n", "CSV"),
    "x.tsv": (b"Titel\tDatum\n", "tab-separated values"),
    "x.json": (b'{"format": "dump"}\n', "JSON"),
    "rows.json": (b'[\n{"id": 1}]\n', "JSON"),
    "feed.xml": (b'<?xml version="1.0"?>\n<feed xmlns="http://www.w3.org/2005/Atom">', "XML"),
    "rss": (b'<rss version="2.0">', "an RSS feed"),
    "archive.db": (b"SQLite format 3\0" + bytes(1000), "an SQLite database; `taz-archive merge`"),
    "book.epub": (b"PK\x03\x04" + bytes(1000), "a ZIP or EPUB file"),
    "x.parquet": (b"PAR1" + bytes(1000), "a Parquet file"),
    "page.txt.gz": (b"\x1f\x8b\x08\0" + bytes(100), "a gzip file; unpack it first"),
    "page.zst": (b"\x28\xb5\x2f\xfd" + bytes(100), "a zstd file; unpack it first"),
    "page.pdf": (b"%PDF-1.7\n", "a PDF"),
    "picture.png": (b"\x89PNG\r\n\x1a\n\0\0", "a PNG picture"),
}


@pytest.mark.parametrize("name", NO_PAGES)
def test_a_file_of_another_format_is_named_and_makes_no_archive(
    archive: Path, folder: Path, name: str
) -> None:
    body, what = NO_PAGES[name]
    (folder / name).write_bytes(body)
    ended = run(archive, folder)
    assert (ended.code, ended.out, len(ended.problems)) == (3, "1 file: 1 with problems", 1)
    assert ended.problems[0].startswith(f"taz-archive: {folder / name}: expected a page, found {what}")
    assert list(archive.parent.iterdir()) == [folder]


def test_a_file_of_another_format_is_not_kept_in_an_archive(archive: Path, folder: Path) -> None:
    for name, (body, _) in NO_PAGES.items():
        (folder / name).write_bytes(body)
    (folder / "page.txt").write_bytes(DUMP)
    assert (
        run(archive, folder).out == f"{len(NO_PAGES) + 1} files: 1 new article, {len(NO_PAGES)} with problems"
    )
    assert bodies(archive) == [DUMP]


def test_a_page_is_read_whatever_its_file_is_called(archive: Path, folder: Path) -> None:
    (folder / "page.csv").write_bytes(DUMP)
    assert run(archive, folder).code == 0


def test_a_pipe_is_not_waited_for(archive: Path, folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    ended = run(archive, folder)
    assert ended.code == 3
    assert ended.problems[0].endswith("pipe: expected a file, found a pipe or device")


def test_a_dangling_link_is_reported(archive: Path, folder: Path) -> None:
    (folder / "link.txt").symlink_to("nowhere")
    ended = run(archive, folder)
    assert ended.code == 3
    assert ended.problems[0].endswith("link.txt: cannot be read: No such file or directory")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that even root cannot read")
def test_an_unreadable_file_is_reported(archive: Path, folder: Path) -> None:
    (folder / "mem.txt").symlink_to("/proc/self/mem")
    ended = run(archive, folder)
    assert ended.code == 3
    assert "mem.txt: cannot be read: " in ended.problems[0]


def give_up_reading_all() -> None:
    """Drop the capabilities that let root list any directory; other users have no such capabilities."""
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def test_a_directory_that_cannot_be_listed_is_reported(archive: Path, folder: Path) -> None:
    (folder / "closed").mkdir(mode=0)
    ended = run(archive, folder, before=give_up_reading_all)
    assert ended.code == 3
    assert ended.problems[0].endswith("closed: expected a file, found a directory that cannot be listed")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"a\nb.txt", "a b.txt"),
        (b"\x1b[31mrot.txt", "[31mrot.txt"),
        ("Grüße „Öl“.txt".encode(), "Grüße „Öl“.txt"),
        (b"\xff.txt", "\ufffd.txt"),
        (b"-rf.txt", "-rf.txt"),
        (b"%0A%1b.txt", "%0A%1b.txt"),
    ],
)
def test_a_files_name_reaches_the_terminal_clean(
    archive: Path, folder: Path, name: bytes, shown: str
) -> None:
    (folder / os.fsdecode(name)).write_bytes(b"kein Artikel")
    ended = run(archive, folder)
    assert (ended.code, len(ended.problems)) == (3, 1)
    assert f"{shown}: line 1: expected" in ended.problems[0]
    assert ended.problems[0].isprintable()


# -- Wrong usage, and archives that are none ----------------------------------------------------------


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["nowhere.txt"],
        [".", "--id", "Murr"],
        [".", "--id", "0"],
        [".", "--id", "100000000000"],
        [".", "--id", "!p4611"],
        [".", "--captured-at", "gestern abend"],
        [".", "--rendition", "gif"],
        [".", "--foo"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_code_2_and_makes_no_archive(archive: Path, folder: Path, args: list[str]) -> None:
    assert run(archive, *args, cwd=folder).code == 2
    assert not archive.exists()


def state(file: Path) -> tuple[bytes, int]:
    return file.read_bytes(), file.stat().st_mtime_ns


def test_a_file_that_is_not_sqlite_is_refused_untouched(archive: Path, folder: Path) -> None:
    archive.write_bytes(DUMP)
    before = state(archive)
    (folder / "a.txt").write_bytes(DUMP)
    ended = run(archive, folder)
    assert ended == Ended(1, "", [f"taz-archive: {archive}: not an archive (not an SQLite file)"])
    assert state(archive) == before


def test_a_database_of_something_else_is_refused_untouched(archive: Path, folder: Path) -> None:
    with closing(sqlite3.connect(archive)) as db:
        db.execute("CREATE TABLE songs (id INTEGER PRIMARY KEY)")
        db.execute("PRAGMA journal_mode = WAL")
    before = state(archive)
    (folder / "a.txt").write_bytes(DUMP)
    ended = run(archive, folder)
    assert ended.code == 1
    assert ended.problems == [f"taz-archive: {archive}: not an archive, but another SQLite database"]
    assert state(archive) == before


def test_an_archive_of_a_later_release_is_refused_untouched(archive: Path, folder: Path) -> None:
    (folder / "a.txt").write_bytes(DUMP)
    run(archive, folder)
    ((ours,),) = rows(archive, "SELECT DISTINCT migration_set FROM _sqlite_migrations")
    with closing(sqlite3.connect(archive)) as db, db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)",
            [ours, "9999_later", "2030-01-01"],
        )
    change(archive, "PRAGMA wal_checkpoint(TRUNCATE)")
    before = state(archive)
    ended = run(archive, folder)
    assert ended.code == 1
    assert "9999_later, newer than this one" in ended.problems[0]
    assert state(archive) == before


def test_an_archive_in_a_missing_directory_is_an_error(tmp_path: Path, folder: Path) -> None:
    (folder / "a.txt").write_bytes(DUMP)
    ended = run(tmp_path / "nowhere" / "taz.db", folder)
    assert (ended.code, len(ended.problems)) == (1, 1)


# -- Files without an id ----------------------------------------------------------------------------


def test_a_file_without_an_id_is_of_the_article_with_its_title_and_date(archive: Path, folder: Path) -> None:
    (folder / "1 !700001.txt").write_bytes(WIRE)
    (folder / "2.txt").write_bytes(DUMP)
    os.utime(folder / "1 !700001.txt", (0, 1_700_000_000))
    ended = run(archive, folder)
    assert ended.out == "2 files: 1 new article, 1 unchanged"
    assert rows(archive, "SELECT id, version_count FROM articles") == [(700001, 1)]


def test_a_provisional_id_is_replaced_once_the_real_one_is_known(archive: Path, folder: Path) -> None:
    (folder / "1.txt").write_bytes(DUMP)
    (folder / "2 !700001.txt").write_bytes(WIRE)
    run(archive, folder / "1.txt")
    run(archive, folder / "2 !700001.txt")
    assert rows(archive, "SELECT id, version_count FROM articles") == [(700001, 1)]
    assert rows(archive, "SELECT article_id FROM captures") == [(700001,)] * 2
    assert sorted(bodies(archive)) == sorted([DUMP, WIRE])


def test_a_cut_page_without_an_id_is_of_the_article_whose_title_it_cut(archive: Path, folder: Path) -> None:
    title = "Brücke in Großau: Eine neue Straße, ein alter Streit und noch kein Ende in Sicht"
    whole = DUMP.replace(TITLE.encode(), title.encode())
    row = f"# taz.de -- {title}".encode()[:79].decode(errors="replace") + "…"
    lines = whole.decode().replace("\n\n", "\n").split("\n")
    (folder / "!700001.txt").write_bytes(whole)
    (folder / "cut.txt").write_text("\n".join(f"| {line} | |" for line in [row, *lines[1:-1]]))
    ended = run(archive, folder)
    assert (ended.code, rows(archive, "SELECT id, version_count, title FROM articles")) == (
        0,
        [(700001, 1, title)],
    )


def test_another_date_is_another_article(archive: Path, folder: Path) -> None:
    (folder / "!700001.txt").write_bytes(DUMP)
    (folder / "other.txt").write_bytes(DUMP.replace(b"10 Apr 2025", b"11 Apr 2025"))
    run(archive, folder)
    assert rows(archive, "SELECT count(*) FROM articles") == [(2,)]


def test_an_import_stores_what_the_crawler_would_have_stored(archive: Path, folder: Path) -> None:
    body = capture_of(BRIDGE).body
    assert body is not None
    (folder / "!700001.txt").write_bytes(body)
    (folder / "!700002.txt").write_text("".join(f"{line.text}\n" for line in write_dump(BRIDGE)))
    run(archive, folder)
    texts = rows(archive, "SELECT title, lead, caption, dateline, published, text FROM versions")
    assert len(texts) == 2
    assert len(set(texts)) == 1


def test_an_import_goes_on_when_its_error_pipe_is_closed(archive: Path, folder: Path) -> None:
    for number in range(250):
        (folder / f"bad{number:03}.txt").write_text(f"keine Zeitung {number}\n")
    (folder / "zz !700001.txt").write_bytes(WIRE)
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "archive", "import", str(archive), str(folder)]
    code = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=writer, check=False).returncode
    os.close(writer)
    assert code == 3
    assert rows(archive, "SELECT count(*), sum(outcome = 'ok') FROM captures") == [(251, 1)]


# -- Saved pages of gateways ------------------------------------------------------------------------


@pytest.mark.parametrize("name", GATEWAYS)
def test_a_page_saved_from_a_gateway_needs_no_option(archive: Path, folder: Path, name: str) -> None:
    key = ARTICLES[0]
    (folder / f"{name} %21{key.number}.html").write_bytes(shown(name, key))
    assert run(archive, folder) == Ended(0, "1 file: 1 new article", [])
    ((number, said),) = rows(archive, "SELECT id, title FROM articles")
    assert number == key.number
    assert said == truth(key).title or said.endswith("…")


def test_the_same_article_from_gateways_that_lose_nothing_is_one_version(archive: Path, folder: Path) -> None:
    key = ARTICLES[0]
    for name in ("mills", "cortex", "fuckup", "kroovy"):
        (folder / f"{name}%2521{key.number}.html").write_bytes(shown(name, key))
    assert run(archive, folder).code == 0
    assert rows(archive, "SELECT id, version_count FROM articles") == [(key.number, 1)]


def test_a_gateways_error_page_is_a_problem_and_no_article(archive: Path, folder: Path) -> None:
    (folder / "!700001.html").write_text("<html><body><h1>Bitte anmelden</h1></body></html>")
    ended = run(archive, folder)
    assert (ended.code, ended.out) == (3, "1 file: 1 with problems")
    assert ended.problems[0].endswith('expected a page of the paper, the gateway shows "Bitte anmelden"')
    assert not archive.exists()


def test_a_page_saved_from_kroovy_between_two_from_meulie_is_not_an_edit(archive: Path, folder: Path) -> None:
    saved = page("kroovy-saved").decode()
    bare = saved.replace("DIR [", "[").replace("IMG Bild", "Bild").replace("\nDIR Ada", "\nAda")
    bare = bare.replace("\nDIR Brücken", "\nBrücken").replace("\nDIR Grube", "\nGrube")
    table = "".join(f"| {line} | |\n" for line in bare.splitlines())
    for day, text in enumerate([table, saved, table], start=1):
        file = folder / f"{day} %21700001.txt"
        file.write_text(text)
        assert run(archive, file, "--captured-at", f"2020-01-0{day}T12:00").code == 0
    assert rows(archive, "SELECT version_count FROM articles") == [(1,)]
    assert rows(archive, "SELECT name FROM authors") == [("Ada Ahrens",)]


# -- Pages of the archive of geminispace ------------------------------------------------------------


@pytest.mark.parametrize("name", ["geminispace-html", "geminispace-saved"])
def test_a_page_of_the_archive_of_geminispace_says_when_it_was_captured(
    archive: Path, folder: Path, name: str
) -> None:
    (folder / "!6012347.txt").write_bytes(page(name))
    assert run(archive, folder) == Ended(0, "1 file: 1 new article", [])
    assert rows(archive, "SELECT captured_at FROM captures") == [("2024-03-21T14:45:49.000Z",)]


def test_a_time_given_as_an_option_overrides_that_of_the_page(archive: Path, folder: Path) -> None:
    (folder / "!6012347.html").write_bytes(page("geminispace-html"))
    run(archive, folder, "--captured-at", "2024-03-22T12:00:00Z")
    assert rows(archive, "SELECT captured_at FROM captures") == [("2024-03-22T12:00:00.000Z",)]


@pytest.mark.parametrize(
    ("day", "problem"), [("9999-01-01", "expected a time in the past"), ("2024-13-41", "expected a time")]
)
def test_a_page_that_was_captured_at_no_time_is_a_problem(
    archive: Path, folder: Path, day: str, problem: str
) -> None:
    (folder / "!6012347.html").write_bytes(page("geminispace-html").replace(b"2024-03-21", day.encode()))
    ended = run(archive, folder)
    assert (ended.code, ended.out) == (3, "1 file: 1 with problems")
    assert f"invalid time of capture in its head: {problem}" in ended.problems[0]


def test_a_time_in_an_articles_text_is_not_its_capture_time(archive: Path, folder: Path) -> None:
    said = b"Archived View for taz.de captured on 2024-03-21 at 14:45:49."
    (folder / "!6012347.txt").write_bytes(b"# taz.de -- A: B\n\n" + said + b"\n\n1 Jan 2020\n")
    os.utime(folder / "!6012347.txt", (0, 1_700_000_000))
    assert run(archive, folder).code == 0
    assert rows(archive, "SELECT captured_at FROM captures") == [("2023-11-14T22:13:20.000Z",)]
