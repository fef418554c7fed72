"""Page bytes, stored once by digest, packed: alone, with a dictionary, or as a patch against earlier ones.

A payload's ``base`` is always one that was stored before it, so bases never go round in a circle.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.store.payloads import dictionaries
from archive.store.payloads.compression import HASTE, Known, as_base, pack, unpack
from archive.store.payloads.compression import digest_of as digest_of  # noqa: PLC0414 - where it is looked for

CHAIN = 8  # patches upon patches; what follows is packed against the payload they begin with
MOST_BASES = 64  # to follow when reading; more than we ever write
ALONE, WITH_DICTIONARY, PATCH = "zstd", "zstd+dictionary", "zstd+base"  # encodings


class Packed(NamedTuple):
    """A payload's bytes as they are stored, and what it takes to read them."""

    body: bytes
    level: int
    base: int | None = None
    dictionary: int | None = None

    @property
    def encoding(self) -> str:
        if self.base is not None:
            return PATCH
        return ALONE if self.dictionary is None else WITH_DICTIONARY


def put(db: Database, body: bytes, *, like: Callable[[], int | None] = lambda: None) -> int:
    """Store ``body`` unless it is there already; its id.

    ``like`` tells of a payload with much the same bytes, if there is one; asked only if it is needed.
    """
    digest = digest_of(body)
    known = db.execute("SELECT id FROM payloads WHERE digest = ?", [digest]).fetchone()
    if known:
        return int(known[0])
    packed = smallest(db, body, HASTE, like())
    cursor = db.execute(
        "INSERT INTO payloads (digest, size, encoding, base, body, dictionary, level)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [digest, len(body), packed.encoding, packed.base, packed.body, packed.dictionary, packed.level],
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def smallest(db: Database, body: bytes, level: int, like: int | None) -> Packed:
    """``body`` packed with the latest dictionary, or against ``like``, whichever is less."""
    latest = dictionaries.latest(db)
    known = dictionaries.to_pack(db, latest, level) if latest else None
    whole = Packed(pack(body, level, known), level, dictionary=latest.id if latest and known else None)
    patch = None if like is None else _patch(db, body, level, like)
    return patch if patch and len(patch.body) < len(whole.body) else whole


def _patch(db: Database, body: bytes, level: int, like: int) -> Packed | None:
    """None if ``like`` cannot be read: who stores a page must not fail for a damaged one."""
    try:
        chain = _chain(db, like)
        if len(chain) > CHAIN:
            chain = chain[-1:]
        known = as_base(_unpacked(db, chain))
    except DamagedArchive:
        return None
    return Packed(pack(body, level, known), level, base=chain[0].id)


# -- Reading ------------------------------------------------------------------------------------------


class _Row(NamedTuple):
    """A payload as stored, without its body. 0.1.0 knew no dictionaries, and its archives are read too."""

    id: int
    digest: str
    size: int
    encoding: str
    base: int | None


def get(db: Database, payload: int) -> bytes:
    """The bytes as received. Raises :exc:`DamagedArchive` if they are not what was stored."""
    return _unpacked(db, _chain(db, payload))


def _unpacked(db: Database, chain: Sequence[_Row]) -> bytes:
    """The first of a chain, by way of all others."""
    body = b""
    for row in reversed(chain):
        try:
            body = unpack(_packed(db, row), row.size, _known(db, row, body))
        except ValueError as error:
            raise _damaged(chain[0].id, row.id, f"cannot be unpacked: {error}") from error
        if digest_of(body) != row.digest:
            raise _damaged(chain[0].id, row.id, "is not what was stored: its digest differs")
    return body


def _packed(db: Database, row: _Row) -> bytes:
    """Return a body as stored. One of a chain is read at a time: together they can be large."""
    (body,) = db.execute("SELECT body FROM payloads WHERE id = ?", [row.id]).fetchone()
    return bytes(body)


def _known(db: Database, row: _Row, base: bytes) -> Known:
    """What it takes to unpack a row. Raises ``ValueError`` if that is not there."""
    if row.encoding == PATCH and row.base is not None:
        return as_base(base)
    if row.encoding == WITH_DICTIONARY and row.base is None:
        return dictionaries.to_unpack(db, row.id)
    if row.encoding != ALONE or row.base is not None:
        raise ValueError(f"its encoding is {row.encoding!r}, its base {row.base}")
    return None


def _chain(db: Database, payload: int) -> list[_Row]:
    """A payload, its base, the base of that, and so on. Raises :exc:`DamagedArchive` if they do not end."""
    rows: list[_Row] = []
    needed: int | None = payload
    while needed is not None:
        if rows and needed >= rows[-1].id:
            raise _damaged(payload, rows[-1].id, f"is to be unpacked with payload {needed}, a later one")
        if len(rows) > MOST_BASES:
            raise _damaged(payload, payload, f"needs more than {MOST_BASES} others to be unpacked")
        found = db.execute(ROW, [needed]).fetchone()
        if found is None:
            raise _damaged(payload, needed, "is not there")
        *row, fault = found
        if fault:
            raise _damaged(payload, needed, fault)
        rows.append(_Row._make(row))
        needed = rows[-1].base
    return rows


# What no packed page exceeds: zstd adds some bytes to a page that it cannot make smaller.
MOST_STORED = 16 * 2**20  # bytes, of pages that were refused too
MOST_PACKED = MOST_STORED + 2**17
ROW = f"""
SELECT id, digest, size, encoding, base, CASE
  WHEN typeof(digest) <> 'text' OR typeof(encoding) <> 'text'
    THEN 'has a digest or an encoding that is not text'
  WHEN typeof(base) NOT IN ('integer', 'null') THEN 'has a base that is not a number'
  WHEN typeof(body) <> 'blob' THEN 'has a body that is not bytes'
  WHEN typeof(size) <> 'integer' OR size > {MOST_STORED} OR length(body) > {MOST_PACKED}
    THEN 'is larger than any page'
END FROM payloads WHERE id = ?
"""  # noqa: S608 - ours


def _damaged(asked: int, culprit: int, problem: str) -> DamagedArchive:
    where = f"payload {asked}" if asked == culprit else f"payload {asked} needs payload {culprit}, which"
    return DamagedArchive(f"{where} {problem}")


# -- Packing anew -------------------------------------------------------------------------------------


def replace(db: Database, payload: int, packed: Packed) -> None:
    """Store a payload's bytes in another form, within a transaction of the caller's that has read them.

    They are read back before it can end. Raises :exc:`DamagedArchive` if they are no longer the same.
    """
    db.execute(
        "UPDATE payloads SET (encoding, base, body, dictionary, level) = (?, ?, ?, ?, ?) WHERE id = ?",
        [packed.encoding, packed.base, packed.body, packed.dictionary, packed.level, payload],
    )
    get(db, payload)
