"""Page bytes, stored once by digest, packed: alone, with a dictionary, or as a patch against earlier ones.

A payload's ``base`` is always one that was stored before it, so bases never go round in a circle.
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
    decompress,
)
from archive.store.payloads.compression import digest_of as digest_of  # noqa: PLC0414 - where it is looked for

MAX_CHAIN_LENGTH = 8  # patches upon patches; what follows is packed against the payload they begin with
MAX_BASES = 64  # to follow when reading; more than we ever write
ZSTD, ZSTD_DICTIONARY, ZSTD_BASE = "zstd", "zstd+dictionary", "zstd+base"  # encodings


class CompressedPayload(NamedTuple):
    """A payload's bytes as they are stored, and what it takes to read them."""

    body: bytes
    level: int
    base: int | None = None
    dictionary: int | None = None

    @property
    def encoding(self) -> str:
        if self.base is not None:
            return ZSTD_BASE
        return ZSTD if self.dictionary is None else ZSTD_DICTIONARY


def store(db: Database, body: bytes, *, like: Callable[[], int | None] = lambda: None) -> int:
    """Store ``body`` unless it is there already; its id.

    ``like`` tells of a payload with much the same bytes, if there is one; asked only if it is needed.
    """
    digest = digest_of(body)
    known = db.execute("SELECT id FROM payloads WHERE digest = ?", [digest]).fetchone()
    if known:
        return int(known[0])
    packed = compress_smallest(db, body, FAST_LEVEL, like())
    cursor = db.execute(
        "INSERT INTO payloads (digest, size, encoding, base_id, body, dictionary_id, level)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [digest, len(body), packed.encoding, packed.base, packed.body, packed.dictionary, packed.level],
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def compress_smallest(db: Database, body: bytes, level: int, like: int | None) -> CompressedPayload:
    """``body`` packed with the latest dictionary, or against ``like``, whichever is less."""
    latest = dictionaries.latest(db)
    known = dictionaries.for_compression(db, latest, level) if latest else None
    whole = CompressedPayload(
        compress(body, level, known), level, dictionary=latest.id if latest and known else None
    )
    patch = None if like is None else _patch(db, body, level, like)
    return patch if patch and len(patch.body) < len(whole.body) else whole


def _patch(db: Database, body: bytes, level: int, like: int) -> CompressedPayload | None:
    """None if ``like`` cannot be read: who stores a page must not fail for a damaged one."""
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
    digest: str
    size: int
    encoding: str
    base: int | None


def load(db: Database, payload: int) -> bytes:
    """The bytes as received. Raises :exc:`DamagedArchive` if they are not what was stored."""
    return _decompress_chain(db, _base_chain(db, payload))


def _decompress_chain(db: Database, chain: Sequence[_Row]) -> bytes:
    """The first of a chain, by way of all others."""
    body = b""
    for row in reversed(chain):
        try:
            body = decompress(_stored_body(db, row), row.size, _dictionary_for(db, row, body))
        except ValueError as error:
            raise _damaged(chain[0].id, row.id, f"cannot be unpacked: {error}") from error
        if digest_of(body) != row.digest:
            raise _damaged(chain[0].id, row.id, "is not what was stored: its digest differs")
    return body


def _stored_body(db: Database, row: _Row) -> bytes:
    """Return a body as stored. One of a chain is read at a time: together they can be large."""
    (body,) = db.execute("SELECT body FROM payloads WHERE id = ?", [row.id]).fetchone()
    return bytes(body)


def _dictionary_for(db: Database, row: _Row, base: bytes) -> OptionalDictionary:
    """What it takes to unpack a row. Raises ``ValueError`` if that is not there."""
    if row.encoding == ZSTD_BASE and row.base is not None:
        return base_dictionary(base)
    if row.encoding == ZSTD_DICTIONARY and row.base is None:
        return dictionaries.for_decompression(db, row.id)
    if row.encoding != ZSTD or row.base is not None:
        raise ValueError(f"its encoding is {row.encoding!r}, its base {row.base}")
    return None


def _base_chain(db: Database, payload: int) -> list[_Row]:
    """A payload, its base, the base of that, and so on. Raises :exc:`DamagedArchive` if they do not end."""
    rows: list[_Row] = []
    needed: int | None = payload
    while needed is not None:
        if rows and needed >= rows[-1].id:
            raise _damaged(payload, rows[-1].id, f"is to be unpacked with payload {needed}, a later one")
        if len(rows) > MAX_BASES:
            raise _damaged(payload, payload, f"needs more than {MAX_BASES} others to be unpacked")
        found = db.execute(_ROW_QUERY, [needed]).fetchone()
        if found is None:
            raise _damaged(payload, needed, "is not there")
        *row, fault = found
        if fault:
            raise _damaged(payload, needed, fault)
        rows.append(_Row._make(row))
        needed = rows[-1].base
    return rows


# What no packed page exceeds: zstd adds some bytes to a page that it cannot make smaller.
MAX_PAGE_BYTES = 16 * 2**20  # bytes, of pages that were refused too
MAX_COMPRESSED_BYTES = MAX_PAGE_BYTES + 2**17
_ROW_QUERY = f"""
SELECT id, digest, size, encoding, base_id, CASE
  WHEN typeof(digest) <> 'text' OR typeof(encoding) <> 'text'
    THEN 'has a digest or an encoding that is not text'
  WHEN typeof(base_id) NOT IN ('integer', 'null') THEN 'has a base that is not a number'
  WHEN typeof(body) <> 'blob' THEN 'has a body that is not bytes'
  WHEN typeof(size) <> 'integer' OR size > {MAX_PAGE_BYTES} OR length(body) > {MAX_COMPRESSED_BYTES}
    THEN 'is larger than any page'
END FROM payloads WHERE id = ?
"""  # noqa: S608 - ours


def _damaged(asked: int, culprit: int, problem: str) -> DamagedArchive:
    where = f"payload {asked}" if asked == culprit else f"payload {asked} needs payload {culprit}, which"
    return DamagedArchive(f"{where} {problem}")


# -- Packing anew -------------------------------------------------------------------------------------


def replace(db: Database, payload: int, packed: CompressedPayload) -> None:
    """Store a payload's bytes in another form, within a transaction of the caller's that has read them.

    They are read back before it can end. Raises :exc:`DamagedArchive` if they are no longer the same.
    """
    db.execute(
        "UPDATE payloads SET (encoding, base_id, body, dictionary_id, level) = (?, ?, ?, ?, ?) WHERE id = ?",
        [packed.encoding, packed.base, packed.body, packed.dictionary, packed.level, payload],
    )
    load(db, payload)
