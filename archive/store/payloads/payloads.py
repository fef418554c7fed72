"""Payloads: page bytes, stored once per digest, compressed with a dictionary or as deltas.

A payload's base was always stored before it, so chains of bases have no cycles.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.store.payloads import dictionaries
from archive.store.payloads.compression import (
    FAST_LEVEL,
    OptionalDictionary,
    base_dictionary,
    compress,
    compressor,
    decompress,
)
from archive.store.payloads.compression import digest_of as digest_of  # noqa: PLC0414 - re-exported

MAX_CHAIN_LENGTH = 8  # deltas written on top of each other; the next one uses the first payload of the chain
MAX_BASES = 64  # followed when reading
Like = Callable[[], int | None]
ZSTD, ZSTD_DICTIONARY, ZSTD_BASE = "zstd", "zstd+dictionary", "zstd+base"  # encodings


# Raw SQL here, since recording and reading a capture runs it.


class CompressedPayload(NamedTuple):
    """A payload's compressed bytes, and the base or dictionary needed to decompress them."""

    body: bytes
    level: int
    base: int | None = None
    dictionary: int | None = None

    @property
    def encoding(self) -> str:
        if self.base is not None:
            return ZSTD_BASE
        return ZSTD if self.dictionary is None else ZSTD_DICTIONARY


class PreparedPayload(NamedTuple):
    """The digest of bytes, and the bytes compressed by themselves."""

    digest: bytes
    packed: CompressedPayload


class PageBytes(NamedTuple):
    """The bytes of a page to store.

    ``like`` returns a payload with similar bytes, if there is one; it is called only for new bytes.
    ``prepared`` is what was worked out of the bytes before.
    """

    body: bytes
    like: Like = lambda: None
    prepared: PreparedPayload | None = None

    @property
    def digest(self) -> bytes:
        return self.prepared.digest if self.prepared else digest_of(self.body)


def store(db: Database, body: bytes) -> int:
    """Store ``body`` unless it is already stored. Returns the id of its payload."""
    return store_all(db, [PageBytes(body)])[0]


def store_all(db: Database, pages: Sequence[PageBytes]) -> list[int]:
    """Store the bytes of each page unless they are already stored. Returns the ids of their payloads."""
    digests = [page.digest for page in pages]
    ids = known_ids(db, digests)
    new = {digest: page for digest, page in zip(digests, pages, strict=True) if digest not in ids}
    if new:
        (last,) = db.execute("SELECT ifnull(max(id), 0) FROM payloads").fetchone()
        ids |= {digest: id_ for id_, digest in enumerate(new, start=last + 1)}
        packer = Packer(db, FAST_LEVEL)
        db.conn.executemany(
            "INSERT INTO payloads (id, digest, size, encoding, base_id, body, dictionary_id, level)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(ids[digest], digest, *_columns(packer, page)) for digest, page in new.items()],
        )
    return [ids[digest] for digest in digests]


def _columns(packer: "Packer", page: PageBytes) -> tuple[object, ...]:
    """Compress a page. Return the columns of its payload after ``id`` and ``digest``."""
    one = packer.pack_smallest(page.body, page.like(), page.prepared and page.prepared.packed)
    return len(page.body), one.encoding, one.base, one.body, one.dictionary, one.level


def known_ids(db: Database, digests: Sequence[bytes]) -> dict[bytes, int]:
    """Return the ids of the payloads that are stored, by digest."""
    query = f"SELECT digest, id FROM payloads WHERE digest IN ({', '.join('?' * len(digests))})"  # noqa: S608 - ours
    return dict(db.execute(query, digests).fetchall())


class Packer:
    """Compresses payloads with the latest dictionary of an archive."""

    def __init__(self, db: Database, level: int) -> None:
        self._db = db
        self._level = level
        latest = dictionaries.latest(db)
        known = dictionaries.for_compression(db, latest, level) if latest else None
        self._dictionary = latest.id if latest and known else None
        self._compressor = compressor(level, known)

    def pack(self, body: bytes) -> CompressedPayload:
        """Compress ``body`` by itself."""
        return CompressedPayload(self._compressor.compress(body), self._level, dictionary=self._dictionary)

    def pack_smallest(
        self, body: bytes, like: int | None, packed: CompressedPayload | None = None
    ) -> CompressedPayload:
        """Compress ``body`` by itself or as a delta of ``like``, whichever is smaller.

        ``packed`` is ``body`` compressed by itself before, maybe with another dictionary.
        """
        whole = packed if packed and packed.dictionary == self._dictionary else self.pack(body)
        patch = None if like is None else _patch(self._db, body, self._level, like)
        return patch if patch and len(patch.body) < len(whole.body) else whole


def compress_smallest(db: Database, body: bytes, level: int, like: int | None) -> CompressedPayload:
    """Compress ``body`` with the latest dictionary or as a delta of ``like``, whichever is smaller."""
    return Packer(db, level).pack_smallest(body, like)


def _patch(db: Database, body: bytes, level: int, like: int) -> CompressedPayload | None:
    """Compress ``body`` as a delta of ``like``. Returns None if ``like`` is damaged."""
    try:
        chain = _base_chain(db, like)
        if len(chain) > MAX_CHAIN_LENGTH:
            chain = chain[-1:]
        known = base_dictionary(_decompress_chain(db, chain))
    except DamagedArchive:
        return None
    return CompressedPayload(compress(body, level, known), level, base=chain[0].id)


# -- Reading ------------------------------------------------------------------------------------------


class _Row(NamedTuple):
    """A payload as stored, without its body."""

    id: int
    digest: bytes
    size: int
    encoding: str
    base: int | None


def load(db: Database, payload: int) -> bytes:
    """Return the bytes as received. Raises :exc:`DamagedArchive` if they are damaged."""
    return _decompress_chain(db, _base_chain(db, payload))


def is_sound(db: Database, digest: bytes) -> bool:
    """Return whether the payload with this digest is stored and can be read."""
    found = db.execute("SELECT id FROM payloads WHERE digest = ?", [digest]).fetchone()
    if found is None:
        return False
    try:
        load(db, found[0])
    except DamagedArchive:
        return False
    return True


def _decompress_chain(db: Database, chain: Sequence[_Row]) -> bytes:
    """Decompress the first payload of a chain, from its last base on."""
    body = b""
    for row in reversed(chain):
        try:
            body = decompress(_stored_body(db, row), row.size, _dictionary_for(db, row, body))
        except ValueError as error:
            raise _damaged(chain[0].id, row.id, f"cannot be decompressed: {error}") from error
        if digest_of(body) != row.digest:
            raise _damaged(chain[0].id, row.id, "is damaged: its digest differs")
    return body


def _stored_body(db: Database, row: _Row) -> bytes:
    """Return the compressed bytes of one payload; those of a whole chain may be large."""
    (body,) = db.execute("SELECT body FROM payloads WHERE id = ?", [row.id]).fetchone()
    return bytes(body)


def _dictionary_for(db: Database, row: _Row, base: bytes) -> OptionalDictionary:
    """Return the dictionary to decompress a row with. Raises ``ValueError`` if it is missing."""
    if row.encoding == ZSTD_BASE and row.base is not None:
        return base_dictionary(base)
    if row.encoding == ZSTD_DICTIONARY and row.base is None:
        return dictionaries.for_decompression(db, row.id)
    if row.encoding != ZSTD or row.base is not None:
        raise ValueError(f"its encoding is {row.encoding!r}, its base {row.base}")
    return None


def _base_chain(db: Database, payload: int) -> list[_Row]:
    """Return a payload, its base, that base's base and so on. Raises :exc:`DamagedArchive` on a bad chain."""
    rows: list[_Row] = []
    needed: int | None = payload
    while needed is not None:
        if rows and needed >= rows[-1].id:
            raise _damaged(payload, rows[-1].id, f"has a later payload, {needed}, as its base")
        if len(rows) > MAX_BASES:
            raise _damaged(payload, payload, f"has a chain of more than {MAX_BASES} bases")
        found = db.execute(_ROW_QUERY, [needed]).fetchone()
        if found is None:
            raise _damaged(payload, needed, "is missing")
        *row, fault = found
        if fault:
            raise _damaged(payload, needed, fault)
        rows.append(_Row._make(row))
        needed = rows[-1].base
    return rows


MAX_PAYLOAD_BYTES = 16 * 2**20  # includes pages that are stored although they are too large to parse
MAX_COMPRESSED_BYTES = MAX_PAYLOAD_BYTES + 2**17  # zstd adds some bytes to data that it cannot compress
_ROW_QUERY = f"""
SELECT id, digest, size, encoding, base_id, CASE
  WHEN typeof(digest) <> 'blob' THEN 'has a digest that is not bytes'
  WHEN typeof(encoding) <> 'text' THEN 'has an encoding that is not text'
  WHEN typeof(base_id) NOT IN ('integer', 'null') THEN 'has a base that is not a number'
  WHEN typeof(body) <> 'blob' THEN 'has a body that is not bytes'
  WHEN typeof(size) <> 'integer' OR size > {MAX_PAYLOAD_BYTES} OR length(body) > {MAX_COMPRESSED_BYTES}
    THEN 'is larger than any page'
END FROM payloads WHERE id = ?
"""  # noqa: S608 - ours


def _damaged(asked: int, culprit: int, problem: str) -> DamagedArchive:
    where = f"payload {asked}" if asked == culprit else f"payload {asked} needs payload {culprit}, which"
    return DamagedArchive(f"{where} {problem}")


# -- Recompression --------------------------------------------------------------------------------


def replace(db: Database, payload: int, packed: CompressedPayload) -> None:
    """Overwrite a payload's compressed bytes, in the caller's transaction, and read them back.

    Raises :exc:`DamagedArchive` if the decompressed bytes differ.
    """
    db.execute(
        "UPDATE payloads SET (encoding, base_id, body, dictionary_id, level) = (?, ?, ?, ?, ?) WHERE id = ?",
        [packed.encoding, packed.base, packed.body, packed.dictionary, packed.level, payload],
    )
    load(db, payload)
