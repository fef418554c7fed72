"""Datasets of captures: what is written is read back, and nothing else is believed."""

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.bulk.captures.dataset import capture_files, read_facts, write_facts
from archive.bulk.captures.fact_writing import FileLimits
from archive.bulk.storage import Storage, open_storage
from archive.store import CaptureFact, Part, digest_of, summary_of
from tests.support.samples.facts import FAILED, FIRST, PART, dataset, fact


def read(storage: Storage) -> list[CaptureFact]:
    return [one for files in capture_files(storage).values() for one in read_facts(storage, files)]


def test_captures_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    facts = [FIRST, FAILED, fact(6_080_002, b"", at="2025-04-10T12:00:00.001Z")]
    assert read(dataset(tmp_path, *facts)) == facts


def test_files_that_name_no_page_have_a_part_of_their_own(tmp_path: Path) -> None:
    saved = FIRST._replace(kind=None, number=None, source="import", url="saved/page.txt", rendition="table")
    storage = dataset(tmp_path, saved, part=Part.of(None))
    assert list(capture_files(storage)) == [Part("unnumbered", 0)]
    assert read(storage) == [saved]


texts = st.text(max_size=20)
facts_of_part = st.builds(
    lambda number, second, body, source, url: fact(
        6_080_000 + number, body, f"2025-04-10T12:00:{second:02}.000Z"
    )._replace(source=source, url=url),
    st.integers(0, 3),
    st.integers(0, 3),
    st.binary(max_size=3),
    st.sampled_from(["gopher", "gemini"]),
    texts,
)


@settings(max_examples=30)
@given(st.lists(st.lists(facts_of_part, max_size=6), min_size=1, max_size=4))
def test_captures_of_several_files_come_in_order_and_once(
    tmp_path_factory: pytest.TempPathFactory, lists: list[list[CaptureFact]]
) -> None:
    storage = open_storage(str(tmp_path_factory.mktemp("captures")))
    unique = [
        sorted({one.order: one for one in facts}.values(), key=lambda one: one.order) for facts in lists
    ]
    files = [file for facts in unique for file in write_facts(storage, PART, facts)]
    expected = {one.order: one for facts in unique for one in facts}
    assert list(read_facts(storage, files)) == [expected[order] for order in sorted(expected)]


def test_a_manifest_says_what_its_files_have(tmp_path: Path) -> None:
    storage = dataset(tmp_path, FIRST, FAILED)
    [file] = capture_files(storage)[PART]
    assert (file.rows, file.summary) == (2, summary_of([FIRST.identity, FAILED.identity]))
    assert file.size == (tmp_path / file.name).stat().st_size
    assert file.digest == digest_of((tmp_path / file.name).read_bytes()).hex()


def test_the_union_of_two_datasets_is_the_union_of_their_files(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    dataset(one, FIRST, FAILED)
    dataset(other, FIRST, fact(6_080_002, b"another page"))
    shutil.copytree(other, one, dirs_exist_ok=True)
    assert read(open_storage(str(one))) == [FIRST, FAILED, fact(6_080_002, b"another page")]


def test_many_bodies_are_several_files_of_row_groups_of_bounded_size(tmp_path: Path) -> None:
    storage, facts = open_storage(str(tmp_path)), [fact(6_080_001 + n, bytes(1_000)) for n in range(50)]
    files = write_facts(storage, PART, facts, FileLimits(group_bytes=1_500, file_bytes=20_000))
    assert len(files) == 3
    for file in files:
        metadata = pq.read_metadata(tmp_path / file.name)
        sizes = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
        assert (max(sizes), sum(sizes)) == (2, file.rows)
        assert file.rows <= 20
    assert list(read_facts(storage, files)) == facts


def test_equal_bodies_are_stored_once_in_a_file(tmp_path: Path) -> None:
    body = b"".join(digest_of(n.to_bytes(2)) for n in range(3_000))
    facts = [fact(6_080_001, body, f"2025-04-10T12:00:{n:02}.000Z") for n in range(30)]
    [file] = capture_files(dataset(tmp_path, *facts))[PART]
    assert file.size < 2 * len(body)


def test_an_export_without_anything_new_writes_no_manifest(tmp_path: Path) -> None:
    assert not capture_files(dataset(tmp_path))
    assert not list(tmp_path.iterdir())


def test_captures_of_many_files_come_in_order_and_once(tmp_path: Path) -> None:
    facts = [fact(6_080_001 + n % 3, b"%d" % (n % 4), f"2025-04-10T12:00:{n:02}.000Z") for n in range(12)]
    facts.append(FAILED)
    for first in range(12):
        dataset(tmp_path, *facts[first : first + 2])
    assert read(open_storage(str(tmp_path))) == sorted(facts, key=lambda one: one.order)
