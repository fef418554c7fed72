"""Compression with zstd: without a dictionary, with a trained one, or as a delta against an earlier page.

A delta uses the earlier page as a "raw content" dictionary (RFC 8878, section 6.1), as
``zstd --patch-from`` does.
"""

import re
from collections.abc import Sequence
from hashlib import sha256

import zstandard
from zstandard import DICT_TYPE_FULLDICT, DICT_TYPE_RAWCONTENT, ZstdCompressionDict, ZstdError

FAST_LEVEL, BEST_LEVEL = 3, 19  # zstd levels: 0.05 ms and 3 ms per page
LARGE_PAGE_BYTES, LARGE_PAGE_LEVEL = 2**20, 9  # level 19 would take seconds per page
MAX_DECOMPRESSED_BYTES = 2**30  # SQLite's default limit of a row
OptionalDictionary = ZstdCompressionDict | None
_WRITTEN_DIGEST = re.compile("sha256:([0-9A-Fa-f]{64})")


def digest_of(body: bytes) -> bytes:
    """Return the SHA-256 digest of ``body``: 32 bytes, as stored."""
    return sha256(body).digest()


def format_digest(digest: bytes) -> str:
    """Return a digest as WARC writes it: ``sha256:`` and 64 hexadecimal digits."""
    return f"sha256:{digest.hex()}"


def parse_digest(text: str) -> bytes | None:
    """Return the digest that :func:`format_digest` wrote; None for any other text."""
    found = _WRITTEN_DIGEST.fullmatch(text)
    return bytes.fromhex(found[1]) if found else None


def trained_dictionary(body: bytes, *, level: int = 0) -> ZstdCompressionDict:
    """Load a trained dictionary, prepared for ``level``. Raises ``ValueError`` unless it is one."""
    try:
        dictionary = ZstdCompressionDict(body, dict_type=DICT_TYPE_FULLDICT)
        if level:
            dictionary.precompute_compress(level=level)
    except ZstdError as error:
        raise ValueError(str(error)) from error
    return dictionary


def base_dictionary(body: bytes) -> ZstdCompressionDict:
    """Return a page as a dictionary for its delta."""
    return ZstdCompressionDict(body, dict_type=DICT_TYPE_RAWCONTENT)


def compressor(level: int, dictionary: OptionalDictionary = None) -> zstandard.ZstdCompressor:
    """Return a compressor for any number of pages; to prepare one takes as long as to use it."""
    # Without the dictionary's id, which would take four bytes per row: a column holds it.
    return zstandard.ZstdCompressor(level=level, dict_data=dictionary, write_dict_id=False)


def compress(body: bytes, level: int, dictionary: OptionalDictionary = None) -> bytes:
    """Compress ``body``; :func:`decompress` needs the same ``dictionary``."""
    return compressor(level, dictionary).compress(body)


def decompress(compressed: bytes, size: int, dictionary: OptionalDictionary = None) -> bytes:
    """Return the original ``size`` bytes. Raises ``ValueError`` if the result has another size.

    Allocates no more than ``size`` bytes, whatever the frame header claims.
    """
    if not 0 <= size <= MAX_DECOMPRESSED_BYTES:
        raise ValueError(f"expected at most {MAX_DECOMPRESSED_BYTES:,} bytes, found {size:,}")
    try:
        declared = zstandard.get_frame_parameters(compressed).content_size
        if declared not in (size, zstandard.CONTENTSIZE_UNKNOWN):
            raise ValueError(f"expected {size:,} bytes, found {declared:,}")
        decompressor = zstandard.ZstdDecompressor(dict_data=dictionary)
        body = (
            decompressor.decompress(compressed, max_output_size=size, allow_extra_data=False) if size else b""
        )
    except ZstdError as error:
        raise ValueError(str(error)) from error
    if len(body) != size:
        raise ValueError(f"expected {size:,} bytes, found {len(body):,}")
    return body


def best_level(body: bytes) -> int:
    """Return the level at which compaction compresses ``body``."""
    return BEST_LEVEL if len(body) < LARGE_PAGE_BYTES else LARGE_PAGE_LEVEL


def train_dictionary(pages: Sequence[bytes], size: int) -> bytes | None:
    """Train a dictionary of at most ``size`` bytes. Returns None if the pages have too little in common."""
    try:
        return zstandard.train_dictionary(size, list(pages)).as_bytes()
    except ZstdError:
        return None
