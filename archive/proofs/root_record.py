"""A record of the root of all captures at a time: one line of JSON, written and read. Pure.

A witness publishes the line as it is, so that everyone can compare its bytes.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from archive.errors import TazArchiveError
from archive.timestamps import parse_stamp, stamp

ROOT_FORMAT = "taz-archive root 1"
MAX_ROOT_RECORD_BYTES = 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MAX_NUMBER = 2**63 - 1  # SQLite's
_OTHER = "this is not a record of a root, as `witness` writes it"


class InvalidRecord(TazArchiveError):
    """A line that is not a record of a root."""


@dataclass(frozen=True, slots=True)
class RootRecord:
    """The root of the captures with numbers up to ``last_capture``, as computed at a time.

    ``root`` is in hexadecimal digits. ``newest`` is the time of the newest capture; both times are stamps.
    """

    root: str
    captures: int
    newest: str
    last_capture: int
    computed_at: str


def write_record(record: RootRecord) -> bytes:
    """Return a record as a line of JSON in ASCII, with its line feed."""
    fields = {"format": ROOT_FORMAT, **asdict(record)}
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"


def read_record(line: bytes) -> RootRecord:
    """Parse what :func:`write_record` wrote. Raise :exc:`InvalidRecord`."""
    if len(line) > MAX_ROOT_RECORD_BYTES:
        raise InvalidRecord("this is not a record of a root: it is too long")
    try:
        given = json.loads(line)
        known = given["format"]
        record = _record(given)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidRecord(_OTHER) from error
    if known != ROOT_FORMAT:
        raise InvalidRecord(f"this release cannot read the record of a root: it is no “{ROOT_FORMAT}”")
    if (
        line.rstrip(b"\r\n") != write_record(record).rstrip()
    ):  # as with a name twice, which others read otherwise
        raise InvalidRecord(_OTHER)
    return record


def _record(given: Mapping[str, Any]) -> RootRecord:
    """Return a record from its JSON. Raise ValueError, KeyError or TypeError for anything else."""
    record = RootRecord(**{name: given[name] for name in RootRecord.__slots__})
    if not _DIGEST.fullmatch(record.root):
        raise ValueError("the root is not a digest")
    for number in (record.captures, record.last_capture):
        if type(number) is not int or not 0 < number <= _MAX_NUMBER:
            raise ValueError("a number is not one of captures")
    for time in (record.newest, record.computed_at):
        if stamp(parse_stamp(time)) != time:
            raise ValueError("a time is not a stamp")
    return record
