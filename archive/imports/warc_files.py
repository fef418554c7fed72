"""Opens the streams of records in a file: a WARC or ARC, plain, gzip or zstd, or the WARCs of a WACZ.

Gzip is decompressed by the reader of records, since each record is a separate member.
"""

import re
import zlib
from collections.abc import Iterator
from gzip import GzipFile
from io import BytesIO
from pathlib import Path
from typing import IO, Protocol
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import zstandard

from archive.imports.synthetic_captures import InvalidRecordError
from archive.renditions.charset import MAX_PAGE_BYTES

GZIP, ZIP, ZSTD = b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd"
# A frame that holds the dictionary for all others. https://iipc.github.io/warc-specifications/specifications/warc-zstd/
DICTIONARY_FRAME = b"\x5d\x2a\x4d\x18"
CONTAINERS = GZIP, ZIP, ZSTD, DICTIONARY_FRAME  # how files begin that may hold WARC and ARC files
RECORDS = b"WARC/", b"filedesc://"  # how WARC and ARC files begin
PACKED_WARC = re.compile(r"archive/.+\.warc(?:\.gz|\.zst)?")  # https://specs.webrecorder.net/wacz/1.1.1/
FILE_NAMES = re.compile(r".+\.(?:w?arc(?:\.gz|\.zst)?|wacz)")
TRUNCATED_FILE = "the file ends within a record"
CHUNK_BYTES = 512  # bytes unpacked at once: zstd makes up to 16 MiB of them
ENCRYPTED = 0x1  # a flag of a file in a ZIP file
# What reading a stream may raise where its file is damaged; zipfile raises ValueError for impossible offsets.
DAMAGE_ERRORS = (EOFError, ValueError, NotImplementedError, zlib.error, BadZipFile, zstandard.ZstdError)


class Stream(Protocol):
    """A stream that is read sequentially."""

    def read(self, size: int = -1, /) -> bytes: ...


def holds_records(file: Path, head: bytes) -> bool:
    """Return whether a file is a WARC, ARC or WACZ; for a damaged file, judge by its name.

    ``head`` are its first bytes.
    """
    if not head.startswith((*RECORDS, *CONTAINERS)):
        return False
    try:
        with file.open("rb") as opened:
            if _begins_with(opened, ZIP):
                return bool(_warcs_in(ZipFile(opened)))
            stream: Stream = GzipFile(fileobj=opened) if _begins_with(opened, GZIP) else _without_zstd(opened)
            return stream.read(max(map(len, RECORDS))).startswith(RECORDS)
    except OSError:
        return False
    except (InvalidRecordError, *DAMAGE_ERRORS):
        return bool(FILE_NAMES.fullmatch(file.name))


def streams(file: Path) -> Iterator[Stream]:
    """Yield the streams of records in a file, each to be read before the next is asked for.

    It and reading raise :exc:`InvalidRecordError`, :exc:`OSError` and :data:`DAMAGE_ERRORS`.
    """
    with file.open("rb") as opened:
        if not _begins_with(opened, ZIP):
            yield _without_zstd(opened)
            return
        with ZipFile(opened) as pack:
            for info in _warcs_in(pack):
                with pack.open(info) as member:
                    yield _without_zstd(member)


def _begins_with(stream: IO[bytes], *marks: bytes) -> bool:
    head = stream.read(max(map(len, marks)))
    stream.seek(0)
    return head.startswith(marks)


def _warcs_in(pack: ZipFile) -> list[ZipInfo]:
    """Return the WARCs in a ZIP file."""
    found = [info for info in pack.infolist() if PACKED_WARC.fullmatch(info.filename)]
    for info in found:
        if info.flag_bits & ENCRYPTED or info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise InvalidRecordError(
                f"{info.filename} is compressed or encrypted in a way that WACZ does not allow"
            )
    return found


def _without_zstd(stream: IO[bytes]) -> Stream:
    if not _begins_with(stream, ZSTD, DICTIONARY_FRAME):
        return stream
    return _Chunked(_unpacked(stream, zstandard.ZstdDecompressor(dict_data=_dictionary(stream))))


def _unpacked(stream: IO[bytes], unpacker: zstandard.ZstdDecompressor) -> Iterator[bytes]:
    """Yield what is in the frames of a stream; zstandard's own reader does not notice one that is cut off."""
    packed, frame = b"", None
    while packed := packed or stream.read(CHUNK_BYTES):
        frame = frame or unpacker.decompressobj()
        yield frame.decompress(packed)
        packed, frame = (frame.unused_data, None) if frame.eof else (b"", frame)
    if frame:
        raise EOFError(TRUNCATED_FILE)


class _Chunked:
    """A stream made of chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._chunk = BytesIO()

    def read(self, size: int = -1, /) -> bytes:
        """Return at most that many bytes, none at the end."""
        while not (part := self._chunk.read(size)):
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._chunk = BytesIO(chunk)
        return part


def _dictionary(stream: IO[bytes]) -> zstandard.ZstdCompressionDict | None:
    """Return the dictionary at the beginning of a stream, if one is there, and go on to what follows it."""
    if not _begins_with(stream, DICTIONARY_FRAME):
        return None
    stream.read(len(DICTIONARY_FRAME))
    size = int.from_bytes(stream.read(4), "little")
    if size > MAX_PAGE_BYTES:
        raise InvalidRecordError(f"expected a zstd dictionary of at most {MAX_PAGE_BYTES >> 20} MiB")
    raw = stream.read(size)
    if raw.startswith(ZSTD):
        raw = zstandard.ZstdDecompressor().stream_reader(raw).read(MAX_PAGE_BYTES)
    return zstandard.ZstdCompressionDict(raw)
