"""WARC and WACZ, as tools of the field read them."""

import json
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from sqlite3 import connect
from typing import Any

import fastwarc
import pytest
import surt
from warcio.archiveiterator import ArchiveIterator

from archive.dump.writer import write_dump
from archive.export import cdx
from archive.export.warc import OWN_FIELD, record_uri
from archive.model import Capture, Kind, PageKey
from archive.store import digest_of, format_digest, open_writer
from archive.timestamps import stamp
from tests.support.samples.captures import BASE, absence_of, capture, failure_of
from tests.support.samples.exported_archive import VISITS, make_archive, taz_archive, tool

PAGE = ("\n".join(line.text for line in write_dump(BASE)) + "\n").encode()
Export = Callable[..., Path]


def other_captures() -> list[Capture]:
    """The same article by gemini, by a gateway, and from a file; a failure, and an absence."""
    later = [VISITS[0] + timedelta(minutes=minutes) for minutes in range(4)]
    key = PageKey(Kind.ARTICLE, 6081430)
    gateway = "https://gopher.mills.io/taz.de/1/%216081430"
    return [
        Capture(source="gemini", url="gemini://taz.de/!6081430", captured_at=later[0], key=key, body=PAGE),
        Capture(source="mills", url=gateway, captured_at=later[1], key=key, body=PAGE, rendition="text"),
        Capture(source="import", url="my pages/Straße ü\n.txt", captured_at=later[2], body=PAGE + b"\n"),
        capture(BASE, 1),
        failure_of(700003, "refused\r\nInjected: yes \x1b[31m \u202e", later[3]),
        absence_of(700004, later[3]),
    ]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_archive(tmp_path_factory.mktemp("warc") / "taz.db")
    with open_writer(path) as opened:
        opened.record(other_captures())
    return path


@pytest.fixture
def export(archive: Path, tmp_path: Path) -> Export:
    def export(name: str, *args: object) -> Path:
        form = "wacz" if name.endswith("wacz") else "warc"
        ended = taz_archive("export", archive, tmp_path / name, "--format", form, *args)
        assert (ended.code, ended.stderr) == (0, "")
        return tmp_path / name

    return export


def records(path: Path) -> list[tuple[dict[str, str], bytes]]:
    with path.open("rb") as file:
        return [
            (dict(record.rec_headers.headers), record.content_stream().read())
            for record in ArchiveIterator(file)
        ]


@pytest.mark.parametrize("name", ["taz.warc.gz", "taz.warc"])
@pytest.mark.slow
def test_warcio_finds_it_clean_and_checks_every_page(export: Export, name: str) -> None:
    said = tool("warcio", "check", "-v", export(name))
    kinds = Counter(headers["WARC-Type"] for headers, _ in records(export(f"again-{name}")))
    unchecked = kinds["revisit"]
    assert said.count("digest pass") == kinds.total() - unchecked
    assert said.count("not checked (revisit)") == unchecked
    assert set(kinds) == {"warcinfo", "resource", "revisit", "metadata"}


def test_every_capture_is_a_record_in_the_order_of_time(archive: Path, export: Export) -> None:
    info, *captures = records(export("taz.warc.gz"))
    assert info[0]["WARC-Type"] == "warcinfo"
    assert b"taz-archive-captures: " in info[1]
    with closing(connect(archive)) as db:
        rows = db.execute(
            "SELECT captured_at, url, source, outcome, iif(size, 'sha256:' || lower(hex(digest)), NULL)"
            " FROM captures"
            " LEFT JOIN payloads p ON p.id = payload_id ORDER BY captured_at, captures.id"
        ).fetchall()
    own = [json.loads(headers[OWN_FIELD]) for headers, _ in captures]
    assert [
        (
            headers["WARC-Date"],
            said["url"],
            said["source"],
            said["outcome"],
            headers.get("WARC-Payload-Digest"),
        )
        for (headers, _), said in zip(captures, own, strict=True)
        if headers["WARC-Type"] != "metadata"
    ] == [row for row in rows if row[-1]]
    assert len(captures) == len(rows)


def test_bytes_are_those_received_and_repeats_refer_to_the_first(export: Export) -> None:
    first: dict[str, tuple[str, str]] = {}
    for headers, body in records(export("taz.warc.gz"))[1:]:
        digest = headers["WARC-Payload-Digest"]
        if headers["WARC-Type"] == "revisit":
            refers = headers["WARC-Refers-To-Target-URI"], headers["WARC-Refers-To-Date"]
            assert (body, refers) == (b"", first[digest])
        else:
            assert format_digest(digest_of(body)) == digest
            first[digest] = headers["WARC-Target-URI"], headers["WARC-Date"]


def test_records_are_of_the_kind_that_what_was_kept_makes_them(export: Export) -> None:
    kinds = {
        (headers["WARC-Type"], headers["WARC-Target-URI"].partition(":")[0], headers["Content-Type"])
        for headers, _ in records(export("taz.warc"))[1:]
        if headers["WARC-Type"] != "revisit"
    }
    assert kinds == {
        ("resource", "gopher", "application/gopher-menu"),
        ("resource", "gemini", "text/gemini; charset=utf-8"),
        ("resource", "file", "text/plain; charset=utf-8"),
        ("metadata", "gopher", "application/warc-fields"),
    }


def test_nothing_in_a_capture_gets_out_of_its_field(export: Export) -> None:
    raw = export("taz.warc").read_bytes()
    assert b"\nInjected:" not in raw
    assert b"\x1b[31m" not in raw


def test_any_stored_url_is_exported_as_a_uri() -> None:
    assert record_uri("my pages/Straße ü\n.txt") == "file:///my%20pages/Stra%C3%9Fe%20%C3%BC%0A.txt"
    assert record_uri("gopher://taz.de/1/Über uns/!1") == "gopher://taz.de/1/%C3%9Cber%20uns/!1"


@pytest.mark.parametrize("name", ["taz.warc.gz", "taz.warc"])
def test_fastwarc_iterates_them_to_the_same_pages(export: Export, name: str) -> None:
    warc = export(name)
    with warc.open("rb") as file:
        found = [
            (record.headers["WARC-Record-ID"], record.reader.read())
            for record in fastwarc.ArchiveIterator(file, parse_http=False)
        ]
    assert found == [(headers["WARC-Record-ID"], body) for headers, body in records(warc)]


def test_a_reader_of_ones_own_iterates_them(export: Export) -> None:
    """Written as WARC is read without a library: each record's length leads to the next."""
    raw, count = BytesIO(export("taz.warc").read_bytes()), 0
    while raw.readline().strip() == b"WARC/1.1":
        headers: dict[str, str] = {}
        while line := raw.readline().decode().strip():
            name, _, value = line.partition(": ")
            headers[name] = value
        raw.read(int(headers["Content-Length"]))
        assert raw.read(4) == b"\r\n\r\n"
        count += 1
    assert raw.read() == b""
    assert count == len(records(export("other.warc")))


def test_as_of_and_since_bound_the_captures(export: Export) -> None:
    since, until = stamp(VISITS[1]), stamp(VISITS[2])
    dates = [
        headers["WARC-Date"] for headers, _ in records(export("t.warc", "--as-of", until, "--since", since))
    ]
    assert min(dates) == since
    assert max(dates) == until


def test_a_topic_selects_only_the_captures_of_its_articles(export: Export) -> None:
    own = [json.loads(headers[OWN_FIELD]) for headers, _ in records(export("t.warc", "--topic", "!t78"))[1:]]
    pages = {tuple(said["page"]) for said in own}
    assert pages == {("article", number) for number in range(900001, 900005)}


# -- WACZ -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_validator_finds_the_wacz_valid(export: Export) -> None:
    assert "Validation succeeded" in tool("wacz", "validate", "-f", export("taz.wacz"))


def test_its_index_leads_to_every_record_of_a_page(export: Export) -> None:
    with zipfile.ZipFile(export("taz.wacz")) as pack:
        warc = pack.read("archive/data.warc.gz")
        lines = gunzip(pack.read("indexes/index.cdx.gz")).decode().splitlines()
        idx = pack.read("indexes/index.idx").decode().splitlines()
    assert lines == sorted(lines)
    assert idx[0].startswith('!meta 0 {"format": "cdxj-gzip-1.0"')
    assert idx[1].startswith(lines[0].partition(" {")[0])
    for line in lines:
        key, _, rest = line.partition(" ")
        fields: dict[str, Any] = json.loads(rest.partition(" ")[2])
        offset, length = int(fields["offset"]), int(fields["length"])
        (record,) = ArchiveIterator(BytesIO(warc[offset : offset + length]))
        assert record.rec_headers["WARC-Target-URI"] == fields["url"]
        assert record.rec_headers["WARC-Payload-Digest"] == fields["digest"]
        assert key == cdx.surt(fields["url"])


def gunzip(packed: bytes) -> bytes:
    import gzip  # noqa: PLC0415

    return gzip.decompress(packed)


@pytest.mark.parametrize(
    "uri",
    [
        "https://gopher.mills.io/taz.de/1/%216081430",
        "http://phroot.kroovy.de:8080/gopherproxy/?q=taz.de%2F1%2F%216081430",
        "http://127.0.0.1:7070/1/!6081430",
        "gopher://taz.de/1/%C3%9Cber%20uns/!1",
        "gopher://taz.de:70/1/",
        "gopher://taz.de",
        "gopher://[::1]:7070/1/!6081430",
        "gemini://taz.de/!6081430",
        "file:///my%20pages/%216081430.txt",
        "https://www.taz.de/!6081430",
        "https://www2.taz.de/!6081430/",
        "https://example.org/cached?url=gemini%3A%2F%2Ftaz.de%2F%216081430&at=2024&at-most=1",
        "https://example.org/a//b/../%216081430",
        "gopher://taz.de/1/Und-dann.../",
    ],
)
def test_its_keys_are_those_of_the_fields_own_library(uri: str) -> None:
    assert cdx.surt(uri) == surt.surt(uri)


def test_an_index_too_long_for_memory_is_sorted_in_files() -> None:
    lines = [f"{number * 7919 % 100:03} x\n" for number in range(100)]
    with cdx.CdxIndex(max_lines=7) as index:
        for line in lines:
            index.add(line)
        assert list(index.sorted()) == sorted(lines)


def test_its_pages_are_the_articles(export: Export) -> None:
    with zipfile.ZipFile(export("taz.wacz")) as pack:
        head, *pages = map(json.loads, pack.read("pages/pages.jsonl").splitlines())
    assert head["format"] == "json-pages-1.0"
    assert len(pages) == len({page["id"] for page in pages}) == 61
    assert all(page["title"] and page["ts"] and "://" in page["url"] for page in pages)
