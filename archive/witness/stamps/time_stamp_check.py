"""Check a time stamp: whether it is of a record, and whether a known authority vouches for its signer."""

from collections.abc import Sequence
from pathlib import Path

from archive.timestamps import stamp as stamp_of
from archive.witness.kept_records import KeptRecord
from archive.witness.stamps.authorities import Authorities
from archive.witness.stamps.checked_stamp import CheckedStamp, StampChecker
from archive.witness.stamps.stamp_problems import InvalidStamp, UnknownSigner
from archive.witness.stamps.time_stamp import read_time_stamp

_UNKNOWN = "the authority, {}, is not known here: give its certificate with --tsa-ca FILE"
_NO_CERTIFICATE = "the signer's certificate is missing: give it with --tsa-ca FILE"


def time_stamp_checker(files: Sequence[Path]) -> StampChecker:
    """Return a check that trusts the certificates in files. Raise InvalidStamp for a file without any."""
    authorities = Authorities(files)

    def check(kept: KeptRecord, file: Path, content: bytes) -> CheckedStamp:
        try:
            stamp = read_time_stamp(content, authorities.given)
        except UnknownSigner:
            return CheckedStamp(file, "an unknown signer", None, _NO_CERTIFICATE)
        if not stamp.is_of(kept.content):
            raise InvalidStamp("it is the stamp of other bytes than this record's")
        lacks = "" if authorities.know(stamp) else _UNKNOWN.format(stamp.authority)
        return CheckedStamp(file, stamp.signer, stamp_of(stamp.time), lacks)

    return check
