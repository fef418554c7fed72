"""``verify --budget`` checks an archive part by part, and records when each was last found sound."""

import random
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from archive.errors import StoreError
from archive.pagekey import ROOT
from archive.store import (
    CheckRun,
    CheckScope,
    Fault,
    FaultKind,
    SoundRanges,
    open_reader,
    open_writer,
    record_check,
)
from archive.store.soundness.check_units import CheckUnit, unit_of
from tests.support.running.maintenance import FLIP, backup, damage, verify
from tests.support.samples.captures import BASE, capture
from tests.support.samples.menus import menu_capture
from tests.support.samples.sample_archive import our_own_captures
from tests.support.tables import rows

NOW = datetime(2025, 5, 1, tzinfo=UTC)
ALL = 10_000  # more parts than the archive has
NUMBER = 6080003  # in another range than the articles of the sample


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with a section and two ranges of articles."""
    path = tmp_path_factory.mktemp("sample") / "taz.db"
    with open_writer(path) as archive:
        archive.record(our_own_captures())
        archive.record([capture(BASE, 40, NUMBER), menu_capture([NUMBER], 41, ROOT)])
    return path


@pytest.fixture
def taz(sample: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sample, tmp_path / "taz.db"))


def check(path: Path, units: int = ALL, day: int = 0) -> CheckRun:
    """Check that many parts, on a day, and record them."""
    at = NOW + timedelta(days=day)
    with open_reader(path, as_is=True) as archive:
        run = archive.checks.begin(CheckScope.BUDGET, at=at)
        list(islice(archive.checks.slice(run, SoundRanges(), lambda: at), units))
    record_check(path, run, finished_at=at)
    return run


def all_units(path: Path) -> set[CheckUnit]:
    with open_reader(path) as archive:
        return set(archive.checks.begin(CheckScope.BUDGET, at=NOW).units)


def faults(path: Path) -> list[Fault]:
    """What one round of slices of any size finds."""
    with open_reader(path, as_is=True) as archive:
        run = archive.checks.begin(CheckScope.BUDGET, at=NOW)
        list(archive.checks.slice(run, SoundRanges()))
    return run.faults


def test_repeated_slices_check_everything_before_anything_is_checked_twice(taz: Path) -> None:
    units = all_units(taz)
    assert {unit.kind for unit in units} == set(FaultKind) - {FaultKind.SCHEMA, FaultKind.WITNESSES}
    seen = list[CheckUnit]()
    for day in range(-(-len(units) // 10)):
        run = check(taz, 10, day)
        seen += run.sound
        assert (run.faults, run.never) == ([], max(0, len(units) - len(seen)))
    assert set(seen) == units
    assert len(seen) < len(units) + 10
    assert set(check(taz, 5, day=99).sound) <= set(seen[:15])  # the oldest


def test_a_new_range_of_articles_comes_first(taz: Path) -> None:
    check(taz)
    with open_writer(taz) as archive:
        archive.record([capture(BASE, 42, 7_000_000)])
    assert list(check(taz, 1, day=1).sound) == [unit_of(FaultKind.ARTICLES, 7_000_000)]


@pytest.mark.parametrize("seed", range(12))
def test_a_round_finds_a_damaged_byte_if_a_whole_check_does(taz: Path, seed: int) -> None:
    chosen = random.Random(seed)
    whole = bytearray(taz.read_bytes())
    at = chosen.randrange(4096, len(whole))
    whole[at] ^= 1 << chosen.randrange(8)
    taz.write_bytes(whole)
    assert bool(faults(taz)) == (verify(taz).exit_code == 5), at


def test_a_part_with_a_fault_is_reported_until_it_is_repaired(taz: Path) -> None:
    check(taz)
    damage(taz, "UPDATE versions SET dateline = 'Ulm' WHERE article_id = ?", NUMBER)
    unit = unit_of(FaultKind.ARTICLES, NUMBER)
    run = check(taz, day=1)
    assert (run.faulty, [fault.id for fault in run.faults]) == ({unit}, [NUMBER])
    for day in (2, 3):
        run = check(taz, 1, day)
        assert (run.faulty, run.sound, run.oldest) == ({unit}, {}, "2025-05-01T00:00:00.000Z")
    with open_writer(taz) as archive:
        archive.maintenance.repair(run.faults, lambda _: None)
    assert list(check(taz, 1, day=4).sound) == [unit]


def test_articles_whose_captures_are_damaged_are_not_found_sound(taz: Path) -> None:
    [(payload,)] = rows(taz, "SELECT payload_id FROM captures WHERE article_id = ?", NUMBER)
    damage(taz, FLIP, payload)
    run = check(taz)
    assert {fault.part for fault in run.faults} == {FaultKind.PAYLOADS}
    assert unit_of(FaultKind.ARTICLES, NUMBER) in run.unfinished


def test_what_is_not_derived_yet_is_not_found_sound(taz: Path) -> None:
    damage(taz, "INSERT INTO pending VALUES ('article', ?, 0)", NUMBER)
    assert unit_of(FaultKind.ARTICLES, NUMBER) in check(taz).unfinished


def test_a_copy_counts_as_not_checked(taz: Path) -> None:
    units = len(check(taz).units)
    copy = Path(shutil.copy(taz, taz.with_name("copy.db")))
    assert check(copy, 1, day=1).never == units - 1
    assert check(taz, 1, day=1).never == 0


def test_the_record_of_what_no_longer_exists_is_deleted(taz: Path) -> None:
    check(taz)
    damage(taz, "INSERT INTO part_checks VALUES ('articles', '99', 1, '2020-01-01T00:00:00.000Z', 0)")
    assert check(taz, 1, day=1).oldest == "2025-05-01T00:00:00.000Z"
    assert rows(taz, "SELECT * FROM part_checks WHERE part = '99'") == []


def test_whole_checks_are_recorded_too(taz: Path) -> None:
    assert verify(taz).exit_code == 0
    assert rows(taz, "SELECT scope, part_count = sound_count FROM checks") == [("all", 1)]
    assert set(check(taz, 1).checked) == all_units(taz)


# -- The record -------------------------------------------------------------------------------------------


def test_a_check_is_recorded_while_a_crawl_holds_the_lock(taz: Path) -> None:
    with open_writer(taz) as crawl:
        crawl.record([capture(BASE, 50, NUMBER)])
        assert check(taz).faults == []
        crawl.record([capture(BASE, 51, NUMBER)])
    assert rows(taz, "SELECT count(*) FROM checks") == [(1,)]
    assert verify(taz).exit_code == 0


def test_a_backup_is_not_written_to(taz: Path) -> None:
    copy = taz.with_name("backup.db")
    backup(taz, copy)
    before = copy.read_bytes()
    with pytest.raises(StoreError, match="stays so"):
        check(copy)
    assert copy.read_bytes() == before
    assert sorted(path.name for path in copy.parent.glob("backup.db*")) == ["backup.db"]


def test_a_file_that_was_replaced_during_the_check_is_not_written_to(taz: Path) -> None:
    with open_reader(taz) as archive:
        run = archive.checks.begin(CheckScope.BUDGET, at=NOW)
        list(archive.checks.slice(run, SoundRanges()))
    Path(shutil.copy(taz, taz.with_name("new.db"))).replace(taz)
    with pytest.raises(StoreError, match="replaced"):
        record_check(taz, run, finished_at=NOW)
    assert rows(taz, "SELECT * FROM checks") == []


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        (FaultKind.FILE, "page 7: is never used"),
        (FaultKind.KEYS, "not all could be checked: database disk image is malformed"),
    ],
)
def test_a_damaged_file_is_not_written_to(taz: Path, part: FaultKind, fault: str) -> None:
    with open_reader(taz) as archive:
        run = archive.checks.begin(CheckScope.BUDGET, at=NOW)
    run.faults.append(Fault(part, fault))
    before = taz.read_bytes()
    with pytest.raises(StoreError, match="damaged"):
        record_check(taz, run, finished_at=NOW)
    assert taz.read_bytes() == before


def test_slices_name_captures_that_another_program_inserted(taz: Path) -> None:
    with closing(sqlite3.connect(taz)) as db:
        db.execute(
            "INSERT INTO captures (id, source, url, captured_at, outcome)"
            " SELECT max(id) + 1, source, url, captured_at, outcome FROM captures"
        )
        db.commit()
    assert any("was inserted by another program" in fault.what for fault in faults(taz))


@pytest.mark.parametrize("period", ["2031-01", "2031-01-01", "2031-01-01T00", "2031-01-01T00:00"])
def test_slices_name_periods_of_the_tree_in_months_without_captures(taz: Path, period: str) -> None:
    damage(taz, "INSERT INTO capture_periods VALUES (?, ?, 1, zeroblob(32))", len(period), period)
    found = faults(taz)
    assert any(period in fault.what for fault in found if fault.part is FaultKind.CAPTURES)
