"""A time-stamping server (RFC 3161): it signs the digest of a record together with the time."""

import secrets
from hashlib import sha256

from asn1crypto import tsp

from archive.errors import WitnessError
from archive.timestamps import display_time
from archive.witness.kept_records import KeptRecord, write_kept
from archive.witness.publication import ALREADY_PUBLISHED, Publication
from archive.witness.stamps.exchange import server_answer
from archive.witness.stamps.server_url import file_name_of
from archive.witness.stamps.stamp_files import MAX_STAMP_BYTES, TIME_STAMP_ENDING
from archive.witness.stamps.stamp_problems import InvalidStamp, UnknownSigner
from archive.witness.stamps.time_stamp import read_time_stamp

REPLY_TIMEOUT_SECONDS = 30.0  # for a whole reply
_NONCE_BITS = 64
_HEADERS = {
    "Content-Type": "application/timestamp-query",
    "Accept": "application/timestamp-reply",
}


class TimeStampServer:
    """A witness: a time-stamping server, whose reply is kept next to the record."""

    def __init__(self, url: str, *, timeout: float = REPLY_TIMEOUT_SECONDS) -> None:
        self.name = url
        self._timeout = timeout

    def publish(self, kept: KeptRecord) -> Publication:
        """Get a stamp of a record, unless there is one of this server, and check it. Raise WitnessError."""
        file = kept.file.with_name(f"{kept.file.name}.{file_name_of(self.name)}{TIME_STAMP_ENDING}")
        if file.exists():
            return ALREADY_PUBLISHED
        nonce = secrets.randbits(_NONCE_BITS)
        request = _request(kept.content, nonce)
        answer = server_answer("POST", self.name, _HEADERS, self._timeout, MAX_STAMP_BYTES, request)
        reply = answer.content
        try:
            stamp = read_time_stamp(reply)
        except (InvalidStamp, UnknownSigner) as error:
            raise WitnessError(f"{self.name}: the reply is refused: {error}") from error
        if stamp.nonce != nonce or not stamp.is_of(kept.content):
            raise WitnessError(f"{self.name}: the reply is refused: it is not the stamp that was asked for")
        write_kept(file, reply)
        return Publication(f"stamped at {display_time(stamp.time)} by {stamp.signer}")


def _request(data: bytes, nonce: int) -> bytes:
    return bytes(
        tsp.TimeStampReq(
            {
                "version": "v1",
                "message_imprint": {
                    "hash_algorithm": {"algorithm": "sha256"},
                    "hashed_message": sha256(data).digest(),
                },
                "nonce": nonce,
                "cert_req": True,
            }
        ).dump()
    )
