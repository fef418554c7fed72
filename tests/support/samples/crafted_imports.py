"""Files crafted to crash or hang ``import``, or to exhaust its memory."""

import gzip
import json
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from zlib import crc32

import zstandard

from archive.renditions.charset import MAX_PAGE_BYTES

Craft = bytes | Callable[[Path], object]
"""The bytes of a file, or a function that writes it. ``kind: name`` names the file; other kinds: a folder."""

MIB = 2**20
PAGE = MAX_PAGE_BYTES - 2**10  # bytes that fit into a page with something around them
DATE = b"2025-01-01T00:00:00Z"
TEXT = b"# taz.de -- Murr: Ein Fluss\n\nDas Wasser steigt.\n\n1 Jan 2025\n"
ROWS = b"".join(b"i%s\t\t\t70\r\n" % line for line in TEXT.splitlines()) + b".\r\n"
ESC = "\x1b]0;x\x07\x1b[31m\x9b2J"


def craft(folder: Path, kind: str) -> Path:
    """Write the files of a kind into a new folder and return the folder."""
    folder.mkdir()
    _, _, name = kind.partition(": ")
    how = CRAFTED[kind]
    if callable(how):
        how(folder / name)
    else:
        (folder / name).write_bytes(how)
    return folder


def made(make: Callable[[], bytes]) -> Craft:
    """Bytes that take a while to generate."""
    return lambda path: path.write_bytes(make())


# -- WARC and ARC -----------------------------------------------------------------------------------------


def warc(
    body: bytes = ROWS,
    *,
    kind: bytes = b"resource",
    uri: bytes = b"gopher://taz.de/1/!6999001",
    date: bytes = DATE,
    length: bytes | None = None,
    more: bytes = b"",
) -> bytes:
    """Return a WARC of one record; ``more`` are lines of its header."""
    size = b"%d" % len(body) if length is None else length
    return (
        b"WARC/1.1\r\nWARC-Type: %b\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Target-URI: %b\r\n"
        b"WARC-Date: %b\r\nContent-Type: text/plain\r\nContent-Length: %b\r\n%b\r\n%b\r\n\r\n"
    ) % (kind, uri, date, size, more, body)


def http(header: bytes, body: bytes, **fields: bytes) -> bytes:
    """Return a WARC of a gateway's answer."""
    uri = b"https://gopher.mills.io/taz.de/1/%216999002"
    return warc(b"HTTP/1.1 200 OK\r\n" + header + b"\r\n\r\n" + body, kind=b"response", uri=uri, **fields)


OWN = {
    "source": "gopher",
    "url": "gopher://taz.de/1/!6999001",
    "page": ["article", 6999001],
    "rendition": "gopher",
}


def own(said: object = None, body: bytes = ROWS, date: bytes = DATE, **changes: object) -> bytes:
    """Return a record as our export writes it, with other values in some fields."""
    field = said if isinstance(said, bytes) else json.dumps(OWN | changes).encode()
    return warc(body, date=date, more=b"Taz-Archive-Capture: %b\r\n" % field)


def swelling(head: bytes, size: int, pack: str = "gzip") -> Craft:
    """Return a few kB that unpack to ``head`` and ``mib`` MiB of one letter."""

    def write(path: Path) -> None:
        chunk = b"a" * MIB
        with path.open("wb") as file:
            packer = (
                gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1)
                if pack == "gzip"
                else zstandard.ZstdCompressor(level=1).stream_writer(file)
            )
            with packer:
                packer.write(head)
                for _ in range(size):
                    packer.write(chunk)

    return write


def sparse(head: bytes, size: int) -> Craft:
    """Write a sparse file of ``head`` and ``mib`` MiB of zeros."""

    def write(path: Path) -> None:
        with path.open("wb") as file:
            file.write(head)
            file.truncate(size * MIB)

    return write


def zstd(data: bytes, **settings: int) -> bytes:
    parameters = zstandard.ZstdCompressionParameters(**settings)
    return zstandard.ZstdCompressor(compression_params=parameters).compress(data)


def dictionary_frame(body: bytes, size: int | None = None) -> bytes:
    return b"\x5d\x2a\x4d\x18" + (len(body) if size is None else size).to_bytes(4, "little") + body


HEAD = b"WARC/1.1\r\nWARC-Type: resource\r\nWARC-Target-URI: gopher://taz.de/1/!6999001\r\nWARC-Date: " + DATE
ARC = (
    b"filedesc://x.arc 0.0.0.0 20250101000000 text/plain 69\n"
    b"1 0 x\nURL IP-address Archive-date Content-type Archive-length\n\n"
)
WARCS: dict[str, Craft] = {
    "a header line of 1 GiB: x.warc": sparse(b"WARC/1.1\r\nX: ", 1024),
    "a header line that swells: x.warc.gz": swelling(b"WARC/1.1\r\nX: ", 512),
    "a header line that swells, zstd: x.warc.zst": swelling(b"WARC/1.1\r\nX: ", 512, "zstd"),
    "a header of a million lines: x.warc.gz": made(
        lambda: gzip.compress(b"WARC/1.1\r\n" + b"X: a\r\n" * 1_000_000, 1)
    ),
    "a million empty headers: x.warc": made(lambda: b"WARC/1.0\r\n\r\n" * 100_000),
    "a body that swells: x.warc.gz": swelling(HEAD + b"\r\nContent-Length: 9999999999\r\n\r\n", 512),
    "a gzip name of 60 MiB: x.warc.gz": sparse(b"\x1f\x8b\x08\x08\0\0\0\0\0\x03n", 1),
    "gzip within gzip: x.warc.gz": gzip.compress(gzip.compress(warc())),
    "a length too short: x.warc": warc(length=b"1"),
    "a length too long: x.warc": warc(length=b"999999"),
    "a negative length: x.warc": warc(length=b"-5"),
    "a length of 40 digits: x.warc": warc(length=b"9" * 40),
    "a length of 5,000 digits: x.warc": warc(length=b"9" * 5000),
    "a length that is text: x.warc": warc(length=b"abc"),
    "a length of other digits: x.warc": warc(length="٣".encode()),
    "no length: x.warc": HEAD + b"\r\n\r\nabc\r\n\r\n",
    "no date: x.warc": warc(date=b""),
    "the year 9998: x.warc": own(date=b"9998-01-01T00:00:00Z"),
    "the year 1, fourteen hours ahead: x.warc": own(date=b"0001-01-01T00:00:00+14:00"),
    "a URI that is half an address: x.warc": warc(uri=b"gopher://[taz.de/1/!6999001"),
    "a URI of 200 kB: x.warc": warc(uri=b"https://taz.de/" + b"a" * 200_000 + b"/!6999001"),
    "a URI with controls: x.warc": warc(uri=f"https://taz.de/{ESC}/!6999001".encode()),
    "a chunk of impossible size: x.warc": http(
        b"Transfer-Encoding: chunked", b"F" * 20 + b"\r\nabc\r\n0\r\n\r\n"
    ),
    "a chunk of negative size: x.warc": http(b"Transfer-Encoding: chunked", b"-5\r\nabc\r\n0\r\n\r\n"),
    "HTTP's gzip that swells: x.warc": made(
        lambda: http(b"Content-Encoding: gzip", gzip.compress(bytes(64 * MIB), 9))
    ),
    "HTTP's gzip of noise: x.warc": http(b"Content-Encoding: gzip", b"\x1f\x8bnone"),
    "HTTP's brotli of noise: x.warc": http(b"Content-Encoding: br", b"none"),
    "an HTTP header of 1 GiB: x.warc": sparse(
        HEAD.replace(b"resource", b"response")
        + b"\r\nContent-Length: 1073740000\r\n\r\nHTTP/1.1 200 OK\r\nX: ",
        1024,
    ),
    "noise for HTTP: x.warc": warc(b"\0" * 100, kind=b"response", uri=b"https://taz.de/!6999001"),
    "a revisit of itself: x.warc": warc(
        b"", kind=b"revisit", more=b"WARC-Payload-Digest: sha256:%b\r\n" % (b"0" * 64)
    ),
    "a digest of no algorithm: x.warc": warc(b"", kind=b"revisit", more=b"WARC-Payload-Digest: ::\xff\r\n"),
    "a record of no type: x.warc": warc(kind=b""),
    "only half a record: x.warc": warc()[:150],
    "a cut gzip: x.warc.gz": gzip.compress(warc())[:-20],
    "zstd with a window of 2 GiB: x.warc.zst": zstd(warc(), window_log=31),
    "zstd cut off: x.warc.zst": zstd(warc())[:-3],
    "a dictionary of 4 GiB: x.warc.zst": dictionary_frame(b"x", 2**32 - 1) + zstd(warc()),
    "a dictionary that swells: x.warc.zst": made(
        lambda: dictionary_frame(zstd(bytes(64 * MIB))) + zstd(warc())
    ),
    "noise for a dictionary: x.warc.zst": dictionary_frame(b"\x37\xa4\x30\xec" + b"\xff" * 50) + zstd(warc()),
    "an ARC of odd lengths: x.arc": ARC
    + b"gopher://taz.de/1/!6999001 0.0.0.0 20250101000000 text/plain -7\nabc\n",
    "an ARC of the year 9999: x.arc": ARC
    + b"gopher://taz.de/1/!6999001 0 99991231000000 text/plain 3\nabc\n",
    "an ARC without columns: x.arc": b"filedesc://x.arc\n" * 1000,
    "an ARC line of 64 MiB: x.arc": sparse(b"filedesc://x", 64),
}
OWNS: dict[str, Craft] = {
    f"our own, {name}: x.warc": own(**fields)  # type: ignore[arg-type]  # of all types on purpose
    for name, fields in {
        "half an address": {"url": "gopher://[broken/1/!6999001"},
        "an impossible port": {"url": "gopher://h:999999999/1"},
        "a list for a url": {"url": ["x"]},
        "a script for a url": {"url": "javascript:alert(1)"},
        "a url of 5 MB": {"url": "gopher://x/" + "a" * 5_000_000},
        "a url with controls": {"url": f"gopher://x/{ESC}\n"},
        "a url with a NUL": {"url": "gopher://x/\0a"},
        "half a surrogate": {"url": "gopher://x/\ud800"},
        "a source with controls": {"source": ESC},
        "an object for a source": {"source": {}},
        "an empty source": {"source": ""},
        "a rendition that there is not": {"rendition": "nosuch"},
        "a list for a rendition": {"rendition": [1]},
        "an outcome that there is not": {"outcome": "evil"},
        "a kind that there is not": {"page": ["evil", 3]},
        "three things for a page": {"page": [1, 2, 3]},
        "text for a page": {"page": "xy"},
        "a number between numbers": {"page": ["article", 1.5]},
        "a number of 30 digits": {"page": ["article", 10**30]},
        "a negative number": {"page": ["article", -3]},
        "no finite number": {"page": ["article", float("inf")]},
        "true for a number": {"page": ["article", True]},
        "the number 0": {"page": ["article", 0]},
        "the first number that is too large": {"page": ["article", 10**11]},
        "a root with a number": {"page": ["root", 7]},
        "a topic that is an article": {"page": ["topic", 6999001]},
    }.items()
}
OWNS |= {
    "our own, deep JSON: x.warc": made(lambda: own(b"[" * 100_000 + b"]" * 100_000)),
    "our own, broken JSON: x.warc": own(b"{"),
    "our own, absent without bytes in 9998: x.warc": own(
        body=b"", date=b"9998-01-01T00:00:00Z", outcome="absent"
    ),
    "our own, read without bytes: x.warc": own(body=b"", outcome="ok"),
}

# -- WACZ, and other packs --------------------------------------------------------------------------------


def packed(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", compression) as pack:
        for name, body in files.items():
            pack.writestr(name, body)
    return made.getvalue()


def overlapping() -> bytes:
    """Write a WACZ whose directory names one WARC a thousand times."""
    whole = packed({"archive/x.warc": warc(b"x" * MIB)})
    begin = whole.index(b"PK\x01\x02")
    end = whole.index(b"PK\x05\x06")
    entry, tail = whole[begin:end] * 1000, bytearray(whole[end:])
    tail[8:12] = (1000).to_bytes(2, "little") * 2
    tail[12:16] = len(entry).to_bytes(4, "little")
    return whole[:begin] + entry + bytes(tail)


def tar() -> bytes:
    made = BytesIO()
    with tarfile.open(fileobj=made, mode="w") as pack:
        info = tarfile.TarInfo("../../!6999001.txt")
        info.size = len(TEXT)
        pack.addfile(info, BytesIO(TEXT))
    return made.getvalue()


WACZ = packed({"archive/x.warc": warc()})
PACKS: dict[str, Craft] = {
    "noise for a zip: x.wacz": b"PK\x03\x04" + b"x" * 100,
    "a wacz cut off: x.wacz": WACZ[:-30],
    "a wacz of damaged bytes: x.wacz": WACZ.replace(WACZ[60:80], b"\xff" * 20),
    "a wacz that swells: x.wacz": made(
        lambda: packed({"archive/x.warc": HEAD + b"\r\nContent-Length: 67108864\r\n\r\n" + bytes(64 * MIB)})
    ),
    "a wacz of one warc a thousand times: x.wacz": made(overlapping),
    "a wacz of 20,000 files: x.wacz": made(
        lambda: packed({f"archive/{n}.warc": b"" for n in range(20_000)}, zipfile.ZIP_STORED)
    ),
    "a wacz of names that lead out: x.wacz": packed(
        {"archive/../../x.warc": warc(), f"archive/{ESC}.warc": warc()}
    ),
    "a wacz within a wacz: x.wacz": packed({"archive/x.warc": WACZ}),
    "a wacz packed with lzma: x.wacz": packed({"archive/x.warc": warc()}, zipfile.ZIP_LZMA),
    "a tar of names that lead out: x.tar": tar(),
    "noise for parquet: x.parquet": b"PAR1" + b"x" * 100,
    "an SQLite header: !6999001.txt": b"SQLite format 3\0" + b"\0" * 84,
}

# -- JSON lines -------------------------------------------------------------------------------------------

LINE = {
    "id": 6999100,
    "version": 1,
    "first_seen": "2025-01-01T00:00:00.000Z",
    "last_seen": "2025-01-01T00:00:00.000Z",
    "title": "T",
    "text": "Text",
}


def line(**changes: object) -> bytes:
    return json.dumps(LINE | changes, separators=(",", ":")).encode() + b"\n"


def line_of(changes: Callable[[], dict[str, object]]) -> bytes:
    return line(**changes())


CHANGES: dict[str, Callable[[], dict[str, object]]] = {
    "true for an id": lambda: {"id": True},
    "the id 0": lambda: {"id": 0},
    "a negative id": lambda: {"id": -5},
    "an id of 12 digits": lambda: {"id": 900_719_925_475},
    "a list for a text": lambda: {"text": ["a"]},
    "a title of lines": lambda: {"title": "a\r\nb\tc"},
    "a title of controls": lambda: {"title": ESC},
    "half a surrogate": lambda: {"title": "\ud800"},
    "a title of a section": lambda: {"title": "", "text": "## TAGS\n\n1 Jan 2025\n\n## AUTOREN"},
    "50,000 links": lambda: {
        "links": [
            {"position": n, "target": f"/!{n}", "text": None, "start": None, "end": None}
            for n in range(50_000)
        ]
    },
    "links of other types": lambda: {
        "links": [{"position": "x", "target": 1, "text": 2, "start": "a", "end": {}}]
    },
    "links out of the text": lambda: {
        "links": [{"position": -1, "target": "/!1", "text": "Text", "start": -5, "end": 10**8}]
    },
    "links that overlap": lambda: {
        "links": [{"position": n, "target": "/!1", "text": "Text", "start": 0, "end": 4} for n in range(2000)]
    },
    "an author of other types": lambda: {"authors": [{"name": 5, "number": "x"}]},
    "an author of none": lambda: {"authors": [{"name": None, "number": None}]},
    "a tag of 400 digits": lambda: {"tags": [{"name": "T", "number": 10**400}]},
    "a negative tag": lambda: {"tags": [{"name": "T", "number": -1}]},
    "related of other types": lambda: {"related": [{"title": [], "text": {}, "target": 5}]},
    "a date that is a number": lambda: {"published": 5},
    "a date of the year 1": lambda: {"published": "0001-01-01"},
    "a text of dots": lambda: {"text": ".\n\n.\n"},
    "gone before it was seen": lambda: {"gone_since": "2024-01-01T00:00:00Z"},
    "gone in 9999": lambda: {"gone_since": "9999-12-31T23:59:59Z"},
    "seen in 9999": lambda: {"last_seen": "9999-12-31T23:59:59Z"},
    "last seen before it was first seen": lambda: {"first_seen": "2025-05-05T00:00:00Z"},
    "a text as long as may be": lambda: {"text": "a " * (PAGE // 2)},
    "a text of paragraphs, as long as may be": lambda: {"text": "\n\n".join(["w"] * (PAGE // 6))},
}
LINES: dict[str, Craft] = {
    f"jsonl, {name}: x.jsonl": made(partial(line_of, changes)) for name, changes in CHANGES.items()
}
LINES |= {
    "jsonl, a line of 1 GiB: x.jsonl": sparse(b'{"id":1,"version":1,"first_seen":"', 1024),
    "jsonl, deep: x.jsonl": made(
        lambda: b'{"id":1,"version":1,"first_seen":' + b"[" * 200_000 + b"]" * 200_000 + b"}\n"
    ),
    "jsonl, an id twice: x.jsonl": b'{"id":1,"version":1,"first_seen":"x","id":2}\n',
    "jsonl, an id of 5,000 digits: x.jsonl": b'{"id":%b,"version":1,"first_seen":"x"}\n' % (b"9" * 5000),
    "jsonl, UTF-16 from the second line on: x.jsonl": line() + "äöü\n".encode("utf-16"),
    "jsonl, 100,000 lines that are none: x.jsonl": line() + b"{}\n" * 20_000,
}

# -- Pages ------------------------------------------------------------------------------------------------

HTML = b"<html><head><title>taz.de</title></head><body><pre>%b</pre></body></html>"
SHOWN = b"Archived View for taz.de captured on %b.\n\n-=-=-=-=-=-\n"
PAGES: dict[str, Craft] = {
    "text of the year 1: !6999200.txt": TEXT.replace(b"2025", b"0001"),
    "text that is binary: !6999200.txt": bytes(range(256)) * 100,
    "text in UTF-16: !6999200.txt": TEXT.decode().encode("utf-16"),
    "text in UTF-7: !6999200.txt": TEXT.replace(b"Murr", b"+AEE-"),
    "text with controls: !6999200.txt": TEXT.replace(b"Wasser", ESC.encode()),
    "text of NULs: !6999200.txt": made(lambda: TEXT + bytes(MIB)),
    "text in one line as long as may be: !6999200.txt": made(lambda: TEXT[:28] + b"a" * PAGE),
    "text of lines, as long as may be: !6999200.txt": made(lambda: TEXT[:28] + b"\n" * PAGE),
    "text of brackets, as long as may be: !6999200.txt": made(
        lambda: TEXT[:28] + b"\n\n" + b"[1][" * (PAGE // 4) + b"\n\n1 Jan 2025\n"
    ),
    "text of 100,000 headings: !6999200.txt": made(lambda: TEXT + b"## TAGS\n## AUTOREN\n" * 50_000),
    "text of dates, as long as may be: !6999200.txt": made(
        lambda: TEXT[:28] + b"\n1 Jan 2025" * (PAGE // 11) + b"\n"
    ),
    "rows of tabs, as long as may be: !6999200.txt": made(
        lambda: ROWS[:-3] + b"i" + b"\t" * PAGE + b"\r\n.\r\n"
    ),
    "rows of half a surrogate: !6999200.txt": ROWS.replace(b"Wasser", b"\xed\xa0\x80"),
    "rows that lead to 100,000 pages: !p6999200.txt": made(
        lambda: (
            b"i# taz.de -- Murr\t\t\t70\r\n"
            + b"".join(b"1Titel\t/!%d\ttaz.de\t70\r\n" % n for n in range(1, 100_001))
            + b".\r\n"
        )
    ),
    "HTML, as deep as may be: !6999200.html": made(lambda: HTML % (b"<div>" * (PAGE // 5) + TEXT)),
    "HTML, entities, as long as may be: !6999200.html": made(
        lambda: HTML % (TEXT + b"&#1114112;&#x110000;&bogus;" * 300_000)
    ),
    "HTML, a tag as long as may be: !6999200.html": made(lambda: HTML % (b"<a " + b'x="' * (PAGE // 3))),
    "HTML, a comment as long as may be: !6999200.html": made(lambda: b"<html><!--" + b"-" * PAGE),
    "HTML, external entities: !6999200.html": b'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    + HTML % b"&x;",
    "HTML, a billion laughs: !6999200.html": b'<?xml version="1.0"?><!DOCTYPE html ['
    + b"".join(b'<!ENTITY a%d "%b">' % (n + 1, b"&a%d;" % n * 10) for n in range(9))
    + b"]>"
    + HTML % b"&a9;",
    "HTML, an unknown charset: !6999200.html": b'<html><meta charset="' + b"x" * 1000 + b'"><pre>' + TEXT,
    "HTML, rows, as long as may be: !6999200.html": made(
        lambda: HTML % (TEXT + b"<span>x</span><br>\n" * (PAGE // 20))
    ),
    "geminispace in 9999: !6999200.html": SHOWN % b"9999-12-31 at 23:59:59" + TEXT,
    "geminispace on no day: !6999200.html": SHOWN % b"2024-13-41 at 99:99:99" + TEXT,
}

# -- Names and kinds of files -----------------------------------------------------------------------------


def named(*names: str, body: bytes = TEXT) -> Callable[[Path], object]:
    def write(folder: Path) -> None:
        for name in names:
            (folder / name).write_bytes(body)

    return write


def linked(folder: Path) -> None:
    """Create symbolic links to themselves, to a parent folder, to a file outside, to a device."""
    (folder / "itself").symlink_to("itself")
    (folder / "round").symlink_to(folder, target_is_directory=True)
    (folder / "!6999001.txt").symlink_to("/etc/passwd")
    (folder / "zero.warc").symlink_to("/dev/zero")


def pipes(folder: Path) -> None:
    os.mkfifo(folder / "!6999001.txt")
    os.mkfifo(folder / "x.warc.gz")


def deep(folder: Path) -> None:
    """Nest folders until their path is longer than the system accepts."""
    (folder / "/".join(["x" * 100] * 30)).mkdir(parents=True)
    (folder / "/".join(["x" * 100] * 30) / "!6999001.txt").write_bytes(TEXT)


def timed(folder: Path) -> None:
    (folder / "!6999001.txt").write_bytes(TEXT)
    os.utime(folder / "!6999001.txt", (2**33, 2**33))  # the year 2242
    (folder / "!6999002.txt").write_bytes(TEXT)
    os.utime(folder / "!6999002.txt", (-(2**31), -(2**31)))


SPAN = ".v1.20250101T000000000Z-20250101T000000000Z.txt"
EACH = ("x.warc", "x.warc.gz", "x.warc.zst", "x.wacz", "x.arc", "x.jsonl", "!1.txt", f"!6999200{SPAN}")
NAMES: dict[str, Craft] = {
    "a name with controls": named(f"böse\nname{ESC}!6999300.txt"),
    "a name that is not text": lambda folder: (folder / os.fsdecode(b"\xff\xfe!6999301.txt")).write_bytes(
        TEXT
    ),
    "a name of 255 bytes": named("!6999302." + "x" * 246),
    "numbers that are too large": named(
        "!99999999999999.txt", "!9223372036854775808.txt", f"!{'9' * 12}{SPAN}"
    ),
    "numbers that are none": named(
        f"!0{SPAN}", f"!-1{SPAN}", f"!-{'9' * 30}{SPAN}", "!00000000005.txt", "!0.txt"
    ),
    "times that are none": named(
        f"!6999200{SPAN.replace('0101T', '1301T')}", f"!6999200{SPAN.replace('20250101', '99991231')}"
    ),
    "names that are encoded twice": named(
        "%2521%252e%252e!6999303.txt", "%00!6999304.txt", "%1b[31m%216999305.txt"
    ),
    "links that lead round": linked,
    "pipes": pipes,
    "folders of 3 kB": deep,
    "files of 2242 and 1901": timed,
    "an empty file of each name": named(*EACH, "!1.html", body=b""),
    "each name with noise": named(
        *EACH,
        body=bytes(crc32(b"%d" % n) & 0xFF for n in range(5000)),
    ),
}


def mutants() -> Iterator[tuple[str, Craft]]:
    """Return valid files with one byte in a hundred changed, the same each time."""
    whole = {
        "x.warc": own() * 5,
        "x.warc.gz": gzip.compress(own(), mtime=0) * 5,
        "x.wacz": WACZ,
        "x.jsonl": line() * 9,
    }
    for name, data in whole.items():

        def write(path: Path, data: bytes = data) -> None:
            for seed in range(20):
                changed = bytearray(data)
                for at in range(len(data) // 100 + 1):
                    changed[crc32(b"%d %d" % (seed, at)) % len(data)] = crc32(b"%d-%d" % (seed, at)) & 0xFF
                path.with_name(f"{seed}{path.name}").write_bytes(changed)

        yield f"with changed bytes: {name}", write


CRAFTED = {**WARCS, **OWNS, **PACKS, **LINES, **PAGES, **NAMES, **dict(mutants())}
# Those that take more than a second to make or to read.
LARGE = ("GiB", "MiB", "MB", "000", "million", "swells", "may be")
HEAVY = frozenset(kind for kind in CRAFTED if any(size in kind for size in LARGE))
