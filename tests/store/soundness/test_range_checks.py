"""A check that remembers what was found sound finds every fault that one without memory finds."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from archive.pagekey import ROOT
from archive.store import (
    Fault,
    FaultKind,
    SoundRanges,
    digest_of,
    load_sound_ranges,
    open_reader,
    open_writer,
)
from archive.store.data_dictionary.table import Origin
from archive.store.data_dictionary.tables import TABLES
from archive.store.db.connection import open_to_read
from archive.store.payloads.compression import train_dictionary
from archive.store.soundness.range_digests import articles_digest, payloads_digest, section_digest
from benchmarks.pages import wire_pages
from crawler.demo.newspaper.gateways.phoxy import PHOXY
from tests.support.running.maintenance import FLIP, copy, damage
from tests.support.samples.captures import BASE, capture
from tests.support.samples.histories import LONG, READINGS, from_gateway, through
from tests.support.samples.menus import menu_capture
from tests.support.tables import change, database, rows

PROGRAM = b"a program"
NUMBERS = range(6081430, 6081434)
CAPTURES = [
    *(capture(article, hour) for hour, article in enumerate(READINGS)),
    from_gateway(LONG, 9, 6081431),
    capture(LONG, 10, 6081431),
    from_gateway(READINGS[3], 11, 6080003),
    capture(READINGS[6], 12, 6081432),
    capture(READINGS[7], 13, 6081433),
    from_gateway(LONG, 13, 6080005),
    through(PHOXY, "phoxy", LONG, 14, 6080005),
    *(menu_capture([6081431, 6081430][::order], hour, ROOT) for hour, order in enumerate([1, -1])),
    menu_capture([6081430, 1], 0),
]
CHECKED = [name for name, table in TABLES.items() if table.origin in (Origin.FACT, Origin.DERIVED)]


@pytest.fixture(scope="module")
def sound_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with rows in all tables of facts and of what is derived."""
    path = tmp_path_factory.mktemp("sound") / "taz.db"
    with open_writer(path) as archive:
        _insert_dictionary(path)
        archive.record(CAPTURES)
    assert all(rows(path, f"SELECT count(*) FROM {table}") > [(0,)] for table in CHECKED)
    assert rows(path, "SELECT count(*) FROM payloads WHERE dictionary_id = 1") > [(0,)]
    return path


def _insert_dictionary(path: Path) -> None:
    body = train_dictionary([page.body for page in wire_pages(260)], 10_000)
    assert body is not None
    values = (1, digest_of(body), body)
    change(path, "INSERT INTO dictionaries VALUES (?, ?, '2025', 'x', 0, ?)", *values)
    change(path, "INSERT INTO dictionary_copies VALUES (?, ?, ?)", *values)


@pytest.fixture(scope="module")
def memory(sound_archive: Path) -> Path:
    """What a check of the whole archive remembers."""
    file = sound_archive.with_name("memory")
    sound = SoundRanges(PROGRAM)
    assert faults(sound_archive, sound) == []
    sound.save(file, complete=True)
    return file


@pytest.fixture
def taz(sound_archive: Path, tmp_path: Path) -> Path:
    return copy_to(sound_archive, tmp_path)


def copy_to(path: Path, folder: Path) -> Path:
    new = folder / path.name
    new.write_bytes(path.read_bytes())
    return new


def faults(path: Path, sound: SoundRanges | None = None) -> list[Fault]:
    with open_reader(path, as_is=True) as archive:
        planned = archive.checks.plan(every=True)
        return list(archive.checks.faults(planned, lambda _: None, sound))


def test_unchanged_ranges_are_neither_decompressed_nor_derived_again(taz: Path, memory: Path) -> None:
    sound, read = load_sound_ranges(memory, PROGRAM), list[str]()
    with open_reader(taz) as archive:
        archive._db.conn.set_trace_callback(read.append)
        planned = archive.checks.plan(every=True)
        assert list(archive.checks.faults(planned, lambda _: None, sound)) == []
    assert sound.unchanged == {
        FaultKind.PAYLOADS: len(planned.payloads),
        FaultKind.ARTICLES: len(planned.articles),
        FaultKind.SECTIONS: len(planned.sections),
    }
    assert not any("SELECT body FROM payloads WHERE id" in statement for statement in read)


CHANGES = {"INTEGER": "ifnull({0}, 0) + 100000", "REAL": "{0} + 1", "TEXT": "ifnull({0}, '') || 'x'"}
CHANGES["BLOB"] = "CAST(x'00ff' || substr({0}, 3) AS BLOB)"


def columns() -> Iterator[tuple[str, str]]:
    for name in CHECKED:
        yield from ((name, column) for column in TABLES[name].columns)


def change_column(path: Path, table: str, column: str, which: str) -> None:
    """Change a column in the row with the least or the greatest key."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        query = "SELECT type FROM pragma_table_info(?) WHERE name = ?"
        (declared,) = db.execute(query, [table, column]).fetchone()
        changed = CHANGES[declared].format(f'"{column}"')
        key = next(iter(TABLES[table].columns))
        where = f'"{key}" = (SELECT {which}("{key}") FROM {table})'
        assert db.execute(f'UPDATE {table} SET "{column}" = {changed} WHERE {where}').rowcount > 0


@pytest.mark.parametrize(("table", "column"), list(columns()))
@pytest.mark.slow
def test_a_change_of_any_column_is_judged_as_without_memory(
    taz: Path, memory: Path, table: str, column: str
) -> None:
    change_column(taz, table, column, "max")
    expected = faults(taz)
    assert faults(taz, load_sound_ranges(memory, PROGRAM)) == expected


# Columns on which no derived row depends, or whose relation to other rows is checked each time.
CHECKED_EACH_TIME = {
    "captures": {"crawl_id", "page_id", "problem"},
    "dictionaries": {"trained_at", "note", "evaluated_at_payload"},
    "links": {"article_id"},
    "authors": {"number"},
    "tags": {"number"},
    "related_articles": {"related_id"},
    "placements": {"article_id"},
}


@pytest.mark.parametrize(("table", "column"), list(columns()))
def test_each_change_that_a_check_depends_on_changes_the_digest(taz: Path, table: str, column: str) -> None:
    before = digests(taz)
    change_column(taz, table, column, "min")
    assert (digests(taz) == before) == (column in CHECKED_EACH_TIME.get(table, ()))


def digests(path: Path) -> list[bytes]:
    """The digests of all ranges that are in use."""
    last = rows(path, "SELECT max(id) FROM payloads")[0][0]
    sections = [number for (number,) in rows(path, "SELECT number FROM sections ORDER BY 1")]
    with closing(open_to_read(path, as_is=True)) as db:
        return [
            articles_digest(db, PROGRAM, -10_000_000, 10_000_000),
            payloads_digest(db, PROGRAM, 1, last),
            *(section_digest(db, PROGRAM, number, number) for number in sections),
        ]


@pytest.mark.parametrize("table", CHECKED)
@pytest.mark.slow
def test_a_lost_row_is_found_as_without_memory(taz: Path, memory: Path, table: str) -> None:
    key = next(iter(TABLES[table].columns))
    damage(taz, f'DELETE FROM {table} WHERE "{key}" = (SELECT max("{key}") FROM {table})')
    expected = faults(taz)
    assert expected
    assert faults(taz, load_sound_ranges(memory, PROGRAM)) == expected


@pytest.mark.parametrize("table", CHECKED)
@pytest.mark.slow
def test_an_extra_row_is_judged_as_without_memory(taz: Path, memory: Path, table: str) -> None:
    names = list(TABLES[table].columns)
    added = [f"{names[0]} + 1", *(f'"{name}"' for name in names[1:])]
    with closing(sqlite3.connect(taz)) as db, db:
        db.execute(
            f"INSERT OR IGNORE INTO {table} SELECT {', '.join(added)} FROM {table} ORDER BY 1 DESC LIMIT 1"
        )
    assert faults(taz, load_sound_ranges(memory, PROGRAM)) == faults(taz)


def test_all_payloads_that_need_damaged_bytes_are_reported(taz: Path, memory: Path) -> None:
    damage(taz, FLIP, 1)
    found = [
        fault for fault in faults(taz, load_sound_ranges(memory, PROGRAM)) if "needs payload 1" in fault.what
    ]
    assert found


def test_a_delta_counts_as_changed_if_its_base_has(taz: Path) -> None:
    [(delta, base)] = rows(taz, "SELECT id, base_id FROM payloads WHERE base_id IS NOT NULL LIMIT 1")
    with database(taz) as db:
        before = payloads_digest(db, PROGRAM, delta, delta)
        assert payloads_digest(db, PROGRAM, delta, delta) == before
        damage(taz, FLIP, base)
        assert payloads_digest(db, PROGRAM, delta, delta) != before


def test_another_program_checks_everything(taz: Path, memory: Path) -> None:
    sound = load_sound_ranges(memory, b"another program")
    assert faults(taz, sound) == []
    assert sound.unchanged.total() == 0


def test_articles_whose_captures_are_damaged_are_not_remembered(taz: Path, tmp_path: Path) -> None:
    whole = copy(taz, "whole.db")
    damage(taz, "UPDATE versions SET text = 'Nein.'")
    damage(taz, "UPDATE payloads SET body = x'00'")
    sound = SoundRanges(PROGRAM)
    assert {fault.part for fault in faults(taz, sound)}.isdisjoint({FaultKind.ARTICLES})
    sound.save(tmp_path / "memory", complete=True)
    with closing(sqlite3.connect(taz)) as db, db:
        db.execute("ATTACH ? AS whole", [str(whole)])
        db.execute("UPDATE payloads SET body = (SELECT body FROM whole.payloads w WHERE w.id = payloads.id)")
    found = faults(taz, load_sound_ranges(tmp_path / "memory", PROGRAM))
    assert FaultKind.ARTICLES in {fault.part for fault in found}


def test_a_range_that_grows_during_the_check_is_not_remembered(taz: Path, tmp_path: Path) -> None:
    sound = SoundRanges(PROGRAM)
    with open_reader(taz) as reader:
        planned = reader.checks.plan(every=True)
        with open_writer(taz) as archive:
            archive.record([capture(BASE, 20, NUMBERS[-1] + 1)])
        assert list(reader.checks.faults(planned, lambda _: None, sound)) == []
    sound.save(tmp_path / "memory", complete=True)
    damage(taz, "UPDATE versions SET dateline = 'Ulm' WHERE article_id = ?", NUMBERS[-1] + 1)
    found = faults(taz, load_sound_ranges(tmp_path / "memory", PROGRAM))
    assert [fault.id for fault in found if fault.part is FaultKind.ARTICLES] == [NUMBERS[-1] + 1]


# -- The file ---------------------------------------------------------------------------------------------


def test_a_full_disk_leaves_the_file_as_it_was_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, sound = tmp_path / "memory", SoundRanges(PROGRAM)
    sound.add(bytes(32))
    sound.save(memory, complete=True)
    before = memory.read_bytes()

    def is_full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", is_full)
    SoundRanges(PROGRAM).save(memory, complete=True)
    assert [*tmp_path.iterdir()] == [memory]
    assert memory.read_bytes() == before


def test_a_check_that_was_interrupted_forgets_nothing(tmp_path: Path) -> None:
    one, two = (bytes([n]) * 32 for n in (1, 2))
    sound = SoundRanges(PROGRAM, [one])
    sound.add(two)
    sound.save(tmp_path / "memory", complete=False)
    assert all(load_sound_ranges(tmp_path / "memory", PROGRAM).holds(digest) for digest in (one, two))
    sound.save(tmp_path / "memory", complete=True)
    assert not load_sound_ranges(tmp_path / "memory", PROGRAM).holds(one)


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 1000])
def test_a_damaged_memory_is_no_memory(taz: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "memory").write_bytes(content)
    sound = load_sound_ranges(tmp_path / "memory", PROGRAM)
    assert faults(taz, sound) == []
    assert sound.unchanged.total() == 0


def test_a_folder_that_cannot_be_written_to_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    SoundRanges(PROGRAM, [bytes(32)]).save(tmp_path / "file" / "memory", complete=False)
    assert not load_sound_ranges(tmp_path / "file" / "memory", PROGRAM).holds(bytes(32))
