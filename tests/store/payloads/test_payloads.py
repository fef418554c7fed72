"""Page bytes come back as they were received, however they are compressed; damage is reported by id."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.model import Outcome, Paragraph
from archive.store import open_writer
from archive.store.db.transactions import transaction
from archive.store.payloads import compaction, payloads
from archive.store.payloads.dictionaries import DICTIONARY_TABLES, _cache, find_damaged, restore_damaged
from archive.store.payloads.training import MIN_PAYLOADS, train_if_due
from benchmarks.all_sources import pages as all_pages
from benchmarks.all_sources import written
from benchmarks.pages import wire_pages
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support.samples.captures import BASE, NUMBER, capture, key
from tests.support.tables import database, rows

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PAGE = b"".join(b"Line %d of a page that is much the same each time it comes.\r\n" % n for n in range(90))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with database(tmp_path / "taz.db") as db:
        yield db


def put(db: Database, *bodies: bytes, like: int | None = None) -> list[int]:
    """Each packed against the one before, the first against ``like``."""
    ids: list[int] = []
    with transaction(db):
        for body in bodies:
            before = ids[-1] if ids else like
            page = payloads.PageBytes(body, partial(int, before) if before else lambda: None)
            ids += payloads.store_all(db, [page])
    return ids


def put_apart(db: Database, *bodies: bytes) -> list[int]:
    """As pages of different articles are."""
    return [id_ for body in bodies for id_ in put(db, body)]


def edit(number: int) -> bytes:
    return PAGE.replace(b"Line 40 ", b"Line forty, edit %d, " % number)


def compact(db: Database) -> compaction.CompactionProgress:
    *_, done = compaction.compact(db, at=NOW)
    return done


def column(db: Database, name: str) -> list[object]:
    return [value for (value,) in db.execute(f"SELECT {name} FROM payloads ORDER BY id")]


def depth(db: Database, payload: int) -> int:
    (base,) = db.execute("SELECT base_id FROM payloads WHERE id = ?", [payload]).fetchone()
    return 0 if base is None else 1 + depth(db, base)


def change(db: Database, sql: str) -> None:
    db.execute("PRAGMA foreign_keys = OFF")
    with transaction(db):
        db.execute(sql)


# -- As received ----------------------------------------------------------------------------------------

BODIES = st.one_of(
    st.binary(max_size=400),
    st.builds(lambda at, new: PAGE[:at] + new + PAGE[at:], st.integers(0, len(PAGE)), st.binary(max_size=30)),
    st.builds(lambda one, times: one * times, st.binary(min_size=1, max_size=9), st.integers(1, 9000)),
)
STEPS = st.lists(st.tuples(BODIES, st.integers(0, 40), st.booleans()), min_size=1, max_size=25)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_any_bytes_read_back_the_same_whatever_they_are_packed_against(
    steps: list[tuple[bytes, int, bool]],
) -> None:
    with tempfile.TemporaryDirectory() as folder, database(Path(folder) / "taz.db") as db:
        kept: dict[int, bytes] = {}
        for body, like, then_compact in steps:
            [id_] = put(db, body, like=like or None)  # which may not be there
            assert kept.setdefault(id_, body) == body
            if then_compact:
                assert not compact(db).damaged
            assert {known: payloads.load(db, known) for known in kept} == kept
        assert max(depth(db, id_) for id_ in kept) <= payloads.MAX_CHAIN_LENGTH


def test_a_huge_page_reads_back_the_same(db: Database) -> None:
    noise = os.urandom(3 * 2**20)
    bodies = [noise, noise[: 2**20] + b"edited" + noise[2**20 :]]
    ids = put(db, *bodies)
    compact(db)
    assert [payloads.load(db, id_) for id_ in ids] == bodies


def test_the_same_bytes_are_stored_once(db: Database) -> None:
    assert put(db, PAGE, edit(1), PAGE) == [1, 2, 1]


# -- Patches --------------------------------------------------------------------------------------------


def test_an_edit_takes_a_fraction_of_a_page(db: Database) -> None:
    noisy = b"".join(b"%s\r\n" % os.urandom(20).hex().encode() for _ in range(80))
    put(db, noisy, noisy.replace(b"a", b"b", 3))
    whole, patch = column(db, "length(body)")
    assert 40 * int(str(patch)) < int(str(whole))


def test_patches_upon_patches_end(db: Database) -> None:
    ids = put(db, PAGE, *map(edit, range(3 * payloads.MAX_CHAIN_LENGTH)))
    depths = [depth(db, id_) for id_ in ids]
    assert depths[: payloads.MAX_CHAIN_LENGTH + 2] == [*range(payloads.MAX_CHAIN_LENGTH + 1), 1]
    assert max(depths) == payloads.MAX_CHAIN_LENGTH


def test_a_payload_unlike_all_others_is_not_a_delta(db: Database) -> None:
    put(db, PAGE, os.urandom(500))
    assert column(db, "base_id") == [None, None]


EDITED = replace(BASE, lead="Am Dienstag stand das Wasser bis an die Fenster.")
AGAIN = replace(BASE, blocks=(*BASE.blocks, Paragraph("Am Abend regnete es wieder.")))


def test_a_later_capture_is_packed_against_the_last_that_was_a_page(tmp_path: Path) -> None:
    absent = b"3Not found\t\terror.host\t70\r\n.\r\n"
    with open_writer(tmp_path / "taz.db") as archive:
        archive.record([capture(BASE, 0), capture(BASE, 1, body=absent), capture(EDITED, 2)])
        assert rows(archive, "SELECT base_id FROM payloads WHERE id = 3") == [(1,)]


def test_a_capture_is_packed_against_one_of_its_own_source_if_there_is_one(tmp_path: Path) -> None:
    def from_(source: str, article: object, hours: float) -> object:
        body = f"{source} has its own way of writing: {article}".encode() * 20
        return capture(BASE, hours, body=body, source=source)

    with open_writer(tmp_path / "taz.db") as archive:
        found = [from_("gopher", 1, 0), from_("mills", 1, 1), from_("gopher", 2, 2), from_("mills", 2, 3)]
        archive.record(found)  # type: ignore[arg-type]
        assert rows(archive, "SELECT base_id FROM payloads WHERE id > 2 ORDER BY id") == [(1,), (2,)]


def test_an_unreadable_page_is_stored_as_a_delta_too(tmp_path: Path) -> None:
    bodies = [PAGE.replace(b"Line", b"\xff\xfe"), edit(1).replace(b"Line", b"\xff\xfe")]
    with open_writer(tmp_path / "taz.db") as archive:
        done = archive.record([capture(BASE, n, body=body) for n, body in enumerate(bodies)])
        assert {one.outcome for one in done} == {Outcome.UNREADABLE}
        assert rows(archive, "SELECT base_id FROM payloads ORDER BY id") == [(None,), (1,)]


# -- Dictionaries ---------------------------------------------------------------------------------------


@cache
def pages() -> list[bytes]:
    return [page.body for page in wire_pages(2 * MIN_PAYLOADS + 20)]


@cache
def others() -> list[bytes]:
    """Pages of another form."""
    newspaper = Newspaper(seed=2, articles=MIN_PAYLOADS + 40, daily=0)
    found = all_pages(newspaper, newspaper.start)
    return [written("fuckup", edition, key, page) for edition, key, page in found]


def dictionaries(db: Database) -> int:
    return int(db.execute("SELECT count(*) FROM dictionaries").fetchone()[0])


def test_a_dictionary_is_trained_once_there_are_enough_pages(db: Database) -> None:
    put_apart(db, *pages()[: MIN_PAYLOADS - 1])
    assert not train_if_due(db, at=NOW)
    [id_] = put(db, pages()[MIN_PAYLOADS])
    assert train_if_due(db, at=NOW)
    [after] = put(db, pages()[MIN_PAYLOADS + 1])
    sizes = dict(db.execute("SELECT id, length(body) FROM payloads"))
    assert sizes[after] / len(pages()[MIN_PAYLOADS + 1]) < 0.8 * sizes[1] / len(pages()[0])
    assert payloads.load(db, after) == pages()[MIN_PAYLOADS + 1]
    assert payloads.load(db, id_) == pages()[MIN_PAYLOADS]


def test_pages_that_have_nothing_in_common_get_no_dictionary(db: Database) -> None:
    put_apart(db, *(os.urandom(300) for _ in range(MIN_PAYLOADS)))
    assert not train_if_due(db, at=NOW)
    assert dictionaries(db) == 0


def test_another_is_looked_for_once_there_are_twice_as_many_and_kept_only_if_it_pays(db: Database) -> None:
    put_apart(db, *pages()[:MIN_PAYLOADS])
    assert train_if_due(db, at=NOW)
    put_apart(db, *(os.urandom(3000) for _ in range(MIN_PAYLOADS - 1)))
    assert not train_if_due(db, at=NOW)
    assert db.execute("SELECT evaluated_at_payload FROM dictionaries").fetchone() == (MIN_PAYLOADS,)
    put(db, os.urandom(3000))
    assert not train_if_due(db, at=NOW), "from noise there is nothing to learn"
    assert db.execute("SELECT evaluated_at_payload FROM dictionaries").fetchone() == (2 * MIN_PAYLOADS,)


def test_old_dictionaries_are_kept_and_their_payloads_compressed_again(db: Database) -> None:
    ids = put_apart(db, *pages()[:MIN_PAYLOADS])
    compact(db)
    ids += put_apart(db, *others()[:MIN_PAYLOADS])
    before = [payloads.load(db, id_) for id_ in ids]
    assert set(column(db, "dictionary_id")) == {1}
    assert train_if_due(db, at=NOW)
    assert dictionaries(db) == 2
    assert [payloads.load(db, id_) for id_ in ids] == before
    assert compact(db).packed == len(ids)
    assert set(column(db, "dictionary_id")) == {2}
    assert dictionaries(db) == 2
    assert [payloads.load(db, id_) for id_ in ids] == before


# -- What is damaged ------------------------------------------------------------------------------------

HARM = {
    "UPDATE payloads SET body = zeroblob(9) WHERE id = 3": "payload 3 cannot be decompressed",
    "UPDATE payloads SET body = substr(body, 1, 9) WHERE id = 3": "payload 3 cannot be decompressed",
    "UPDATE payloads SET digest = zeroblob(32) WHERE id = 3": "payload 3 is damaged",
    "UPDATE payloads SET body = (SELECT body FROM payloads WHERE id = 9), base_id = NULL, encoding = 'zstd',"
    " size = (SELECT size FROM payloads WHERE id = 9) WHERE id = 2": "needs payload 2, which is damaged",
    "DELETE FROM payloads WHERE id = 1": "payload 3 needs payload 1, which is missing",
    "DELETE FROM payloads WHERE id = 3": "payload 3 is missing",
    "UPDATE payloads SET base_id = 3 WHERE id = 1": "payload 3 needs payload 1, which has a later payload",
    "UPDATE payloads SET base_id = 3 WHERE id = 3": "payload 3 has a later payload, 3, as its base",
    "UPDATE payloads SET base_id = 9 WHERE id = 3": "payload 3 has a later payload, 9, as its base",
    "UPDATE payloads SET base_id = NULL WHERE id = 3": "payload 3 cannot be decompressed: its encoding is",
    "UPDATE payloads SET encoding = 'lzma' WHERE id = 3": "payload 3 cannot be decompressed: its encoding",
    "UPDATE payloads SET encoding = 'zstd+dictionary', base_id = NULL WHERE id = 3": "its dictionary is"
    " missing",
    "UPDATE payloads SET size = 9000000000000000000 WHERE id = 3": "larger than any page",
    "UPDATE payloads SET size = 1000000000 WHERE id = 3": "larger than any page",
    "UPDATE payloads SET size = 0 WHERE id = 3": "payload 3 cannot be decompressed: expected 0 bytes",
    "UPDATE payloads SET size = -1 WHERE id = 3": "payload 3 cannot be decompressed",
}


@pytest.mark.parametrize("sql", HARM)
def test_damage_is_reported_by_name(db: Database, sql: str) -> None:
    put(db, PAGE, edit(1), edit(2))
    put(db, *(os.urandom(99) for _ in range(6)))
    change(db, sql)
    with pytest.raises(DamagedArchive) as raised:
        payloads.load(db, 3)
    assert HARM[sql] in str(raised.value)
    assert "payload 3" in str(raised.value)


def test_a_chain_that_is_too_long_is_refused(db: Database) -> None:
    put(db, *(b"%d" % n * 30 for n in range(payloads.MAX_BASES + 3)))
    change(db, "UPDATE payloads SET base_id = id - 1 WHERE id > 1")
    with pytest.raises(DamagedArchive, match="payload 67 has a chain of more than 64 bases"):
        payloads.load(db, payloads.MAX_BASES + 3)


LOSSES = ["DELETE FROM {}", "UPDATE {} SET body = zeroblob(500)", "UPDATE {} SET digest = zeroblob(32)"]


@pytest.fixture
def packed(db: Database) -> Iterator[Database]:
    """With 200 pages packed with a dictionary, that were not read yet."""
    put_apart(db, *pages()[:MIN_PAYLOADS])
    compact(db)
    _cache.clear()
    yield db
    _cache.clear()


@pytest.mark.parametrize("sql", LOSSES)
@pytest.mark.parametrize("table", DICTIONARY_TABLES)
def test_one_of_both_places_of_a_dictionary_may_be_lost(packed: Database, sql: str, table: str) -> None:
    before = packed.execute("SELECT id, digest, body FROM dictionaries").fetchall()
    change(packed, sql.format(table))
    assert payloads.load(packed, 1) == pages()[0]
    assert list(find_damaged(packed)) == [(1, table)]
    assert restore_damaged(packed) == 1
    assert list(find_damaged(packed)) == []
    for each in DICTIONARY_TABLES:
        assert packed.execute(f"SELECT id, digest, body FROM {each}").fetchall() == before


@pytest.mark.parametrize("sql", LOSSES)
def test_a_missing_or_damaged_dictionary_is_reported(packed: Database, sql: str) -> None:
    db = packed
    for table in DICTIONARY_TABLES:
        change(db, sql.format(table))
    with pytest.raises(DamagedArchive, match=r"payload 1 cannot be decompressed: .*dictionary"):
        payloads.load(db, 1)
    [new] = put(db, PAGE)
    assert payloads.load(db, new) == PAGE, "what comes is stored all the same"


def test_a_bomb_is_not_unpacked(db: Database) -> None:
    """A frame that says nothing of its size, and is a gigabyte."""
    put(db, PAGE)
    from zstandard import ZstdCompressor  # noqa: PLC0415 - of no use to any other test

    packer = ZstdCompressor(write_content_size=False).compressobj()
    bomb = b"".join([*(packer.compress(bytes(2**20)) for _ in range(1024)), packer.flush()])
    with transaction(db):
        db.execute("UPDATE payloads SET body = ? WHERE id = 1", [bomb])
    with pytest.raises(DamagedArchive, match="payload 1 cannot be decompressed"):
        payloads.load(db, 1)


def test_a_damaged_page_keeps_no_later_one_from_being_stored(tmp_path: Path) -> None:
    path = tmp_path / "taz.db"
    with open_writer(path) as archive:
        archive.record([capture(BASE, 0)])
    later = capture(EDITED, 1, source="mills", number=NUMBER)
    assert later.key == key()
    with database(path) as db:
        change(db, "UPDATE payloads SET body = zeroblob(9)")
        with transaction(db):
            [id_] = payloads.store_all(db, [payloads.PageBytes(later.body or b"", lambda: 1)])
        assert payloads.load(db, id_) == later.body
