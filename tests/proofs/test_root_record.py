"""A record of a root is one line of JSON, and anything else is refused."""

import json
from dataclasses import replace

import pytest

from archive.proofs.root_record import (
    MAX_ROOT_RECORD_BYTES,
    InvalidRecord,
    RootRecord,
    read_record,
    write_record,
)

NOON = "2025-04-10T12:00:00.000Z"
RECORD = RootRecord("5f" * 32, 158021, NOON, 158022, NOON)


def test_a_record_is_a_line_that_reads_as_itself() -> None:
    line = write_record(RECORD)
    assert line == (
        b'{"format":"taz-archive root 1","root":"' + b"5f" * 32 + b'","captures":158021,'
        b'"newest":"2025-04-10T12:00:00.000Z","last_capture":158022,"computed_at":"2025-04-10T12:00:00.000Z"}\n'
    )
    assert read_record(line) == RECORD
    largest = replace(RECORD, captures=2**63 - 1, last_capture=2**63 - 1)
    assert len(write_record(largest)) < MAX_ROOT_RECORD_BYTES


def _line(change: dict[str, object]) -> bytes:
    return json.dumps(json.loads(write_record(RECORD)) | change, separators=(",", ":")).encode()


def test_a_line_end_of_another_system_is_accepted() -> None:
    assert read_record(_line({})) == read_record(_line({}) + b"\r\n") == RECORD


def test_a_name_that_other_programs_may_read_otherwise_is_refused() -> None:
    twice = _line({}).replace(b'{"format', b'{"root":"' + b"a7" * 32 + b'","format')
    with pytest.raises(InvalidRecord, match="as `witness` writes it"):
        read_record(twice)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "taz-archive root 2"},
        {"format": None},
        {"root": "5f"},
        {"root": 5},
        {"root": "5F" * 32},
        {"captures": "1"},
        {"captures": True},
        {"captures": -1},
        {"captures": 2**63},
        {"last_capture": 1.0},
        {"newest": "2025-04-10"},
        {"newest": None},
        {"computed_at": "\x1b[2J"},
        {"computed_at": "9999-99-99T12:00:00.000Z"},
        {"computed_at": "9999-12-31T23:59:59.999-14:00"},
        {"newest": "0001-01-01T00:00:00.000+14:00"},
        {"more": 1},
    ],
)
def test_other_values_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidRecord, match="record of a root"):
        read_record(_line(change))


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[]", b"nonsense", b"\xff", b"[" * 1000, b"9" * 1000, b" " * 2000, b'{"format":']
)
def test_other_lines_are_refused(line: bytes) -> None:
    with pytest.raises(InvalidRecord, match="record of a root"):
        read_record(line)
