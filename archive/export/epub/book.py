"""EPUB 3: a book with a chapter per article, grouped by section or day, with links between articles.

https://www.w3.org/TR/epub-33/. The book's own texts are in the paper's language.
"""

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from archive.errors import ExportError
from archive.export.epub import package_files
from archive.export.epub.chapter import Chapter, chapter_page, file_of, web_url
from archive.export.epub.package_files import BookPart
from archive.export.files.output import whole_file
from archive.export.files.zip import ZIP_EPOCH, open_member
from archive.export.job import ExportJob
from archive.model import Kind
from archive.pagekey import article_url, page_key
from archive.store import Section, VersionHead

MAX_CHAPTERS = 50_000  # e-readers fail to open larger books
UNDATED_PART = "Ohne Datum"


@dataclass(frozen=True, slots=True)
class Contents:
    """The parts of the book, and the file of each article's latest version by article number."""

    parts: tuple[BookPart, ...]
    places: Mapping[int, str]

    def resolve(self, target: str) -> str | None:
        """Resolve a link's target to a chapter if there is one, else to a URL."""
        key = page_key(target)
        if key and key.kind is Kind.ARTICLE:
            return self.places.get(key.number) or article_url(key.number)
        return web_url(target)


def write_file(job: ExportJob, path: Path, *, max_chapters: int = MAX_CHAPTERS) -> None:
    if job.about.versions > max_chapters:
        raise ExportError(
            f"{job.about.versions:,} chapters are too many for an e-reader:"
            f" select at most {max_chapters:,} with --since, --topic or other options"
        )
    contents = _contents(job)
    with whole_file(path) as file, zipfile.ZipFile(file, "w") as pack:
        pack.writestr(zipfile.ZipInfo("mimetype", ZIP_EPOCH), "application/epub+zip")
        identifier = uuid5(NAMESPACE_URL, repr(sorted(job.about.plain.items())))
        for name, content in package_files.frame(
            job.about, f"urn:uuid:{identifier}", contents.parts, _authors(job, contents)
        ):
            _write(pack, name, content)
        for row in job.versions():
            name = file_of(row.id, row.version)
            _write(pack, f"EPUB/{name}", chapter_page(row, contents.resolve))


def _write(pack: zipfile.ZipFile, name: str, content: bytes) -> None:
    with open_member(pack, name) as file:
        file.write(content)


def _contents(job: ExportJob) -> Contents:
    heads = list(job.archive.export.heads())
    places: dict[int, str] = {}
    for head in sorted(heads, key=lambda head: head.version):
        places[head.id] = file_of(head.id, head.version)
    sections = job.archive.sections.lowest_by_article(job.selection.as_of)
    return Contents(tuple(_parts(heads, sections)), places)


def _parts(heads: Iterable[VersionHead], sections: Mapping[int, Section]) -> Iterator[BookPart]:
    """Yield the sections by number, then the articles without a section by day, newest first."""
    last = Section(1 << 62, "")

    def part_of(head: VersionHead) -> Section:
        return sections.get(head.id, last)

    for (_, section), within in groupby(sorted(heads, key=part_of), key=part_of):
        if section:
            yield BookPart(section, tuple(map(_chapter_of, within)))
        else:
            for day, dated in groupby(within, key=lambda head: head.published):
                yield BookPart(day or UNDATED_PART, tuple(map(_chapter_of, dated)))


def _chapter_of(head: VersionHead) -> Chapter:
    return Chapter(head.title, file_of(head.id, head.version))


def _authors(job: ExportJob, contents: Contents) -> Iterator[tuple[str, list[Chapter]]]:
    titles = {chapter.file: chapter.title for part in contents.parts for chapter in part.chapters}
    rows = groupby(job.archive.export.authored(), key=lambda row: row[0])
    for name, articles in rows:
        files = [contents.places[article] for _, article in articles]
        yield name, [Chapter(titles[file], file) for file in files]
