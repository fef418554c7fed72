"""Page bytes, stored once by digest, compressed."""

from hashlib import sha256

import zstandard
from sqlite_utils import Database

from archive.errors import DamagedArchive

LEVEL = 3  # fast while crawling


def digest_of(body: bytes) -> str:
    """``sha256:…``, as WARC writes digests."""
    return f"sha256:{sha256(body).hexdigest()}"


def put(db: Database, body: bytes) -> int:
    """Store ``body`` unless it is there already; its id."""
    digest = digest_of(body)
    known = db.execute("SELECT id FROM payloads WHERE digest = ?", [digest]).fetchone()
    if known:
        return int(known[0])
    packed = zstandard.ZstdCompressor(level=LEVEL).compress(body)
    cursor = db.execute(
        "INSERT INTO payloads (digest, size, encoding, body) VALUES (?, ?, 'zstd', ?)",
        [digest, len(body), packed],
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def get(db: Database, payload: int) -> bytes:
    """The bytes as received. Raises :exc:`DamagedArchive` if they are not what was stored."""
    row = db.execute("SELECT digest, size, body FROM payloads WHERE id = ?", [payload]).fetchone()
    digest, size, packed = row
    try:
        body = zstandard.ZstdDecompressor().decompress(packed, max_output_size=size)
    except zstandard.ZstdError as error:
        raise DamagedArchive(f"payload {payload} cannot be unpacked: {error}") from error
    if digest_of(body) != digest:
        raise DamagedArchive(f"payload {payload} is not what was stored: its digest differs")
    return body
