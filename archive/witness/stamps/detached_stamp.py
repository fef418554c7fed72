"""A stamp of OpenTimestamps: a file ``.ots`` that leads from the digest of a record to blocks of Bitcoin."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
from opentimestamps.core.op import MsgValueError, OpAppend, OpSHA256
from opentimestamps.core.serialize import (
    BytesDeserializationContext,
    BytesSerializationContext,
    DeserializationError,
)
from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

from archive.witness.stamps.stamp_problems import InvalidStamp

# What reading and joining stamps raises. A digest that OpenSSL does not have, RIPEMD-160, is a ValueError.
_UNREADABLE = (
    *(DeserializationError, MsgValueError, ValueError, TypeError, AssertionError, OverflowError),
    *(RecursionError, AttributeError, NotImplementedError),
)
_MARK_BYTES = 16


@dataclass(frozen=True, slots=True)
class Attestations:
    """Heights of Bitcoin's blocks that a stamp leads to, and URLs of calendars that will know one."""

    blocks: list[int]
    calendars: list[str]


class DetachedStamp:
    """The stamp of a record by calendars. Each has a branch, which begins with a mark of its URL."""

    def __init__(self, stamp: Any) -> None:
        self._stamp = stamp

    @classmethod
    def new(cls, data: bytes) -> "DetachedStamp":
        """Return a stamp of data without any calendar, which cannot be written yet."""
        return cls(DetachedTimestampFile(OpSHA256(), Timestamp(sha256(data).digest())))

    @classmethod
    def read(cls, content: bytes) -> "DetachedStamp":
        """Parse a file. Raise :exc:`InvalidStamp`."""
        with _translated():
            return cls(DetachedTimestampFile.deserialize(BytesDeserializationContext(content)))

    def written(self) -> bytes:
        """Return the bytes of the file, which can be read. Raise :exc:`InvalidStamp`."""
        with _translated():
            context = BytesSerializationContext()
            self._stamp.serialize(context)
            content = bytes(context.getbytes())
        DetachedStamp.read(content)
        return content

    def is_of(self, data: bytes) -> bool:
        """Return whether this is a stamp of the SHA-256 of data: others' bytes may have the same SHA-1."""
        has_sha256 = isinstance(self._stamp.file_hash_op, OpSHA256)
        return has_sha256 and bool(self._stamp.file_digest == sha256(data).digest())

    def attestations(self) -> Attestations:
        found = [each for _, each in self._stamp.timestamp.all_attestations()]
        blocks = {each.height for each in found if isinstance(each, BitcoinBlockHeaderAttestation)}
        calendars = {each.uri for each in found if isinstance(each, PendingAttestation)}
        return Attestations(sorted(blocks), sorted(calendars))

    def commitment(self, url: str) -> bytes:
        """Return the digest to send to a calendar."""
        return bytes(self._branch(url).msg)

    def has(self, url: str) -> bool:
        """Return whether a calendar has stamped the record."""
        branch = self._branch(url)
        return bool(branch.attestations or branch.ops)

    def add(self, url: str, answer: bytes) -> None:
        """Add a calendar's answer about its commitment. Raise :exc:`InvalidStamp`."""
        branch = self._branch(url)
        _join(branch, answer)

    def pending(self, url: str) -> Iterator[tuple[str, bytes]]:
        """Yield the calendar to ask and the commitment of each part of a branch without a block yet."""
        for node in _nodes(self._branch(url)):
            uris = [each.uri for each in node.attestations if isinstance(each, PendingAttestation)]
            if uris and not _has_block(node):
                yield from ((uri, bytes(node.msg)) for uri in uris)

    def complete(self, url: str, commitment: bytes, answer: bytes) -> None:
        """Add a calendar's answer about one of its :meth:`pending` commitments. Raise :exc:`InvalidStamp`."""
        for node in list(_nodes(self._branch(url))):
            if node.msg == commitment:
                _join(node, answer)

    def _branch(self, url: str) -> Any:
        mark = OpAppend(sha256(url.encode()).digest()[:_MARK_BYTES])
        ops = self._stamp.timestamp.ops
        marked = ops[mark] if mark in ops else ops.add(mark)
        return marked.ops.add(OpSHA256())


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for below in node.ops.values():
        yield from _nodes(below)


def _has_block(node: Any) -> bool:
    return any(isinstance(each, BitcoinBlockHeaderAttestation) for _, each in node.all_attestations())


def _join(node: Any, answer: bytes) -> None:
    with _translated():
        context = BytesDeserializationContext(answer)
        found = Timestamp.deserialize(context, node.msg)
        context.assert_eof()
        node.merge(found)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an operation that may be removed from the format
            yield
    except _UNREADABLE as error:
        raise InvalidStamp("it is not a stamp of OpenTimestamps, or a damaged one") from error
