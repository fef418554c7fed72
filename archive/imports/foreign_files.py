"""Recognizes files that `import` cannot read, by their first bytes, to say what they are."""

from archive.paper import ROOT_TITLE, TITLE_MARK

EXPORTS = "`import` reads exports in jsonl, dump, warc and wacz, and folders of captures"
UNPACK = "unpack it first"
BINARY_FORMATS = {
    b"SQLite format 3\0": "an SQLite database; `taz-archive merge` reads archives",
    b"PK\x03\x04": f"a ZIP or EPUB file; {EXPORTS}",
    b"PAR1": f"a Parquet file; {EXPORTS}",
    b"\x1f\x8b": f"a gzip file; {UNPACK}",
    b"\x28\xb5\x2f\xfd": f"a zstd file; {UNPACK}",
    b"BZh": f"a bzip2 file; {UNPACK}",
    b"\xfd7zXZ\0": f"an xz file; {UNPACK}",
    b"%PDF-": "a PDF",
    b"\x89PNG\r\n": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
}
TEXT_FORMATS = {
    b"id,version,versions,": f"CSV; {EXPORTS}",  # our own export, whatever its name
    b"{": f"JSON; {EXPORTS}",
    b"[": f"JSON; {EXPORTS}",
    b"<?xml": f"XML; {EXPORTS}",
    b"<rss": f"an RSS feed; {EXPORTS}",
    b"<feed": f"an Atom feed; {EXPORTS}",
}
BY_SUFFIX = {".csv": f"CSV; {EXPORTS}", ".tsv": f"tab-separated values; {EXPORTS}"}
# Each page that resembles one of these formats contains one of these near its start.
PAGE_MARKS = TITLE_MARK.encode(), f"{ROOT_TITLE}\n".encode(), b"<html", b"<HTML"
BOM = b"\xef\xbb\xbf"


def format_of(head: bytes, suffix: str) -> str | None:
    """Return the format of a file that is not a page, and what to do with it; None if it may be a page.

    ``head`` is the beginning of the file, ``suffix`` that of its name, ``.csv``.
    """
    for magic, what in BINARY_FORMATS.items():
        if head.startswith(magic):
            return what
    if any(mark in head for mark in PAGE_MARKS):
        return None
    text = head.removeprefix(BOM).lstrip()
    found = (what for mark, what in TEXT_FORMATS.items() if text.startswith(mark))
    return next(found, BY_SUFFIX.get(suffix.lower()))
