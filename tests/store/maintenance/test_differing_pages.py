"""A merge works only on the pages that differ, and gives the same result as one that works on all of them."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.cli.main import cli
from archive.model import Capture
from archive.store import open_writer
from archive.store.db.schema import APPLICATION_ID
from archive.store.maintenance import differing_pages
from archive.store.maintenance.foreign_archive import Choose, ForeignArchive, ForeignPage
from archive.store.maintenance.merged_captures import MergeResult
from benchmarks.pages import wire_pages
from crawler.demo.newspaper.pages.newspaper import START as BEGIN
from tests.support.running.maintenance import FLIP, MEMORY, copy, damage
from tests.support.samples.captures import BASE, archive_of, capture
from tests.support.samples.histories import ABSENT, FAILED, READINGS, histories
from tests.support.tables import DERIVED, Rows, rows

CAPTURES = [
    capture(BASE, 0),
    capture(READINGS[4], 1),
    capture(READINGS[4], 2),
    capture(BASE, 3, **FAILED),
    *(capture(READINGS[n], n, 6080000 + n) for n in range(1, 4)),
    capture(BASE, 4, 6080009, **ABSENT),
]
FACTS = {
    "captures": "SELECT kind, number, c.source, rendition, url, captured_at, hex(digest), outcome, problem"
    " FROM captures c LEFT JOIN pages p ON p.id = page_id LEFT JOIN payloads y ON y.id = payload_id"
    " ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9",
    "payloads": "SELECT digest, size, hex(body) FROM payloads ORDER BY 1",
    "pages": "SELECT kind, number, priority, due_at, discovered_at, checked_at, changed_at, check_count,"
    " change_count, failure_count, change_score FROM pages ORDER BY 1, 2",
}


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Two equal archives."""
    ours = archive_of(tmp_path / "ours.db", CAPTURES)
    return ours, copy(ours, "theirs.db")


def whole_merge(into: Path, path: Path) -> MergeResult:
    """Merge all pages, whether they differ or not."""
    return merge_of(into, path, lambda _, ids: ids)[0]


def merge_of(
    into: Path, path: Path, narrow: Callable[[Choose, Sequence[int]], Sequence[int]]
) -> tuple[MergeResult, list[ForeignPage]]:
    """Merge those of the pages that differ which ``narrow`` returns. Return the pages worked on, too."""
    worked: list[ForeignPage] = []

    class Watched(ForeignArchive):
        def pages(self, choose: Choose = lambda ids: ids) -> Iterator[list[ForeignPage]]:
            for found in ForeignArchive.pages(self, lambda ids: narrow(choose, ids)):
                worked.extend(found)
                yield found

    with Watched.opened(path) as other, open_writer(into) as archive:
        done = archive.maintenance.merge(other, lambda _: None)
        archive.maintenance.derive_pending(lambda _: None)
    return done, worked


def merge(into: Path, path: Path) -> tuple[MergeResult, list[int]]:
    """Merge an archive; return the numbers of the pages worked on, too."""
    done, worked = merge_of(into, path, lambda choose, ids: choose(ids))
    return done, [page.key.number for page in worked]


def contents(path: Path) -> Rows:
    return {name: rows(path, query) for name, query in {**DERIVED, **FACTS}.items()}


# -- Equal archives -----------------------------------------------------------------------------------------


def test_a_merge_of_equal_archives_works_on_no_page_and_writes_nothing(pair: tuple[Path, Path]) -> None:
    before = pair[0].read_bytes()
    done, worked = merge(*pair)
    assert worked == []
    assert (done.found["known"], done.found.total(), done.lost) == (len(CAPTURES), len(CAPTURES), [])
    assert pair[0].read_bytes() == before


def test_archives_that_differ_in_ids_only_are_equal(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    in_another_order = tmp_path / "new.db"
    whole_merge(in_another_order, archive_of(tmp_path / "last.db", CAPTURES[-1:]))
    whole_merge(in_another_order, pair[1])
    whole_merge(pair[0], in_another_order)  # when a page was discovered depends on the order
    assert merge(in_another_order, pair[0])[1] == []
    assert merge(pair[0], in_another_order)[1] == []


def test_a_merge_of_a_part_of_the_archive_works_on_no_page(tmp_path: Path) -> None:
    part = archive_of(tmp_path / "part.db", CAPTURES)
    whole = copy(part, "whole.db")
    with open_writer(whole) as archive:
        archive.record([capture(BASE, 5, 6080020)])
    assert merge(copy(whole, "a.db"), part)[1] == []
    assert merge(part, whole)[1] == [6080020]


@pytest.mark.slow
def test_archives_that_differ_in_compression_only_are_equal(tmp_path: Path) -> None:
    ours = tmp_path / "ours.db"
    with open_writer(ours) as archive:
        archive.record([page.capture(BEGIN) for page in wire_pages(260)])
    theirs = copy(ours, "theirs.db")
    assert CliRunner().invoke(cli, ["compact", str(ours)]).exit_code == 0
    assert merge(ours, theirs)[1] == merge(theirs, ours)[1] == []


def test_a_merge_of_an_archive_in_another_text_encoding_works_on_all_pages(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.db"
    with closing(sqlite3.connect(theirs)) as db:
        db.execute("PRAGMA encoding = 'UTF-16'")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.executescript("CREATE TABLE own (column); DROP TABLE own;")
    archive_of(theirs, CAPTURES)
    assert rows(theirs, "PRAGMA encoding") == [("UTF-16le",)]
    ours = archive_of(tmp_path / "ours.db", CAPTURES)
    done, worked = merge(ours, theirs)
    assert (done.lost, done.found["known"], len(worked) > 0) == ([], len(CAPTURES), True)


def test_the_pages_of_a_batch_are_found_by_their_ids(pair: tuple[Path, Path]) -> None:
    """Otherwise each batch would take as long as the archive is large."""
    values = {"first": 1, "last": 2, "now": "2026"}
    with closing(sqlite3.connect(pair[1])) as db:
        db.execute("ATTACH ? AS ours", [str(pair[0])])
        for query in (differing_pages._STORED_ALIKE, differing_pages._IS_HERE):
            plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {query}", values)]
            found = [step for step in plan if step.startswith("SEARCH p ")]
            assert len(found) == 3
            assert all("rowid>? AND rowid<?" in step for step in found)


# -- Whatever differs ---------------------------------------------------------------------------------------

ONE = "id = (SELECT min(id) FROM captures WHERE article_id = 6080002)"
PAGE = "kind = 'article' AND number = 6080002"
LESS = [  # and nothing else
    f"UPDATE captures SET page_id = NULL WHERE {ONE}",
    f"DELETE FROM captures WHERE {ONE}",
    f"DELETE FROM pages WHERE {PAGE}",
]
FACT_CHANGES = [
    f"UPDATE captures SET captured_at = '2025-01-01T00:00:00.000Z' WHERE {ONE}",
    f"UPDATE captures SET source = 'gemini' WHERE {ONE}",
    f"UPDATE captures SET url = url || '?' WHERE {ONE}",
    f"UPDATE captures SET rendition = 'text' WHERE {ONE}",
    f"UPDATE captures SET payload_id = 1 WHERE {ONE}",
    f"UPDATE captures SET payload_id = NULL, outcome = 'failed' WHERE {ONE}",
    *LESS,
    f"UPDATE payloads SET digest = randomblob(32) WHERE id = (SELECT payload_id FROM captures WHERE {ONE})",
    f"DELETE FROM payloads WHERE id = (SELECT payload_id FROM captures WHERE {ONE})",
    *(
        f"UPDATE pages SET {change} WHERE {PAGE}"
        for change in (
            "priority = 0",
            "due_at = '2025-05-01T00:00:00.000Z'",
            "discovered_at = '2025-01-01T00:00:00.000Z'",
            "checked_at = NULL",
            "checked_at = '2025-01-01T00:00:00.000Z'",
            "changed_at = '2025-01-01T00:00:00.000Z'",
            "changed_at = NULL",
            "check_count = check_count + 1",
            "change_count = change_count + 1",
            "failure_count = failure_count + 1",
            "change_score = change_score + 1",
        )
    ),
]


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("change", FACT_CHANGES)
def test_a_page_with_a_changed_fact_in_either_archive_differs(
    pair: tuple[Path, Path], change: str, which: int
) -> None:
    damage(pair[which], change)
    ours, theirs = copy(pair[0], "a.db"), pair[1]
    expected = whole_merge(pair[0], theirs)
    done, worked = merge(ours, theirs)
    assert (done.found, done.lost) == (expected.found, expected.lost)
    assert contents(ours) == contents(pair[0])
    assert worked == ([] if which == 1 and change in LESS else [6080002])


def test_all_pages_of_a_batch_differ_if_one_cannot_be_found_again(pair: tuple[Path, Path]) -> None:
    """As in a damaged table, whose rows are out of order."""
    numbers: list[Sequence[int]] = []

    def with_a_missing_one(choose: Choose, ids: Sequence[int]) -> Sequence[int]:
        numbers.append(ids)
        return [id_ for id_ in choose([*ids, 10**9]) if id_ in ids]

    _, worked = merge_of(*pair, with_a_missing_one)
    assert [page.id for page in worked] == [id_ for ids in numbers for id_ in ids]


@pytest.mark.parametrize("outcome", ["outcome = 'forbidden'", "problem = 'other'"])
def test_a_page_with_another_outcome_without_payload_differs(pair: tuple[Path, Path], outcome: str) -> None:
    damage(pair[1], f"UPDATE captures SET {outcome} WHERE payload_id IS NULL")
    assert merge(*pair)[1] == [6081430]


def test_pages_whose_payloads_were_parsed_differently_are_equal(pair: tuple[Path, Path]) -> None:
    damage(pair[1], "UPDATE captures SET outcome = 'unreadable', problem = 'x' WHERE payload_id IS NOT NULL")
    assert merge(*pair)[1] == []


@pytest.mark.parametrize(
    "harm", [FLIP, "DELETE FROM payloads WHERE id = ?", "UPDATE payloads SET size = 1 WHERE id = ?"]
)
@pytest.mark.parametrize("payload", [1, 2])  # the second is a delta of the first
def test_payloads_damaged_here_are_repaired(pair: tuple[Path, Path], harm: str, payload: int) -> None:
    expected = contents(pair[0])
    damage(pair[0], harm, payload)
    done, worked = merge(*pair)
    assert (6081430 in worked, done.found["mended"] > 0) == (True, True)
    report = contents(pair[0])
    assert {**report, "payloads": None} == {**expected, "payloads": None}  # stored in another way
    assert merge(*pair)[1] == []


def test_payloads_damaged_in_the_other_archive_do_no_harm(pair: tuple[Path, Path]) -> None:
    damage(pair[1], FLIP, 1)
    before = contents(pair[0])
    done, worked = merge(*pair)
    assert (worked, done.lost) == ([], [])
    assert contents(pair[0]) == before


@pytest.mark.parametrize("table", ["dictionaries", "dictionary_copies"])
@pytest.mark.slow
def test_a_merge_with_a_damaged_dictionary_works_on_all_pages(tmp_path: Path, table: str) -> None:
    ours = tmp_path / "ours.db"
    with open_writer(ours) as archive:
        archive.record([page.capture(BEGIN) for page in wire_pages(260)])
    assert CliRunner().invoke(cli, ["compact", str(ours)]).exit_code == 0
    theirs = copy(ours, "theirs.db")
    damage(ours, f"UPDATE {table} SET body = x'00'")
    assert len(merge(ours, theirs)[1]) > 0


def test_a_fault_that_both_archives_have_is_reported(pair: tuple[Path, Path]) -> None:
    for path in pair:
        damage(path, f"UPDATE captures SET captured_at = '2999-01-01T00:00:00.000Z' WHERE {ONE}")
    done, worked = merge(*pair)
    assert worked == [6080002]
    assert "is from the future" in done.lost[0]


@pytest.mark.parametrize("which", [0, 1])
def test_a_capture_that_is_there_twice_changes_nothing(pair: tuple[Path, Path], which: int) -> None:
    columns = "article_id, version_id, page_id, source, rendition, url, captured_at, payload_id, outcome"
    damage(pair[which], f"INSERT INTO captures ({columns}) SELECT {columns} FROM captures WHERE {ONE}")
    before = contents(pair[0])
    assert merge(*pair)[1] == []
    assert contents(pair[0]) == before


# -- Any two archives ---------------------------------------------------------------------------------------

HARMS = [FLIP, "DELETE FROM payloads WHERE id = ?", "DELETE FROM captures WHERE id = ?"]
Harms = list[tuple[int, str, int]]  # which archive, what is done to it, to which row


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    histories(),
    st.randoms(use_true_random=False),
    st.lists(st.tuples(st.integers(0, 1), st.sampled_from(HARMS), st.integers(1, 4)), max_size=2),
)
@pytest.mark.slow
def test_a_merge_of_what_differs_equals_a_merge_of_everything(
    found: list[Capture], random: object, harms: Harms
) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        parts = [[one for n, one in enumerate(found) if n % 3 != which] for which in (1, 2)]
        ours, theirs = (archive_of(Path(folder, f"{n}.db"), part) for n, part in enumerate(parts))
        whole_merge(ours, theirs)
        for which, harm, row in harms:
            with closing(sqlite3.connect((ours, theirs)[which])) as db, db:
                db.execute(harm, [row])
        other = copy(ours, "copy.db")
        expected = whole_merge(ours, theirs)
        done, _ = merge(other, theirs)
        assert (done.found, sorted(done.lost)) == (expected.found, sorted(expected.lost))
        assert contents(other) == contents(ours)
