"""Compress the payloads of a part: each by itself, or as a delta of an earlier one of its page."""

from typing import NamedTuple

from archive.store.bulk.part_rows import PartPayload
from archive.store.payloads.compression import FAST_LEVEL, base_dictionary, compress, compressor
from archive.store.payloads.payloads import MAX_CHAIN_LENGTH, ZSTD, ZSTD_BASE


class _Base(NamedTuple):
    """A payload that others can be deltas of, and the length of its chain of bases, itself included."""

    id: int
    body: bytes
    length: int = 1


class PartPayloads:
    """The payloads of a part. Equal bytes are stored once."""

    def __init__(self) -> None:
        self.rows: list[PartPayload] = []
        self._ids: dict[bytes, int] = {}
        self._compressor = compressor(FAST_LEVEL)
        self._first: _Base | None = None
        self._last: _Base | None = None

    def begin_page(self) -> None:
        """Begin another page, with whose bytes those before have little in common."""
        self._first = self._last = None

    def add(self, digest: bytes, body: bytes) -> int:
        """Store bytes unless they are stored. Return the id of their payload."""
        if digest in self._ids:
            return self._ids[digest]
        id_ = self._ids[digest] = len(self.rows)
        whole, base = self._compressor.compress(body), self._base()
        patch = compress(body, FAST_LEVEL, base_dictionary(base.body)) if base else whole
        if base and len(patch) < len(whole):
            self._last = _Base(id_, body, base.length + 1)
            row = PartPayload(id_, digest, len(body), ZSTD_BASE, base.id, FAST_LEVEL, _fitted(patch))
        else:
            self._first = self._last = _Base(id_, body)
            row = PartPayload(id_, digest, len(body), ZSTD, None, FAST_LEVEL, _fitted(whole))
        self.rows.append(row)
        return id_

    def _base(self) -> _Base | None:
        """Return the page's last payload, or once its chain is long, the first one of that chain."""
        last = self._last
        return self._first if last and last.length > MAX_CHAIN_LENGTH else last


def _fitted(compressed: bytes) -> bytes:
    """Return bytes in memory of their own size; zstandard returns them in that of the page."""
    return bytes(memoryview(compressed))
