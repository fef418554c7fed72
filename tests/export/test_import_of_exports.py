"""``import`` takes back what ``export`` wrote, and nothing that somebody else put there does harm."""

import gzip
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.dump.writer import write_dump
from archive.model import Capture, Kind, Outcome, PageKey
from archive.renditions.forms import gopher
from archive.store import open_writer
from tests.support.samples.captures import BASE, capture
from tests.support.samples.exported_archive import VISITS, make_archive, taz_archive
from tests.support.samples.golden_pages import page
from tests.support.samples.sample_archive import visit
from tests.support.tables import derived_rows, rows

VERSIONS = (
    "SELECT id, article_id, number, first_seen, last_seen, title, lead, caption, dateline, published, text,"
    " words FROM versions ORDER BY id"
)
STATES = "SELECT id, title, published, first_seen, last_seen, version_count, state FROM articles ORDER BY id"
LINKS = (
    'SELECT version_id, position, text, start, "end", target FROM links WHERE text IS NOT NULL'
    " ORDER BY 1, 2, 4"
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_archive(tmp_path_factory.mktemp("back") / "taz.db")
    with open_writer(path) as opened:
        opened.record([capture(BASE, hours, None) for hours in (1, 5)])  # of a provisional number
        opened.record([doubted(900_001)])
    return path


def doubted(number: int) -> Capture:
    """Return a capture of a page reported missing once; it fails, as absence needs a second answer."""
    page = PageKey(Kind.ARTICLE, number)
    doubt = visit(page, VISITS[-1] + timedelta(hours=1), None)
    return replace(doubt, outcome=Outcome.FAILED, problem="No such page; the article was there before")


# -- Round trips ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "name"), [("warc", "taz.warc.gz"), ("warc", "taz.warc"), ("wacz", "taz.wacz")]
)
def test_a_warc_or_wacz_makes_the_same_archive(archive: Path, tmp_path: Path, form: str, name: str) -> None:
    assert taz_archive("export", archive, tmp_path / name, "--format", form).code == 0
    ended = taz_archive("import", tmp_path / "new.db", tmp_path / name)
    assert ended.code == 0, ended.stderr
    assert derived_rows(tmp_path / "new.db") == derived_rows(archive)


@pytest.mark.parametrize(("form", "name"), [("jsonl", "taz.jsonl"), ("jsonl", "rows"), ("dump", "pages")])
def test_jsonl_and_dump_make_the_same_versions(archive: Path, tmp_path: Path, form: str, name: str) -> None:
    args = ("--format", form, "--versions", "all")
    assert taz_archive("export", archive, tmp_path / name, *args).code == 0
    ended = taz_archive("import", tmp_path / "new.db", tmp_path / name)
    assert ended.code == 0, ended.stderr
    for query in (VERSIONS, STATES, LINKS):
        assert rows(tmp_path / "new.db", query) == rows(archive, query)
    again = "--format", "jsonl", "--versions", "all"
    before, after = (
        taz_archive("export", path, "-", *again).lines for path in (archive, tmp_path / "new.db")
    )
    assert [wording(line) for line in before] == [wording(line) for line in after]


def wording(line: str) -> dict[str, Any]:
    """Return a version without tags, related articles, links and numbers, which a text file does not hold."""
    version: dict[str, Any] = json.loads(line)
    names = [author["name"] for author in version["authors"]]
    return {name: version[name] for name in version if name not in ("tags", "related", "links")} | {
        "authors": names
    }


@pytest.mark.parametrize(
    ("form", "name"), [("jsonl", "taz.jsonl"), ("dump", "pages"), ("warc", "taz.warc.gz")]
)
def test_importing_again_adds_nothing(archive: Path, tmp_path: Path, form: str, name: str) -> None:
    taz_archive("export", archive, tmp_path / name, "--format", form)
    taz_archive("import", tmp_path / "new.db", tmp_path / name)
    before = derived_rows(tmp_path / "new.db")
    ended = taz_archive("import", tmp_path / "new.db", tmp_path / name)
    assert ended.code == 0
    assert "imported before" in ended.lines[-1]
    assert derived_rows(tmp_path / "new.db") == before


@pytest.mark.parametrize(("form", "name"), [("jsonl", "taz.jsonl"), ("dump", "pages")])
def test_importing_its_own_export_leaves_an_archive_as_it_is(
    archive: Path, tmp_path: Path, form: str, name: str
) -> None:
    same = Path(shutil.copy(archive, tmp_path / "same.db"))
    taz_archive("export", archive, tmp_path / name, "--format", form, "--versions", "all")
    ended = taz_archive("import", same, tmp_path / name)
    assert (ended.code, ended.lines[-1].endswith("imported before")) == (0, True), ended.lines
    assert derived_rows(same) == derived_rows(archive)
    origins = "SELECT id, capture_id FROM versions ORDER BY id"
    assert rows(same, origins) == rows(archive, origins)


def test_two_halves_of_the_captures_make_the_whole(archive: Path, tmp_path: Path) -> None:
    """Whatever came first."""
    half = VISITS[1].isoformat()
    taz_archive("export", archive, tmp_path / "1.warc.gz", "--format", "warc", "--as-of", half)
    after = (VISITS[1] + timedelta(milliseconds=1)).isoformat()
    taz_archive("export", archive, tmp_path / "2.warc.gz", "--format", "warc", "--since", after)
    for name in ("2.warc.gz", "1.warc.gz"):
        assert taz_archive("import", tmp_path / "new.db", tmp_path / name).code == 0
    assert derived_rows(tmp_path / "new.db") == derived_rows(archive)


def test_an_exported_dump_is_recognised_by_its_file_name(archive: Path, tmp_path: Path) -> None:
    taz_archive("export", archive, tmp_path / "pages", "--format", "dump")
    (file,) = (tmp_path / "pages").rglob("!900004.*")
    assert ".gone-" in file.name
    assert taz_archive("import", tmp_path / "new.db", file).code == 0
    assert rows(tmp_path / "new.db", "SELECT id, state FROM articles") == [(900004, "gone")]


# -- Others' WARCs ----------------------------------------------------------------------------------------

WIRE = gopher.encode(write_dump(BASE), host="taz.de", port=70)
DAY = "2025-04-10T12:00:00Z"
Write = Callable[..., Path]
Made = tuple[str, str, bytes, dict[str, Any]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(*made: Made, name: str = "other.warc.gz") -> Path:
        with (tmp_path / name).open("wb") as file:
            writer = WARCWriter(file, gzip=name.endswith("gz"))
            for kind, uri, body, options in made:
                headers = {"WARC-Date": DAY} | options.pop("headers", {})
                record = writer.create_warc_record(
                    uri, kind, payload=BytesIO(body), length=len(body), warc_headers_dict=headers, **options
                )
                writer.write_record(record)
        return tmp_path / name

    return write


def http(status: str) -> dict[str, Any]:
    return {"http_headers": StatusAndHeaders(status, [("Content-Type", "text/html")], protocol="HTTP/1.0")}


def imported(tmp_path: Path, *paths: Path) -> list[tuple[Any, ...]]:
    """The captures of an archive that is there already, and so keeps what cannot be read too."""
    with open_writer(tmp_path / "new.db"):
        pass
    ended = taz_archive("import", tmp_path / "new.db", *paths)
    assert ended.code in (0, 3), ended.stderr
    return rows(
        tmp_path / "new.db",
        "SELECT article_id, outcome, problem, captured_at FROM captures ORDER BY captured_at, id",
    )


def test_a_page_of_the_archive_of_geminispace_is_of_the_time_it_says(tmp_path: Path, write: Write) -> None:
    url = "https://gem.celery.eu.org/kennedy.gemi.dev/archive/cached?url=gemini%3A%2F%2Ftaz.de%2F%216012347"
    file = write(("response", url, page("geminispace-html"), http("200 OK")))
    assert imported(tmp_path, file) == [(6012347, "ok", None, "2024-03-21T14:45:49.000Z")]


def test_pages_of_the_paper_are_imported_from_any_warc(tmp_path: Path, write: Write) -> None:
    gemtext = b"20 text/gemini\r\n# taz.de -- A: B\n\nEin Satz.\n\n8 Oct 2020\n\n## AUTOREN\n=> /!a1 A\n"
    path = write(
        ("response", "gopher://taz.de/1/!6081430", WIRE, {}),
        ("response", "gemini://taz.de/!6081431", gemtext, {}),
        ("response", "gemini://taz.de/!6081432", b"51 not found\r\n", {}),
        ("response", "https://gopher.mills.io/taz.de/1/%216081433", b"gone", http("404 Not Found")),
        ("response", "https://gopher.mills.io/taz.de/1/%216081434", b"busy", http("503 Busy")),
        ("response", "https://example.org/style.css", b"a {}", http("200 OK")),
        ("request", "gopher://taz.de/1/!6081430", b"/!6081430\r\n", {}),
    )
    found = [(article, outcome) for article, outcome, *_ in imported(tmp_path, path)]
    assert found == [(6081430, "ok"), (6081431, "ok"), (None, "absent"), (None, "absent"), (None, "failed")]


def own(page: str) -> str:
    return f'{{"source": "x", "url": "\\ud800", "outcome": "ok", "page": {page}}}'


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Taz-Archive-Capture": "{"}, "expected a capture's record"),
        ({"Taz-Archive-Capture": "[]"}, "expected a capture's record"),
        (
            {"Taz-Archive-Capture": '{"source": "x", "url": "y", "page": ["moon", 1]}'},
            "'moon' is not a valid Kind",
        ),
        ({"Taz-Archive-Capture": own('["article", 1e999]')}, "expected a capture's record"),
        ({"Taz-Archive-Capture": own(f'["article", {10**30}]')}, "an invalid number"),
        ({"Taz-Archive-Capture": own('["article", -7]')}, "an invalid number"),
        ({"Taz-Archive-Capture": own('["root", 55]')}, "an invalid number"),
        ({"Taz-Archive-Capture": "[" * 100_000}, "expected a capture's record"),
        ({"WARC-Date": "2999-01-01T00:00:00Z"}, "expected a time in the past"),
        ({"WARC-Date": "yesterday"}, "expected a time"),
        (
            {"WARC-Payload-Digest": "sha256:" + "0" * 64, "Taz-Archive-Capture": "{}"},
            "does not match the bytes",
        ),
    ],
)
def test_a_record_that_is_not_as_it_should_be_is_a_problem_and_the_next_is_read(
    tmp_path: Path, write: Write, headers: dict[str, str], said: str
) -> None:
    good: Made = ("response", "gopher://taz.de/1/!6081430", WIRE, {})
    bad: Made = ("response", "gopher://taz.de/1/!6081439", WIRE + b" ", {"headers": headers})
    found = imported(tmp_path, write(bad, good))
    assert sorted(outcome for _, outcome, *_ in found) == ["failed", "ok"]
    assert any(said in (problem or "") for _, _, problem, _ in found), found


def test_a_revisit_of_nothing_known_is_a_problem(tmp_path: Path, write: Write) -> None:
    headers = {"WARC-Payload-Digest": "sha256:" + "0" * 64}
    found = imported(tmp_path, write(("revisit", "gopher://taz.de/1/!6081430", b"", {"headers": headers})))
    assert [(outcome, "that was not imported" in problem) for _, outcome, problem, _ in found] == [
        ("failed", True)
    ]


@pytest.mark.parametrize("cut", [40, 200, 1000])
def test_a_warc_cut_off_gives_what_is_whole(archive: Path, tmp_path: Path, cut: int) -> None:
    taz_archive("export", archive, tmp_path / "whole.warc.gz", "--format", "warc")
    whole = (tmp_path / "whole.warc.gz").read_bytes()
    (tmp_path / "cut.warc.gz").write_bytes(whole[: len(whole) - cut])
    found = imported(tmp_path, tmp_path / "cut.warc.gz")
    assert len(found) > 150
    assert taz_archive("import", tmp_path / "new.db", tmp_path / "cut.warc.gz").code == 3


def test_a_gzip_that_swells_is_refused(tmp_path: Path, write: Write) -> None:
    uri = "gopher://taz.de/1/!6081430"
    found = imported(tmp_path, write(("response", uri, b"i\t\t\t70\r\n" * 2_200_000, {})))
    assert [(outcome, "at most 4 MiB" in problem) for _, outcome, problem, _ in found] == [("failed", True)]


# -- Hostile lines ----------------------------------------------------------------------------------------

GOOD = {"id": 1, "version": 1, "first_seen": DAY, "last_seen": DAY, "title": "A: B", "text": "Ein Satz."}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "x"}, "expected an article's number"),
        ({"id": 10**11}, "expected an article's number"),
        ({"id": True}, "expected an article's number"),
        ({"id": 0}, "expected an article's number"),
        ({"first_seen": "2999-01-01"}, "expected a time in the past"),
        ({"first_seen": 5}, "expected a time"),
        ({"title": ["x"]}, "expected the fields of an article"),
        ({"links": [{"position": 1}]}, "expected the fields of an article"),
        ({"links": 7}, "expected the fields of an article"),
        ({"authors": [{"name": None}]}, "expected the fields of an article"),
        ({"published": "gestern"}, "expected the fields of an article"),
        ({"text": None, "title": None}, "expected the fields of an article"),
    ],
)
def test_a_line_that_is_not_a_version_is_a_problem_and_the_next_is_read(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    lines = [json.dumps(GOOD | {"id": 2}), json.dumps(GOOD | changes), "{", json.dumps(GOOD | {"id": 3})]
    (tmp_path / "rows.jsonl").write_text("\n".join(line.replace('": ', '":') for line in lines))
    found = imported(tmp_path, tmp_path / "rows.jsonl")
    assert sorted(article for article, outcome, *_ in found if outcome == "ok") == [2, 3]
    problems = [problem for _, _, problem, _ in found if problem]
    assert len(problems) == 2
    assert any(said in problem for problem in problems), problems


def test_a_file_is_skipped_after_a_thousand_lines_that_are_not_versions(tmp_path: Path) -> None:
    good = json.dumps(GOOD).replace('": ', '":')
    (tmp_path / "rows.jsonl").write_text("\n".join([good, *["{}"] * 1_100, good.replace("1", "2")]))
    found = imported(tmp_path, tmp_path / "rows.jsonl")
    assert sorted({outcome for _, outcome, *_ in found}) == ["failed", "ok"]
    assert len(found) == 1_001
    assert sum("the rest is skipped" in (problem or "") for _, _, problem, _ in found) == 1


def test_a_name_that_only_looks_like_an_exports_is_read_as_any_file(tmp_path: Path) -> None:
    name = "!1.v1.99999999T999999999Z-20250411T060000000Z.txt"
    (tmp_path / name).write_bytes(WIRE)
    found = imported(tmp_path, tmp_path / name)
    assert [(outcome, "expected a time" in problem) for _, outcome, problem, _ in found] == [("failed", True)]


@pytest.mark.parametrize("number", ["0", "100000000000", "9" * 100])
def test_a_dump_of_an_article_that_cannot_be_is_a_problem(tmp_path: Path, number: str) -> None:
    path = tmp_path / f"!{number}.v1.20250410T120000000Z-20250411T060000000Z.txt"
    path.write_text("# taz.de -- A: B\n\nEin Satz.\n\n8 Oct 2020\n")
    found = imported(tmp_path, path)
    assert [(outcome, "article's number" in problem) for _, outcome, problem, _ in found] == [
        ("failed", True)
    ]


def test_a_gzip_of_anything_else_is_not_a_warc(tmp_path: Path) -> None:
    (tmp_path / "page.txt.gz").write_bytes(gzip.compress(b"hello"))
    found = imported(tmp_path, tmp_path / "page.txt.gz")
    assert [row[1:3] for row in found] == [("failed", "expected a page, found a gzip file; unpack it first")]
