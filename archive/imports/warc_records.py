"""The records of a WARC or ARC, as warcio reads them, within bounds of memory."""

from collections.abc import Iterator

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import DecompressingBufferedReader
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord, ArcWarcRecordLoader

from archive.imports.synthetic_captures import InvalidRecordError
from archive.imports.warc_files import TRUNCATED_FILE, Stream

MAX_HEADER_BYTES = 1 << 20  # bytes
LOADER = ArcWarcRecordLoader(verify_http=False)


class _BoundedReader(DecompressingBufferedReader):  # type: ignore[misc]  # warcio has no types
    """Read lines up to a bound in all between two pages: warcio reads headers line by line, however long."""

    header_size = 0
    is_cut = False

    def read(self, length: int | None = None) -> bytes:
        self.header_size = 0
        return bytes(super().read(length))

    def readline(self, length: int | None = None) -> bytes:
        room = MAX_HEADER_BYTES - self.header_size
        if room <= 0:
            raise ArchiveLoadFailed(f"a record's header is longer than {MAX_HEADER_BYTES >> 20} MiB")
        line = bytes(super().readline(min(length or room, room)))
        self.header_size += len(line)
        return line

    def close_decompressor(self) -> None:
        """Note whether the last member of a gzip file is whole, which warcio does not mind."""
        self.is_cut = self.decompressor is not None and not self.decompressor.eof
        super().close_decompressor()


def records(stream: Stream) -> Iterator[ArcWarcRecord]:
    """Yield the records in a stream, those of an ARC as if they were of a WARC.

    Raises :exc:`ArchiveLoadFailed` and what reading the stream raises.
    """
    found = ArchiveIterator(stream, no_record_parse=True, arc2warc=True)
    found.reader = reader = _BoundedReader(found.fh)
    for record in found:
        reader.header_size = 0
        yield record
    if reader.is_cut:
        raise EOFError(TRUNCATED_FILE)


def read_http_header(record: ArcWarcRecord, uri: str) -> None:
    """Read the HTTP header of a record, if it has one, so that what follows in its stream is the page."""
    try:
        record.http_headers = LOADER.load_http_headers(record.rec_type, uri, record.raw_stream, record.length)
    except EOFError as error:
        raise InvalidRecordError("its HTTP header is missing") from error
