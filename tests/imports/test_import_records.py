"""``import`` of WARC, ARC and WACZ files as other programs write them, whole, damaged and hostile."""

import gzip
import zipfile
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from sqlite3 import connect
from typing import Any, NamedTuple

import pytest
import zstandard
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.dump.writer import write_dump
from archive.imports import warc
from archive.imports.revisited_payloads import RevisitedPayloads
from archive.renditions.charset import MAX_PAGE_BYTES
from archive.renditions.forms import gopher
from archive.store import open_writer
from tests.support.samples.captures import BASE
from tests.support.samples.exported_archive import taz_archive

WIRE = gopher.encode(write_dump(BASE), host="taz.de", port=70)
FIRST, SECOND = "2025-04-10T12:00:00Z", "2025-04-11T12:00:00Z"
NUMBERS = range(6081430, 6081440)


class Ended(NamedTuple):
    """What an import did: its exit code, its problems, and all captures in the archive."""

    code: int
    stderr: str
    captures: list[tuple[Any, ...]]


def url(number: int) -> str:
    return f"https://gopher.mills.io/taz.de/1/%21{number}"


def page(number: int) -> bytes:
    """A page of its own for each number."""
    return WIRE + b"i%d\t\t\t70\r\n" % number


@pytest.fixture
def imported(tmp_path: Path) -> Callable[..., Ended]:
    def imported(*paths: Path) -> Ended:
        archive = tmp_path / "new.db"
        with open_writer(archive):
            pass  # an archive that is there keeps what failed too
        ended = taz_archive("import", archive, *paths)
        with closing(connect(archive)) as db:
            rows = db.execute(
                "SELECT article_id, outcome, problem, captured_at, digest FROM captures"
                " LEFT JOIN payloads ON payloads.id = payload_id ORDER BY captured_at, captures.id"
            ).fetchall()
        return Ended(ended.code, ended.stderr, rows)

    return imported


class Warc:
    """A WARC as warcio writes it: HTTP responses with sha1 digests, and revisits of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.packed = BytesIO()
        self._writer = WARCWriter(self.packed, gzip=path.suffix == ".gz")

    def respond(
        self, number: int, date: str, body: bytes, *, encoding: str = "", status: str = "200 OK"
    ) -> str:
        """Write a page; return its digest."""
        headers = [("Content-Encoding", encoding)] if encoding else []
        http = StatusAndHeaders(status, headers, protocol="HTTP/1.1")
        block = gzip.compress(body) if encoding else body
        record = self._writer.create_warc_record(
            url(number),
            "response",
            payload=BytesIO(block),
            length=len(block),
            http_headers=http,
            warc_headers_dict={"WARC-Date": date},
        )
        self._writer.write_record(record)
        return str(record.rec_headers.get_header("WARC-Payload-Digest"))

    def revisit(
        self, number: int, date: str, digest: str, refers: str | None, status: str = "200 OK"
    ) -> None:
        http = StatusAndHeaders(status, [], protocol="HTTP/1.1")
        headers = {"WARC-Date": date, "WARC-Payload-Digest": digest}
        if refers:
            headers |= {"WARC-Refers-To-Target-URI": url(number), "WARC-Refers-To-Date": refers}
        record = self._writer.create_warc_record(
            url(number), "revisit", http_headers=http, warc_headers_dict=headers
        )
        self._writer.write_record(record)

    def write(self) -> Path:
        self.path.write_bytes(self.packed.getvalue())
        return self.path


def first_and_revisits(tmp_path: Path, refers: str | None, encoding: str = "") -> tuple[Path, Path]:
    """A file of pages, and a file of revisits of them a day later, as crawls that deduplicate write."""
    first, second = Warc(tmp_path / "1.warc.gz"), Warc(tmp_path / "2.warc.gz")
    for number in NUMBERS:
        digest = first.respond(number, FIRST, page(number), encoding=encoding)
        second.revisit(number, SECOND, digest, refers)
    return first.write(), second.write()


def same_on_both_days(ended: Ended) -> bool:
    """Whether each article has two captures, of the same bytes."""
    days = [
        [(article, digest) for article, outcome, _, at, digest in ended.captures if at[:19] == day[:19]]
        for day in (FIRST, SECOND)
    ]
    assert all(outcome == "ok" for _, outcome, *_ in ended.captures), ended.stderr
    return sorted(article for article, _ in days[0]) == list(NUMBERS) and sorted(days[0]) == sorted(days[1])


# -- Revisits ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refers", "encoding"),
    [(FIRST, ""), (FIRST, "gzip"), (None, "")],
    ids=["by-address-and-date", "of-bytes-packed-by-http", "by-digest-only-as-wget-does"],
)
def test_revisits_of_another_file_are_found_in_it_or_in_the_archive(
    tmp_path: Path, imported: Callable[..., Ended], refers: str | None, encoding: str
) -> None:
    first, second = first_and_revisits(tmp_path, refers, encoding)
    assert imported(first).code == 0
    assert same_on_both_days(imported(second))


def test_revisits_of_a_file_imported_with_it_are_found(
    tmp_path: Path, imported: Callable[..., Ended]
) -> None:
    assert same_on_both_days(imported(*first_and_revisits(tmp_path, FIRST)))


def test_a_revisit_is_found_however_many_records_lie_between(
    tmp_path: Path, imported: Callable[..., Ended]
) -> None:
    made = Warc(tmp_path / "long.warc.gz")
    digests = {number: made.respond(number, FIRST, page(number)) for number in NUMBERS}
    for number in range(700_000, 700_300):
        made.respond(number, "2025-04-10T13:00:00Z", page(number))
    for number, digest in digests.items():
        made.revisit(number, SECOND, digest, FIRST)
    ended = imported(made.write())
    assert len(ended.captures) == 2 * len(NUMBERS) + 300
    assert same_on_both_days(ended)


def test_a_revisit_that_was_answered_not_modified_is_the_page_again(
    tmp_path: Path, imported: Callable[..., Ended]
) -> None:
    made = Warc(tmp_path / "x.warc.gz")
    for number in NUMBERS:
        made.revisit(number, SECOND, made.respond(number, FIRST, page(number)), FIRST, "304 Not Modified")
    assert same_on_both_days(imported(made.write()))


def test_a_revisit_of_a_page_that_is_nowhere_fails_at_its_own_date_and_says_what_is_missing(
    tmp_path: Path, imported: Callable[..., Ended]
) -> None:
    first, second = first_and_revisits(tmp_path, FIRST)
    ended = imported(second)
    assert {(outcome, at) for _, outcome, _, at, _ in ended.captures} == {
        ("failed", "2025-04-11T12:00:00.000Z")
    }
    assert f"{url(6081430)} of 2025-04-10 14:00 CEST; first import the file that contains it" in ended.stderr
    imported(first)
    again = imported(second)
    assert [row[1] for row in again.captures].count("ok") == 2 * len(NUMBERS)


def test_a_record_that_cannot_be_read_fails_at_its_own_date(
    tmp_path: Path, imported: Callable[..., Ended]
) -> None:
    made = Warc(tmp_path / "x.warc.gz")
    made.respond(6081430, FIRST, b"x" * MAX_PAGE_BYTES + b"y")
    assert [row[1:4:2] for row in imported(made.write()).captures] == [("failed", "2025-04-10T12:00:00.000Z")]


# -- ARC, zstd, WACZ --------------------------------------------------------------------------------------


def arc(number: int) -> bytes:
    """A record of an ARC: https://archive.org/web/researcher/ArcFileFormat.php"""
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + page(number)
    return f"{url(number)} 192.0.2.1 20250410120000 text/html {len(block)}\n".encode() + block + b"\n"


def arc_records() -> Iterable[bytes]:
    about = b"1 0 Example\nURL IP-address Archive-date Content-type Archive-length\n"
    head = f"filedesc://x.arc 0.0.0.0 20250410120000 text/plain {len(about)}\n".encode()
    return [head + about + b"\n", *map(arc, NUMBERS)]


@pytest.mark.parametrize("name", ["x.arc", "x.arc.gz"])
def test_an_arc_is_read_with_all_its_pages_and_dates(
    tmp_path: Path, imported: Callable[..., Ended], name: str
) -> None:
    pack = gzip.compress if name.endswith(".gz") else bytes
    (tmp_path / name).write_bytes(b"".join(map(pack, arc_records())))
    ended = imported(tmp_path / name)
    assert [row[:4] for row in ended.captures] == [
        (number, "ok", None, "2025-04-10T12:00:00.000Z") for number in NUMBERS
    ]


def records() -> list[bytes]:
    """The records of a WARC, one by one."""
    written = []
    for number in NUMBERS:
        made = Warc(Path("x.warc"))
        made.respond(number, FIRST, page(number))
        written.append(made.packed.getvalue())
    return written


def with_zstd(dictionary: bytes | None, *, packed: bool = False) -> bytes:
    """A .warc.zst: a frame for each record, and the dictionary in a frame before them.

    https://iipc.github.io/warc-specifications/specifications/warc-zstd/
    """
    if dictionary is None:
        return b"".join(map(zstandard.ZstdCompressor().compress, records()))
    compressor = zstandard.ZstdCompressor(dict_data=zstandard.ZstdCompressionDict(dictionary))
    shown = zstandard.ZstdCompressor().compress(dictionary) if packed else dictionary
    frame = b"\x5d\x2a\x4d\x18" + len(shown).to_bytes(4, "little") + shown
    return b"".join([frame, *map(compressor.compress, records())])


SAMPLES: list[Any] = [WIRE[at : at + 200] for at in range(0, len(WIRE) - 200, 3)] * 4
TRAINED = zstandard.train_dictionary(2000, SAMPLES)


@pytest.mark.parametrize(
    "written",
    [with_zstd(None), with_zstd(TRAINED.as_bytes()), with_zstd(TRAINED.as_bytes(), packed=True)],
    ids=["plain", "with-a-dictionary", "with-a-compressed-dictionary"],
)
def test_a_warc_compressed_with_zstd_is_read(
    tmp_path: Path, imported: Callable[..., Ended], written: bytes
) -> None:
    (tmp_path / "x.warc.zst").write_bytes(written)
    ended = imported(tmp_path / "x.warc.zst")
    assert [row[:2] for row in ended.captures] == [(number, "ok") for number in NUMBERS], ended.stderr


def test_a_wacz_is_read_with_all_the_warcs_in_it(tmp_path: Path, imported: Callable[..., Ended]) -> None:
    halves = records()[:5], records()[5:]
    with zipfile.ZipFile(tmp_path / "x.wacz", "w") as pack:
        pack.writestr("archive/1.warc.gz", b"".join(map(gzip.compress, halves[0])))
        pack.writestr("archive/2.warc.zst", b"".join(map(zstandard.ZstdCompressor().compress, halves[1])))
        pack.writestr("pages/pages.jsonl", '{"format": "json-pages-1.0"}\n')
    ended = imported(tmp_path / "x.wacz")
    assert [row[:2] for row in ended.captures] == [(number, "ok") for number in NUMBERS]


# -- Damaged and hostile files ----------------------------------------------------------------------------


def warc_record(*headers: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join([b"WARC/1.1", *headers, b"Content-Length: %d" % len(body), b"", body, b"", b""])


DATE = b"WARC-Date: 2025-04-10T12:00:00Z"
PAGE = b"WARC-Target-URI: https://taz.de/!6081430/"
ENDLESS = b"a" * (3 << 20)
HOSTILE = {
    "a header without end": (b"WARC/1.1\r\nX: " + ENDLESS, "a record's header is longer than 1 MiB"),
    "a header of many lines": (b"WARC/1.1\r\n" + b"X: a\r\n" * 500_000, "a record's header is longer"),
    "an HTTP header without end": (
        warc_record(b"WARC-Type: response", PAGE, DATE, body=b"HTTP/1.1 200 OK\r\nX: " + ENDLESS),
        "a record's header is longer",
    ),
    "a length that is not a number": (
        warc_record(b"WARC-Type: response", PAGE, DATE).replace(b"Length: 0", b"Length: x"),
        "its Content-Length is not a number",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_would_fill_the_memory_or_is_no_record_is_a_problem(
    tmp_path: Path, imported: Callable[..., Ended], name: str
) -> None:
    body, said = HOSTILE[name]
    (tmp_path / "x.warc").write_bytes(body)
    ended = imported(tmp_path / "x.warc")
    assert (ended.code, [row[1] for row in ended.captures]) == (3, ["failed"])
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_record_without_an_address_is_passed_over(tmp_path: Path, imported: Callable[..., Ended]) -> None:
    nameless = warc_record(b"WARC-Type: response", DATE, body=b"HTTP/1.1 200 OK\r\n\r\n")
    (tmp_path / "x.warc").write_bytes(nameless + b"".join(records()))
    assert [row[:2] for row in imported(tmp_path / "x.warc").captures] == [
        (number, "ok") for number in NUMBERS
    ]


PACK: dict[str, Callable[[bytes], bytes]] = {
    "x.warc": bytes,
    "x.warc.gz": gzip.compress,
    "x.warc.zst": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("name", PACK)
def test_a_file_cut_off_anywhere_in_its_last_record_says_so(tmp_path: Path, name: str) -> None:
    whole, last = (PACK[name](record) for record in records()[:2])
    spare = len(b"\r\n\r\n") if name == "x.warc" else 0  # the page is whole without these line ends
    for length in range(1, len(last) - spare, 7):
        (tmp_path / name).write_bytes(whole + last[:length])
        found = warc.captures(tmp_path / name, bodies=RevisitedPayloads(None), now=datetime.now(UTC))
        assert [capture.outcome for capture in found][-1] == "failed", length


def wacz(compression: int = zipfile.ZIP_STORED, name: str = "archive/x.warc") -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as pack:
        pack.writestr(name, b"".join(records()))
    return packed.getvalue()


DAMAGED = {
    "x.warc.zst": (with_zstd(None)[:-200], "the file ends within a record"),
    "y.warc.zst": (with_zstd(None)[:600] + b"\xff" * 500, "expected a complete WARC"),
    "huge.warc.zst": (
        b"\x5d\x2a\x4d\x18\xff\xff\xff\xff" + with_zstd(None),
        "a zstd dictionary of at most 4 MiB",
    ),
    "x.wacz": (wacz()[:-60], "expected a complete WARC"),
    "y.wacz": (wacz().replace(b"taz.de", b"taz.xx", 1), "Bad CRC-32"),
    "bzip2.wacz": (wacz(zipfile.ZIP_BZIP2), "in a way that WACZ does not allow"),
    "no.wacz": (wacz(name="elsewhere/x.warc"), "expected a page, found a ZIP or EPUB file"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_gives_what_is_whole_and_says_what_is_wrong(
    tmp_path: Path, imported: Callable[..., Ended], name: str
) -> None:
    body, said = DAMAGED[name]
    (tmp_path / name).write_bytes(body)
    ended = imported(tmp_path / name)
    assert ended.code == 3
    assert said in ended.stderr
    assert [row[1] for row in ended.captures].count("failed") == 1
