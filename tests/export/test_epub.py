"""The EPUB, as epubcheck and an XML parser find it."""

import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from archive.errors import ExportError
from archive.export.epub import book
from archive.export.epub.chapter import web_url
from archive.store import Selection, open_reader
from tests.support.samples.exported_archive import HOSTILE, VISITS, WILD, job_of, taz_archive

EPUBCHECK = next(
    (path for path in ("/usr/share/java/epubcheck.jar", "/usr/bin/epubcheck") if Path(path).exists()), None
)
XHTML = "{http://www.w3.org/1999/xhtml}"
NCX = "{http://www.daisy.org/z3986/2005/ncx/}"
OPF = "{http://www.idpf.org/2007/opf}"
Export = Callable[..., Path]


@pytest.fixture
def export(archive: Path, tmp_path: Path) -> Export:
    def export(*args: object, code: int = 0) -> Path:
        ended = taz_archive("export", archive, tmp_path / "taz.epub", "--format", "epub", *args)
        assert ended.code == code, ended.stderr
        return tmp_path / "taz.epub"

    return export


def pages(path: Path) -> dict[str, ET.Element]:
    """The XML files in the book by their names, in its order. What is not well-formed raises."""
    with zipfile.ZipFile(path) as pack:
        names = [name for name in pack.namelist() if name.endswith((".xhtml", ".opf", ".xml", ".ncx"))]
        return {name.removeprefix("EPUB/"): ET.fromstring(pack.read(name)) for name in names}


@pytest.mark.skipif(
    not (EPUBCHECK and shutil.which("java")), reason="apt-get install epubcheck default-jre-headless"
)
def test_epubcheck_finds_no_fault_in_any_text(export: Export) -> None:
    """The whole paper in all its versions, with an article of hostile words and links."""
    command = ["java", "-XX:TieredStopAtLevel=1", "-jar", str(EPUBCHECK), str(export("--versions", "all"))]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    said = ended.stdout + ended.stderr
    assert "Messages: 0 fatals / 0 errors / 0 warnings" in said, said
    assert ended.returncode == 0


def test_the_first_file_is_the_uncompressed_media_type(export: Export) -> None:
    raw = export().read_bytes()
    assert raw[30:58] == b"mimetypeapplication/epub+zip"


def test_the_contents_name_sections_then_days_and_every_article_once(export: Export) -> None:
    found = pages(export())
    nav = found["nav.xhtml"].find(f".//{XHTML}nav/{XHTML}ol")
    assert nav is not None
    titles = [span.text or "" for span in nav.iterfind(f"{XHTML}li/{XHTML}span")]
    assert titles[0] == "Verkehr & <Wege>"
    assert titles[1:-1] == sorted(titles[1:-1], reverse=True)
    assert titles[-1] == "Ohne Datum"
    chapters = [link.get("href") for link in nav.iterfind(f".//{XHTML}ol//{XHTML}a")]
    spine = [item.get("idref") for item in found["package.opf"].iterfind(f".//{OPF}itemref")]
    assert [f"{item}.xhtml" for item in spine] == ["title.xhtml", "nav.xhtml", *chapters, "authors.xhtml"]
    assert len(chapters) == len(set(chapters)) == 60


def test_readers_that_know_only_epub_2_have_the_same_contents(export: Export) -> None:
    """Kobo and Nook show no contents without a ``toc.ncx``."""
    found = pages(export())
    (nav,) = found["nav.xhtml"].iterfind(f".//{XHTML}nav")
    (spine,) = found["package.opf"].iterfind(f".//{OPF}spine")
    (item,) = found["package.opf"].iterfind(f".//{OPF}item[@id='{spine.get('toc')}']")
    entries = list(found[str(item.get("href"))].iterfind(f".//{NCX}navPoint"))
    titles = [entry.findtext(f"{NCX}navLabel/{NCX}text") for entry in entries]
    assert titles == [entry.text for entry in nav.iter() if entry.tag in (f"{XHTML}span", f"{XHTML}a")]
    files = [str(content.get("src")) for entry in entries for content in entry.iterfind(f"{NCX}content")]
    leaves = [file for file, entry in zip(files, entries, strict=True) if not entry.findall(f"{NCX}navPoint")]
    assert leaves == [link.get("href") for link in nav.iter(f"{XHTML}a")]
    assert set(files) <= set(found)


def test_articles_link_to_chapters_and_web_pages_only(export: Export) -> None:
    wild = pages(export())[f"a{HOSTILE}v1.xhtml"]
    assert [link.get("href") for link in wild.iterfind(f".//{XHTML}a")] == [
        "a900001v2.xhtml",
        "https://example.org/a%20b?q=%C3%A4&r=100%25#%5Bx%5D",
        "a900002v1.xhtml",
        f"https://taz.de/!{HOSTILE}/",
    ]


def test_every_link_within_the_book_leads_to_a_page_of_it(export: Export) -> None:
    found = pages(export("--as-of", VISITS[1].isoformat()))
    links = {link.get("href") or "" for page in found.values() for link in page.iterfind(f".//{XHTML}a")}
    assert {link for link in links if ":" not in link} <= set(found)


def test_words_are_as_they_are_and_verse_keeps_its_lines(export: Export) -> None:
    wild = pages(export())[f"a{HOSTILE}v1.xhtml"]
    text = "".join(wild.itertext())
    assert WILD.title.replace("\ufffe", "").partition(": ")[2] in text
    assert "<script>alert(1)</script>" in text
    assert wild.find(f".//{XHTML}script") is None
    assert len(wild.findall(f".//{XHTML}p/{XHTML}br")) == 2


def test_authors_have_a_page_with_what_they_wrote(export: Export) -> None:
    authors = pages(export())["authors.xhtml"]
    names = [head.text for head in authors.iterfind(f".//{XHTML}h2")]
    assert "O'Hara <x@example.org>" in names
    assert names == sorted(name or "" for name in names)


def test_more_chapters_than_a_reader_opens_are_refused(archive: Path, tmp_path: Path) -> None:
    with open_reader(archive) as reader, reader.snapshot():
        job = job_of(reader, Selection())
        with pytest.raises(ExportError, match=r"60 chapters are too many .* at most 59 with"):
            book.write_file(job, tmp_path / "taz.epub", max_chapters=59)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("https://example.org", "https://example.org"),
        ("gopher://taz.de:7070/1/Über uns", "gopher://taz.de:7070/1/%C3%9Cber%20uns"),
        ("https://example.org/50%-Regel/%C3%9F", "https://example.org/50%25-Regel/%C3%9F"),
        ('https://example.org/"onclick="x', "https://example.org/%22onclick=%22x"),
        ("HTTPS://Example.org/A", "https://example.org/A"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("https://[broken", None),
        ("https://exa mple.org/", None),
        ("https://example.org:99999/", None),
        ("mailto:x@example.org", None),
        ("https:///no-host", None),
    ],
)
def test_a_link_is_a_uri_or_none(target: str, url: str | None) -> None:
    assert web_url(target) == url


def test_an_article_of_nothing_but_a_title_is_a_chapter(tmp_path: Path) -> None:
    from archive.model import Article  # noqa: PLC0415
    from archive.store import open_writer  # noqa: PLC0415
    from tests.support.samples.captures import capture  # noqa: PLC0415

    bare = replace(Article(title="Nur: Titel"), published=VISITS[0].date())
    with open_writer(tmp_path / "bare.db") as archive:
        archive.record([capture(bare, 0)])
    assert taz_archive("export", tmp_path / "bare.db", tmp_path / "x.epub", "--format", "epub").code == 0
    assert "a6081430v1.xhtml" in pages(tmp_path / "x.epub")
