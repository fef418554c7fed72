"""The files of an EPUB that are not articles: package document, contents, title page, authors."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from archive.export.epub.chapter import STYLE, Chapter, page, title_or_ellipsis
from archive.export.manifest import About
from archive.markup.elements import (
    XHTML,
    XHTML_NAMESPACE,
    XML_LANG,
    Vocabulary,
    XmlElement,
    xml_file,
)
from archive.paper import LANGUAGE
from archive.timestamps import zone

OCF_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:container"
OPF_NAMESPACE = "http://www.idpf.org/2007/opf"
DC_NAMESPACE = "http://purl.org/dc/elements/1.1/"
NCX_NAMESPACE = "http://www.daisy.org/z3986/2005/ncx/"
EPUB_NAMESPACE = "http://www.idpf.org/2007/ops"
DC = Vocabulary(DC_NAMESPACE)
OCF = Vocabulary(OCF_NAMESPACE)
OPF = Vocabulary(OPF_NAMESPACE, dc=DC_NAMESPACE)
NCX = Vocabulary(NCX_NAMESPACE)
NAVIGATION = Vocabulary(XHTML_NAMESPACE, epub=EPUB_NAMESPACE)
MEDIA_TYPE_BY_SUFFIX = {
    "xhtml": "application/xhtml+xml",
    "css": "text/css",
    "ncx": "application/x-dtbncx+xml",
}
AUTHORS = Chapter("Autor:innen", "authors.xhtml")


class BookPart(NamedTuple):
    """A part of the book: a section or a day."""

    title: str
    chapters: tuple[Chapter, ...]


def frame(
    about: About, identifier: str, parts: Sequence[BookPart], authors: Iterable[tuple[str, Sequence[Chapter]]]
) -> Iterator[tuple[str, bytes]]:
    """Yield the names and contents of all files except the chapters."""
    named = list(authors)
    yield "META-INF/container.xml", _container()
    yield "EPUB/package.opf", _package(about, identifier, parts, with_authors=bool(named))
    yield "EPUB/style.css", STYLE.encode()
    yield "EPUB/title.xhtml", _title(about)
    yield "EPUB/nav.xhtml", _nav(parts, with_authors=bool(named))
    yield "EPUB/toc.ncx", _ncx(about, identifier, parts, with_authors=bool(named))
    if named:
        yield "EPUB/authors.xhtml", _authors(named)


def _container() -> bytes:
    package = {"full-path": "EPUB/package.opf", "media-type": "application/oebps-package+xml"}
    return xml_file(OCF("container", {"version": "1.0"}, OCF("rootfiles", OCF("rootfile", package))))


def _package(about: About, identifier: str, parts: Sequence[BookPart], *, with_authors: bool) -> bytes:
    files = ["title.xhtml", "nav.xhtml", *(chapter.file for part in parts for chapter in part.chapters)]
    files += ["authors.xhtml"] if with_authors else []
    return xml_file(
        OPF(
            "package",
            {"version": "3.0", "unique-identifier": "id", XML_LANG: LANGUAGE},
            OPF("metadata", *_metadata(about, identifier)),
            OPF("manifest", *map(_item, [*files, "style.css", "toc.ncx"])),
            OPF("spine", {"toc": _id("toc.ncx")}, *(OPF("itemref", {"idref": _id(file)}) for file in files)),
        )
    )


def _metadata(about: About, identifier: str) -> Iterator[XmlElement]:
    yield DC("identifier", {"id": "id"}, identifier)
    yield DC("title", _book_title(about))
    yield DC("language", LANGUAGE)
    yield DC("creator", about.paper)
    yield DC("date", about.day)
    yield DC("description", about.sentence_in(zone()))
    yield DC("rights", about.licence)
    yield OPF("meta", {"property": "dcterms:modified"}, f"{about.as_of[:19]}Z")
    yield OPF("meta", {"name": "generator", "content": about.tool})


def _item(file: str) -> XmlElement:
    properties = {"properties": "nav"} if file == "nav.xhtml" else {}
    media_type = MEDIA_TYPE_BY_SUFFIX[file.rpartition(".")[2]]
    return OPF("item", {"id": _id(file), "href": file, "media-type": media_type, **properties})


def _book_title(about: About) -> str:
    only = "".join(f", {value}" for value in about.only.values())
    return f"{about.paper}{only}, {about.day}"


def _id(file: str) -> str:
    return file.partition(".")[0]


def _title(about: About) -> bytes:
    english = {"lang": "en", XML_LANG: "en"}
    content = (
        XHTML("h1", about.paper),
        XHTML("p", about.day),
        XHTML("p", english, f"{about.sentence_in(zone())}."),
        XHTML("p", english, about.licence),
        XHTML("p", {"class": "about"}, about.tool),
    )
    return page(about.paper, content)


def _nav(parts: Sequence[BookPart], *, with_authors: bool) -> bytes:
    entries = [
        XHTML("li", XHTML("span", title_or_ellipsis(part.title)), XHTML("ol", *map(_entry, part.chapters)))
        for part in parts
    ]
    if with_authors:
        entries.append(_entry(AUTHORS))
    toc = {f"{{{EPUB_NAMESPACE}}}type": "toc"}
    return page("Inhalt", [NAVIGATION("nav", toc, XHTML("h1", "Inhalt"), XHTML("ol", *entries))])


def _ncx(about: About, identifier: str, parts: Sequence[BookPart], *, with_authors: bool) -> bytes:
    """Return the table of contents in the format of EPUB 2, the only one that Kobo and Nook readers show.

    https://idpf.org/epub/20/spec/OPF_2.0.1_draft.htm#Section2.4.1. Each entry needs a target; that of a part
    is its first chapter.
    """
    points = [_part_point(number, part) for number, part in enumerate(parts, start=1)]
    if with_authors:
        points.append(_chapter_point(AUTHORS))
    return xml_file(
        NCX(
            "ncx",
            {"version": "2005-1", XML_LANG: LANGUAGE},
            NCX("head", NCX("meta", {"name": "dtb:uid", "content": identifier})),
            NCX("docTitle", NCX("text", _book_title(about))),
            NCX("navMap", *points),
        )
    )


def _part_point(number: int, part: BookPart) -> XmlElement:
    nested = map(_chapter_point, part.chapters)
    return _nav_point(f"part{number}", part.title, part.chapters[0].file, nested)


def _chapter_point(chapter: Chapter) -> XmlElement:
    return _nav_point(_id(chapter.file), chapter.title, chapter.file)


def _nav_point(identifier: str, title: str, file: str, nested: Iterable[XmlElement] = ()) -> XmlElement:
    label = NCX("navLabel", NCX("text", title_or_ellipsis(title)))
    return NCX("navPoint", {"id": identifier}, label, NCX("content", {"src": file}), *nested)


def _authors(authors: Iterable[tuple[str, Sequence[Chapter]]]) -> bytes:
    lists = (
        (XHTML("h2", title_or_ellipsis(name)), XHTML("ul", *map(_entry, chapters)))
        for name, chapters in authors
    )
    return page(AUTHORS.title, [XHTML("h1", AUTHORS.title), *chain.from_iterable(lists)])


def _entry(chapter: Chapter) -> XmlElement:
    return XHTML("li", XHTML("a", {"href": chapter.file}, title_or_ellipsis(chapter.title)))
