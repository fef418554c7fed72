"""Bytes packed with zstd: alone, with a dictionary trained on other pages, or as a patch against one.

A patch is what zstd makes of a page whose dictionary is an earlier page, as it is (RFC 8878, section 6.1,
"raw content"); so is what ``zstd --patch-from`` writes.
"""

from collections.abc import Sequence
from hashlib import sha256

import zstandard
from zstandard import DICT_TYPE_FULLDICT, DICT_TYPE_RAWCONTENT, ZstdCompressionDict, ZstdError

HASTE, LEISURE = 3, 19  # zstd's levels: 0.05 ms and 3 ms a page
HUGE, FOR_HUGE = 2**20, 9  # bytes, from which level 19 would take seconds
LARGEST = 2**30  # bytes; SQLite holds no more in a row
Known = ZstdCompressionDict | None  # what both sides know before


def digest_of(body: bytes) -> str:
    """``sha256:…``, as WARC writes digests."""
    return f"sha256:{sha256(body).hexdigest()}"


def as_dictionary(body: bytes, *, level: int = 0) -> ZstdCompressionDict:
    """A trained dictionary, made ready to pack pages at ``level``. Raises ``ValueError`` if it is none."""
    try:
        dictionary = ZstdCompressionDict(body, dict_type=DICT_TYPE_FULLDICT)
        if level:
            dictionary.precompute_compress(level=level)
    except ZstdError as error:
        raise ValueError(str(error)) from error
    return dictionary


def as_base(body: bytes) -> ZstdCompressionDict:
    """A page that another is to be packed against."""
    return ZstdCompressionDict(body, dict_type=DICT_TYPE_RAWCONTENT)


def pack(body: bytes, level: int, known: Known = None) -> bytes:
    """``body``, smaller; :func:`unpack` needs the same ``known``."""
    # The dictionary's number would be four bytes in each row, which has a column for it.
    packer = zstandard.ZstdCompressor(level=level, dict_data=known, write_dict_id=False)
    return packer.compress(body)


def unpack(packed: bytes, size: int, known: Known = None) -> bytes:
    """The ``size`` bytes that were packed. Raises ``ValueError`` if there are not so many, or more.

    Never takes more memory than that, whatever the packed bytes say of themselves.
    """
    if not 0 <= size <= LARGEST:
        raise ValueError(f"expected at most {LARGEST:,} bytes, found {size:,}")
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


def leisurely(body: bytes) -> int:
    """The level to pack ``body`` at when there is time."""
    return LEISURE if len(body) < HUGE else FOR_HUGE


def train(pages: Sequence[bytes], size: int) -> bytes | None:
    """A dictionary of at most ``size`` bytes; None where the pages have too little in common for one."""
    try:
        return zstandard.train_dictionary(size, list(pages)).as_bytes()
    except ZstdError:
        return None
