"""Check a stamp of OpenTimestamps: whether it is of a record, and where it leads to."""

from pathlib import Path

from archive.dump.grammar import clean
from archive.witness.kept_records import KeptRecord
from archive.witness.stamps.checked_stamp import CheckedStamp
from archive.witness.stamps.detached_stamp import DetachedStamp
from archive.witness.stamps.stamp_problems import InvalidStamp

_IN_BLOCK = "blocks of Bitcoin are not compared here, but by `ots verify FILE`"
_PENDING = "no block of Bitcoin is named yet: run `witness` with the same --ots later"


def check_detached_stamp(kept: KeptRecord, file: Path, content: bytes) -> CheckedStamp:
    """Return where a stamp leads to; the blocks are not at hand to compare with. Raise InvalidStamp."""
    stamp = DetachedStamp.read(content)
    if not stamp.is_of(kept.content):
        raise InvalidStamp("it is the stamp of other bytes than this record's")
    found = stamp.attestations()
    if found.blocks:
        return CheckedStamp(file, "OpenTimestamps", None, _IN_BLOCK)
    return CheckedStamp(file, clean(", ".join(found.calendars)) or "OpenTimestamps", None, _PENDING)
