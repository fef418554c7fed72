"""Bytes packed with zstd: alone, with a dictionary trained on other pages, or as a patch against one.

A patch is what zstd makes of a page whose dictionary is an earlier page, as it is (RFC 8878, section 6.1,
"raw content"); so is what ``zstd --patch-from`` writes.
"""

from collections.abc import Sequence
from hashlib import sha256

import zstandard
from zstandard import DICT_TYPE_FULLDICT, DICT_TYPE_RAWCONTENT, ZstdCompressionDict, ZstdError

FAST_LEVEL, BEST_LEVEL = 3, 19  # zstd's levels: 0.05 ms and 3 ms a page
LARGE_PAGE_BYTES, LARGE_PAGE_LEVEL = 2**20, 9  # bytes, from which level 19 would take seconds
MAX_DECOMPRESSED_BYTES = 2**30  # bytes; SQLite holds no more in a row
OptionalDictionary = ZstdCompressionDict | None  # what both sides know before


def digest_of(body: bytes) -> str:
    """``sha256:…``, as WARC writes digests."""
    return f"sha256:{sha256(body).hexdigest()}"


def trained_dictionary(body: bytes, *, level: int = 0) -> ZstdCompressionDict:
    """A trained dictionary, made ready to pack pages at ``level``. Raises ``ValueError`` if it is none."""
    try:
        dictionary = ZstdCompressionDict(body, dict_type=DICT_TYPE_FULLDICT)
        if level:
            dictionary.precompute_compress(level=level)
    except ZstdError as error:
        raise ValueError(str(error)) from error
    return dictionary


def base_dictionary(body: bytes) -> ZstdCompressionDict:
    """A page that another is to be packed against."""
    return ZstdCompressionDict(body, dict_type=DICT_TYPE_RAWCONTENT)


def compress(body: bytes, level: int, known: OptionalDictionary = None) -> bytes:
    """``body``, smaller; :func:`decompress` needs the same ``known``."""
    # The dictionary's number would be four bytes in each row, which has a column for it.
    packer = zstandard.ZstdCompressor(level=level, dict_data=known, write_dict_id=False)
    return packer.compress(body)


def decompress(packed: bytes, size: int, known: OptionalDictionary = None) -> bytes:
    """The ``size`` bytes that were packed. Raises ``ValueError`` if there are not so many, or more.

    Never takes more memory than that, whatever the packed bytes say of themselves.
    """
    if not 0 <= size <= MAX_DECOMPRESSED_BYTES:
        raise ValueError(f"expected at most {MAX_DECOMPRESSED_BYTES:,} bytes, found {size:,}")
    try:
        told = zstandard.get_frame_parameters(packed).content_size
        if told not in (size, zstandard.CONTENTSIZE_UNKNOWN):
            raise ValueError(f"expected {size:,} bytes, found {told:,}")
        unpacker = zstandard.ZstdDecompressor(dict_data=known)
        body = unpacker.decompress(packed, max_output_size=size, allow_extra_data=False) if size else b""
    except ZstdError as error:
        raise ValueError(str(error)) from error
    if len(body) != size:
        raise ValueError(f"expected {size:,} bytes, found {len(body):,}")
    return body


def best_level(body: bytes) -> int:
    """The level to pack ``body`` at when there is time."""
    return BEST_LEVEL if len(body) < LARGE_PAGE_BYTES else LARGE_PAGE_LEVEL


def train_dictionary(pages: Sequence[bytes], size: int) -> bytes | None:
    """A dictionary of at most ``size`` bytes; None where the pages have too little in common for one."""
    try:
        return zstandard.train_dictionary(size, list(pages)).as_bytes()
    except ZstdError:
        return None
