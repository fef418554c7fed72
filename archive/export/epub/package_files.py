"""The files of an EPUB that are not articles: package document, contents, title page, authors."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from archive.export.epub.chapter import words
from archive.export.manifest import About
from archive.paper import LANGUAGE

XML = '<?xml version="1.0" encoding="utf-8"?>\n'
CLOSING = "</body></html>\n"
CONTAINER = f"""{XML}<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>
"""
STYLE = """\
body { line-height: 1.4; margin: 0 4%; }
h1 { font-size: 1.5em; line-height: 1.2; margin: 0 0 .5em; text-align: left; }
h2 { font-size: 1.1em; margin: 1.5em 0 .5em; text-align: left; }
p { margin: 0 0 .7em; }
.kicker { margin: 1em 0 .2em; font-weight: bold; color: #b00; }
.lead { font-weight: bold; }
.authors, .caption, .tags, .about { font-size: .85em; color: #555; }
.about { border-top: 1px solid #999; margin-top: 2em; padding-top: .5em; }
.related { font-size: .9em; }
nav ol { list-style: none; padding-left: 1em; }
"""
AUTHORS = "Autor:innen"
ID_BY_FILE = {"title.xhtml": "title", "nav.xhtml": "nav", "authors.xhtml": "authors"}


class Chapter(NamedTuple):
    """An article's title and file."""

    title: str
    file: str


class BookPart(NamedTuple):
    """A part of the book: a section or a day."""

    title: str
    chapters: tuple[Chapter, ...]


def file_of(article: int, version: int) -> str:
    """Return the file name of a version. Titles can contain any character, so only numbers are used."""
    return f"a{article}v{version}.xhtml".replace("-", "p")


def opening(title: str) -> Iterator[str]:
    """Yield an XHTML page up to the start of its body."""
    yield f'{XML}<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml"'
    yield f' xmlns:epub="http://www.idpf.org/2007/ops" lang="{LANGUAGE}" xml:lang="{LANGUAGE}">'
    yield f"<head><title>{words(title) or '…'}</title>"
    yield '<link rel="stylesheet" type="text/css" href="style.css"/></head><body>\n'


def frame(
    about: About, identifier: str, parts: Sequence[BookPart], authors: Iterable[tuple[str, Sequence[Chapter]]]
) -> Iterator[tuple[str, Iterable[str]]]:
    """Yield the names and contents of all files except the chapters."""
    named = list(authors)
    yield "META-INF/container.xml", [CONTAINER]
    yield "EPUB/package.opf", _package(about, identifier, parts, with_authors=bool(named))
    yield "EPUB/style.css", [STYLE]
    yield "EPUB/title.xhtml", _title(about)
    yield "EPUB/nav.xhtml", _nav(parts, with_authors=bool(named))
    yield "EPUB/toc.ncx", _ncx(about, identifier, parts, with_authors=bool(named))
    if named:
        yield "EPUB/authors.xhtml", _authors(named)


def _package(
    about: About, identifier: str, parts: Sequence[BookPart], *, with_authors: bool
) -> Iterator[str]:
    yield f'{XML}<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id"'
    yield f' xml:lang="{LANGUAGE}">\n<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
    yield f'<dc:identifier id="id">{identifier}</dc:identifier>\n'
    for name, text in _metadata(about):
        yield f"<dc:{name}>{words(text)}</dc:{name}>\n"
    yield f'<meta property="dcterms:modified">{about.as_of[:19]}Z</meta>\n'
    yield f'<meta name="generator" content="{words(about.tool)}"/>\n</metadata>\n<manifest>\n'
    files = ["title.xhtml", "nav.xhtml", *(chapter.file for part in parts for chapter in part.chapters)]
    files += ["authors.xhtml"] if with_authors else []
    for file in files:
        nav = ' properties="nav"' if file == "nav.xhtml" else ""
        yield f'<item id="{_id(file)}" href="{file}" media-type="application/xhtml+xml"{nav}/>\n'
    yield '<item id="style" href="style.css" media-type="text/css"/>\n'
    yield '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>\n'
    yield '</manifest>\n<spine toc="ncx">\n'
    for file in files:
        yield f'<itemref idref="{_id(file)}"/>\n'
    yield "</spine>\n</package>\n"


def _metadata(about: About) -> Iterator[tuple[str, str]]:
    yield "title", _book_title(about)
    yield "language", LANGUAGE
    yield "creator", about.paper
    yield "date", about.as_of[:10]
    yield "description", about.sentence
    yield "rights", about.licence


def _book_title(about: About) -> str:
    only = "".join(f", {value}" for value in about.only.values())
    return f"{about.paper}{only}, {about.as_of[:10]}"


def _id(file: str) -> str:
    return ID_BY_FILE.get(file, file.partition(".")[0])


def _title(about: About) -> Iterator[str]:
    yield from opening(about.paper)
    yield f"<h1>{words(about.paper)}</h1>\n<p>{about.as_of[:10]}</p>\n"
    yield f'<p lang="en" xml:lang="en">{words(about.sentence)}.</p>\n'
    yield f'<p lang="en" xml:lang="en">{words(about.licence)}</p>\n'
    yield f'<p class="about">{words(about.tool)}</p>\n{CLOSING}'


def _nav(parts: Sequence[BookPart], *, with_authors: bool) -> Iterator[str]:
    yield from opening("Inhalt")
    yield '<nav epub:type="toc"><h1>Inhalt</h1>\n<ol>\n'
    for part in parts:
        yield f"<li><span>{words(part.title) or '…'}</span><ol>\n"
        for chapter in part.chapters:
            yield f"<li>{_entry(chapter)}</li>\n"
        yield "</ol></li>\n"
    if with_authors:
        yield f'<li><a href="authors.xhtml">{AUTHORS}</a></li>\n'
    yield f"</ol></nav>\n{CLOSING}"


def _ncx(about: About, identifier: str, parts: Sequence[BookPart], *, with_authors: bool) -> Iterator[str]:
    """Yield the table of contents in the format of EPUB 2, the only one that Kobo and Nook readers show.

    https://idpf.org/epub/20/spec/OPF_2.0.1_draft.htm#Section2.4.1. Each entry needs a target; that of a part
    is its first chapter.
    """
    yield f'{XML}<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/" version="2005-1" xml:lang="{LANGUAGE}">\n'
    yield f'<head><meta name="dtb:uid" content="{identifier}"/></head>\n'
    yield f"<docTitle><text>{words(_book_title(about))}</text></docTitle>\n<navMap>\n"
    for number, part in enumerate(parts, start=1):
        yield _nav_point(f"part{number}", part.title, part.chapters[0].file)
        for chapter in part.chapters:
            yield f"{_nav_point(_id(chapter.file), chapter.title, chapter.file)}</navPoint>\n"
        yield "</navPoint>\n"
    if with_authors:
        yield f"{_nav_point('authors', AUTHORS, 'authors.xhtml')}</navPoint>\n"
    yield "</navMap></ncx>\n"


def _nav_point(identifier: str, title: str, file: str) -> str:
    """Return the start of an entry; nested entries and its end tag follow."""
    label = f"<navLabel><text>{words(title) or '…'}</text></navLabel>"
    return f'<navPoint id="{identifier}">{label}<content src="{file}"/>'


def _authors(authors: Iterable[tuple[str, Sequence[Chapter]]]) -> Iterator[str]:
    yield from opening(AUTHORS)
    yield f"<h1>{AUTHORS}</h1>\n"
    for name, chapters in authors:
        yield f"<h2>{words(name) or '…'}</h2>\n<ul>\n"
        for chapter in chapters:
            yield f"<li>{_entry(chapter)}</li>\n"
        yield "</ul>\n"
    yield CLOSING


def _entry(chapter: Chapter) -> str:
    return f'<a href="{chapter.file}">{words(chapter.title) or "…"}</a>'
