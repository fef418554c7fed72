"""Check the payloads of a part: each must be the bytes that its digest says."""

from collections import OrderedDict
from collections.abc import Sequence

from archive.store.assembly.part_check import PartFault
from archive.store.bulk.part_rows import PartPayload
from archive.store.payloads.compression import base_dictionary, decompress, digest_of
from archive.store.payloads.payloads import MAX_BASES, MAX_PAYLOAD_BYTES, ZSTD, ZSTD_BASE

_MAX_BYTES_KEPT = 32 * 2**20  # of decompressed payloads that others are deltas of


def check_payloads(rows: Sequence[PartPayload]) -> None:
    """Raise :exc:`PartFault` for a payload whose bytes cannot be read, or that have another digest."""
    bodies = _Bodies(rows)
    if len({row.digest for row in rows}) < len(rows):
        raise PartFault("payloads", "a digest occurs twice")
    for place, row in enumerate(rows):
        if row.id != place:
            raise PartFault("payloads", f"expected the id {place}, found {row.id}")
        if row.base_id is not None and not 0 <= row.base_id < place:
            raise PartFault("payloads", f"payload {place} has the base {row.base_id}")
        if row.encoding != (ZSTD if row.base_id is None else ZSTD_BASE):
            raise PartFault("payloads", f"payload {place} has the encoding {row.encoding:.40}")
        if not 0 <= row.size <= MAX_PAYLOAD_BYTES:
            raise PartFault("payloads", f"payload {place} has {row.size:,} bytes, which no page has")
        if digest_of(bodies.load(place)) != row.digest:
            raise PartFault("payloads", f"payload {place} has bytes whose digest differs")


class _Bodies:
    """Decompresses payloads, and keeps those that others need."""

    def __init__(self, rows: Sequence[PartPayload]) -> None:
        self._rows = rows
        self._needed = {row.base_id for row in rows}
        self._kept = OrderedDict[int, bytes]()
        self._bytes_kept = 0

    def load(self, place: int, depth: int = 0) -> bytes:
        """Return the bytes of a payload."""
        if place in self._kept:
            self._kept.move_to_end(place)
            return self._kept[place]
        row = self._rows[place]
        if depth > MAX_BASES:
            raise PartFault("payloads", f"payload {place} has a chain of more than {MAX_BASES} bases")
        base = None if row.base_id is None else base_dictionary(self.load(row.base_id, depth + 1))
        try:
            body = decompress(row.body, row.size, base)
        except ValueError as error:
            raise PartFault("payloads", f"payload {place} cannot be decompressed: {error}") from error
        self._keep(place, body)
        return body

    def _keep(self, place: int, body: bytes) -> None:
        if place not in self._needed:
            return
        self._kept[place] = body
        self._bytes_kept += len(body)
        while self._bytes_kept > _MAX_BYTES_KEPT:
            _, dropped = self._kept.popitem(last=False)
            self._bytes_kept -= len(dropped)
