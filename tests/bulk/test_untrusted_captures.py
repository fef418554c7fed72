"""Datasets of captures are untrusted: what is wrong with one is an error that names the file and the row."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from archive.bulk.captures.capture_file import CaptureFile
from archive.bulk.captures.dataset import capture_files, read_facts, write_manifest
from archive.bulk.parquet_rows import schema_of, table_of, written
from archive.bulk.storage import Storage, open_storage
from archive.errors import DatasetError
from archive.store import MAX_PAYLOAD_BYTES, CaptureFact, FactsSummary, Part, digest_of, summary_of
from tests.support.samples.facts import FAILED, FIRST, PART, dataset, fact


def read(storage: Storage) -> list[CaptureFact]:
    return [one for files in capture_files(storage).values() for one in read_facts(storage, files)]


def forged(folder: Path, content: bytes, facts: Sequence[CaptureFact] = (FIRST,)) -> Storage:
    """Return a dataset of one file with any content, that is listed as if it had these captures."""
    storage = open_storage(str(folder))
    summary = summary_of(one.identity for one in facts)
    file = CaptureFile.of(PART, digest_of(content).hex(), len(content), summary, facts[-1].captured_at)
    storage.write(file.name, content)
    write_manifest(storage, [file])
    return storage


def listed(folder: Path, manifest: Any) -> Storage:
    """Return a dataset with a manifest of any content."""
    content = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    storage = open_storage(str(folder))
    storage.write(f"manifests/{digest_of(content).hex()}.json", content)
    return storage


ENTRY = {
    "name": f"{PART.name}/{'0' * 64}.parquet",
    "rows": 1,
    "size": 1,
    "last": FIRST.captured_at,
    "xor": "0" * 64,
}


@pytest.mark.parametrize(
    "entry",
    [
        {**ENTRY, "name": f"../{PART.name}/{'0' * 64}.parquet"},
        {**ENTRY, "name": "/etc/passwd"},
        {**ENTRY, "name": f"{PART.name}/../../{'0' * 64}.parquet"},
        {**ENTRY, "name": f"{PART.name}/{'0' * 64}.parquet\n"},
        {**ENTRY, "name": f"article-00006080001/{'0' * 64}.parquet"},
        {**ENTRY, "name": f"article-{'9' * 5_000}/{'0' * 64}.parquet"},
        {**ENTRY, "name": f"menu-00006080000/{'0' * 64}.parquet"},
        {**ENTRY, "rows": 0},
        {**ENTRY, "rows": -1},
        {**ENTRY, "rows": 10**30},
        {**ENTRY, "rows": True},
        {**ENTRY, "size": 2**60},
        {**ENTRY, "size": "1"},
        {**ENTRY, "last": "yesterday"},
        {**ENTRY, "xor": "00"},
        {**ENTRY, "xor": None},
        {"name": ENTRY["name"]},
        ["name"],
        None,
    ],
)
def test_an_invalid_entry_of_a_manifest_is_an_error_that_names_it(tmp_path: Path, entry: Any) -> None:
    with pytest.raises(DatasetError, match=r"manifests/[0-9a-f]{64}\.json: not a manifest of captures: "):
        capture_files(listed(tmp_path, {"files": [ENTRY, entry]}))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"files": 1}',
        b"[]",
        b'{"files": [' + b"9" * 10_000 + b"]}",
        b"\xff\xfe\0",
    ],
)
def test_a_manifest_without_a_list_of_files_is_an_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DatasetError, match="not a manifest of captures: "):
        capture_files(listed(tmp_path, content))


def test_a_manifest_that_was_changed_is_an_error(tmp_path: Path) -> None:
    storage = dataset(tmp_path, FIRST)
    [manifest] = (tmp_path / "manifests").iterdir()
    manifest.write_bytes(manifest.read_bytes()[:-1])
    with pytest.raises(DatasetError, match="its digest differs from its name"):
        capture_files(storage)


def test_manifests_that_contradict_each_other_are_an_error(tmp_path: Path) -> None:
    listed(tmp_path, {"files": [ENTRY]})
    with pytest.raises(DatasetError, match="contradicts another manifest"):
        capture_files(listed(tmp_path, {"files": [{**ENTRY, "size": 2}]}))


def test_a_file_that_no_manifest_lists_is_not_believed(tmp_path: Path) -> None:
    storage = dataset(tmp_path, FIRST)
    storage.write(f"{PART.name}/{'0' * 64}.parquet", b"half of a fi")
    assert read(storage) == [FIRST]


def _file(folder: Path) -> Path:
    [file] = (folder / PART.name).iterdir()
    return file


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    storage = dataset(tmp_path, FIRST)
    _file(tmp_path).unlink()
    with pytest.raises(DatasetError, match=r"article-00006080000/[0-9a-f]{64}\.parquet: is missing"):
        read(storage)


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: data[:100] + b"!" + data[101:]])
def test_a_file_that_is_truncated_or_changed_is_an_error(tmp_path: Path, change: Any) -> None:
    storage = dataset(tmp_path, FIRST)
    _file(tmp_path).write_bytes(change(_file(tmp_path).read_bytes()))
    with pytest.raises(DatasetError, match=r"parquet: its digest differs from its name"):
        read(storage)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    storage = dataset(tmp_path, FIRST)
    with _file(tmp_path).open("r+b") as file:
        file.truncate(2**40)  # takes no space
    with pytest.raises(DatasetError, match=r"is larger than [0-9],[0-9]{3} bytes"):
        read(storage)


@pytest.mark.parametrize("content", [b"not Parquet", b"PAR1", b"PAR1" + b"\xff" * 100 + b"PAR1"])
def test_a_file_that_is_not_parquet_is_an_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DatasetError, match="not a valid Parquet file: "):
        read(forged(tmp_path, content))


def test_a_damaged_page_within_a_file_is_an_error(tmp_path: Path) -> None:
    content = written(table_of(CaptureFact, [FIRST]))
    middle = len(content) // 4
    with pytest.raises(DatasetError, match=r"[0-9a-f]{64}\.parquet: "):
        read(forged(tmp_path, content[:middle] + bytes(64) + content[middle + 64 :]))


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"number": [1]}),
        table_of(CaptureFact, [FIRST]).drop_columns("problem"),
        table_of(CaptureFact, [FIRST]).append_column("more", pa.array([1])),
        table_of(CaptureFact, [FIRST]).set_column(1, "number", pa.array(["6080001"])),
        table_of(CaptureFact, [FIRST]).cast(
            pa.schema(field.with_nullable(True) for field in schema_of(CaptureFact))  # noqa: FBT003 - Arrow's
        ),
    ],
)
def test_a_file_of_other_columns_is_an_error(tmp_path: Path, table: pa.Table) -> None:
    with pytest.raises(DatasetError, match="has other columns than this release writes"):
        read(forged(tmp_path, written(table)))


@pytest.mark.parametrize(
    ("invalid", "reason"),
    [
        (FIRST._replace(number=6_082_000), "is of another part: article 6082000"),
        (FIRST._replace(kind="section"), "is of another part: section 6080001"),
        (FIRST._replace(kind=None), "has an invalid page"),
        (FIRST._replace(kind=None, number=None), "names no page"),
        (FIRST._replace(kind="root"), "has an invalid page"),
        (FIRST._replace(kind="menu"), "has an invalid page"),
        (FIRST._replace(number=-1), "has an invalid page"),
        (FIRST._replace(number=2**62), "has an invalid page"),
        (FIRST._replace(number=0), "has an invalid page"),
        (FIRST._replace(captured_at="9999-01-01T00:00:00.000Z"), "is from the future"),
        (FIRST._replace(captured_at="0000-01-01T00:00:00.000Z"), "has a time that no calendar has"),
        (FIRST._replace(outcome="unreadable"), "has an unknown outcome"),
        (FIRST._replace(outcome="fine"), "has an unknown outcome"),
        (FIRST._replace(body=None, digest=None), "has the outcome ok but no bytes"),
        (FIRST._replace(body=None), "has the outcome ok but no bytes"),
        (FAILED._replace(digest=digest_of(b"")), "has a digest but no bytes"),
        (FIRST._replace(body=b"other bytes"), "has bytes whose digest differs"),
        (FIRST._replace(digest=b"short"), "has bytes whose digest differs"),
        (FIRST._replace(digest=None), "has bytes whose digest differs"),
        (fact(6_080_001, bytes(MAX_PAYLOAD_BYTES + 1)), "has 16,777,217 bytes, more than any page"),
        (FIRST._replace(url="x" * 2**21), "has too long a text"),
    ],
)
def test_an_invalid_capture_is_an_error_that_names_its_row(
    tmp_path: Path, invalid: CaptureFact, reason: str
) -> None:
    storage = dataset(tmp_path, fact(6_080_000, b"fine"), invalid)
    with pytest.raises(DatasetError, match=rf"parquet: the capture in row \d {reason}"):
        read(storage)


@pytest.mark.parametrize("milliseconds", [2**63 - 1, -(2**63), 253_402_300_800_000, -62_135_596_800_001])
def test_a_time_outside_of_the_calendar_is_an_error(tmp_path: Path, milliseconds: int) -> None:
    table = table_of(CaptureFact, [FIRST])
    times = pa.array([milliseconds], pa.int64()).cast(table["captured_at"].type)
    field = schema_of(CaptureFact).field("captured_at")
    with pytest.raises(DatasetError, match=r"parquet: .*(time|future)"):
        read(forged(tmp_path, written(table.set_column(2, field, times))))


def test_text_that_is_not_unicode_is_an_error(tmp_path: Path) -> None:
    table = table_of(CaptureFact, [FIRST])
    broken = pa.array([b"\xff\xfe"]).view(pa.string())
    field = schema_of(CaptureFact).field("url")
    with pytest.raises(DatasetError, match="not a valid Parquet file: "):
        read(forged(tmp_path, written(table.set_column(5, field, broken))))


def test_captures_out_of_order_are_an_error(tmp_path: Path) -> None:
    facts = [FAILED, FIRST]
    with pytest.raises(DatasetError, match="the capture in row 2 is out of order"):
        read(forged(tmp_path, written(table_of(CaptureFact, facts)), facts))


def test_a_capture_twice_in_a_file_is_an_error(tmp_path: Path) -> None:
    facts = [FIRST, FIRST]
    with pytest.raises(DatasetError, match="the capture in row 2 is out of order"):
        read(forged(tmp_path, written(table_of(CaptureFact, facts)), facts))


def test_fewer_rows_than_listed_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="has 1 rows, not 2"):
        read(forged(tmp_path, written(table_of(CaptureFact, [FIRST])), [FIRST, FAILED]))


def test_other_captures_than_listed_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="has other captures than its manifest says"):
        read(forged(tmp_path, written(table_of(CaptureFact, [FIRST])), [FAILED]))


def test_a_row_group_that_would_fill_the_memory_is_not_read(tmp_path: Path) -> None:
    body = bytes(MAX_PAYLOAD_BYTES)
    facts = [fact(6_080_001 + n, body + n.to_bytes(1)) for n in range(5)]
    file = io.BytesIO()
    pq.write_table(table_of(CaptureFact, facts), file, compression="zstd")
    with pytest.raises(DatasetError, match="row group 0 is too large to be read"):
        read(forged(tmp_path, file.getvalue(), facts))


def test_a_page_that_a_million_rows_have_is_in_memory_once(tmp_path: Path) -> None:
    body = bytes(2**20)
    first = fact(6_080_001, body)
    facts = [first._replace(captured_at=f"2025-04-10T12:{n // 60:02}:{n % 60:02}.000Z") for n in range(300)]
    rows = list(read_facts(storage := dataset(tmp_path, *facts), capture_files(storage)[PART]))
    assert len({id(row.body) for row in rows[:8]}) == 1


def test_an_unknown_part_is_an_error(tmp_path: Path) -> None:
    file = CaptureFile.of(Part("menu", 0), "0" * 64, 1, FactsSummary(1), FIRST.captured_at)
    storage = open_storage(str(tmp_path))
    write_manifest(storage, [file])
    with pytest.raises(DatasetError, match="invalid name of a part"):
        capture_files(storage)
