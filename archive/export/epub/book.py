"""EPUB 3: the paper on a reader, a chapter per article, with contents, authors, and links between them.

https://www.w3.org/TR/epub-33/. Chapters stand by section. The book's own words are in
the paper's language.
"""

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from archive.errors import ExportError
from archive.export.epub import package_files
from archive.export.epub.chapter import Resolve, article_parts, web_url, words
from archive.export.epub.package_files import Chapter, Part
from archive.export.files.output import whole_file
from archive.export.files.zip import WHEN, member
from archive.export.job import Job
from archive.model import Kind
from archive.pagekey import article_url, page_key
from archive.store import SelectedVersion, VersionHead

MOST = 50_000  # articles; more than that no reader opens
UNDATED = "Ohne Datum"


@dataclass(frozen=True, slots=True)
class Contents:
    """All chapters, part by part, and where each article is found: at the latest of its chapters."""

    parts: tuple[Part, ...]
    places: Mapping[int, str]

    def resolve(self, target: str) -> str | None:
        """Where a link leads: to a chapter, else to the web."""
        key = page_key(target)
        if key and key.kind is Kind.ARTICLE:
            return self.places.get(key.number) or article_url(key.number)
        return web_url(target)


def write_file(job: Job, path: Path) -> None:
    if job.about.versions > MOST:
        raise ExportError(
            f"{job.about.versions:,} chapters are more than an e-reader opens;"
            f" choose up to {MOST:,}, by --since, --topic or others"
        )
    contents = _contents(job)
    with whole_file(path) as file, zipfile.ZipFile(file, "w") as pack:
        pack.writestr(zipfile.ZipInfo("mimetype", WHEN), "application/epub+zip")
        identifier = uuid5(NAMESPACE_URL, repr(sorted(job.about.plain.items())))
        for name, text in package_files.frame(
            job.about, f"urn:uuid:{identifier}", contents.parts, _authors(job, contents)
        ):
            _write(pack, name, text)
        for told in job.versions():
            _write(
                pack, f"EPUB/{package_files.file_of(told.id, told.version)}", _chapter(told, contents.resolve)
            )


def _write(pack: zipfile.ZipFile, name: str, text: Iterable[str]) -> None:
    with member(pack, name) as file:
        file.write("".join(text).encode())  # at once, for zlib's sake


def _contents(job: Job) -> Contents:
    heads = list(job.archive.export.heads())
    places: dict[int, str] = {}
    for head in sorted(heads, key=lambda head: head.version):
        places[head.id] = package_files.file_of(head.id, head.version)
    return Contents(tuple(_parts(heads, _sections(job))), places)


def _sections(job: Job) -> dict[int, tuple[int, str]]:
    """The section of each article that some section's menu has listed, the first of them by number."""
    found: dict[int, tuple[int, str]] = {}
    for section in job.archive.sections.all(until=job.selection.as_of):
        for article in section.listed:
            found.setdefault(article, (section.number, section.name))
    return found


def _parts(heads: Iterable[VersionHead], sections: Mapping[int, tuple[int, str]]) -> Iterator[Part]:
    """Sections first, by number; what is in none, by day, the last one first."""
    last = (1 << 62, "")

    def part_of(head: VersionHead) -> tuple[int, str]:
        return sections.get(head.id, last)

    for (_, section), within in groupby(sorted(heads, key=part_of), key=part_of):
        if section:
            yield Part(section, tuple(map(_chapter_of, within)))
        else:
            for day, dated in groupby(within, key=lambda head: head.published):
                yield Part(day or UNDATED, tuple(map(_chapter_of, dated)))


def _chapter_of(head: VersionHead) -> Chapter:
    return Chapter(head.title, package_files.file_of(head.id, head.version))


def _authors(job: Job, contents: Contents) -> Iterator[tuple[str, list[Chapter]]]:
    titles = {chapter.file: chapter.title for part in contents.parts for chapter in part.chapters}
    rows = groupby(job.archive.export.authored(), key=lambda row: row[0])
    for name, articles in rows:
        files = [contents.places[article] for _, article in articles]
        yield name, [Chapter(titles[file], file) for file in files]


def _chapter(told: SelectedVersion, resolve: Resolve) -> Iterator[str]:
    article = told.article()
    yield from package_files.opening(article.title)
    yield from article_parts(article, resolve)
    yield f'<p class="about">{" · ".join(_facts(told))}</p>'
    yield package_files.CLOSING


def _facts(told: SelectedVersion) -> Iterator[str]:
    if told.published:
        yield told.published
    yield f"Fassung {told.version}" + (f" von {told.versions}" if told.versions > 1 else "")
    yield f"gesehen {_day(told.first_seen)} bis {_day(told.last_seen)} UTC"
    if told.gone_since:
        yield f"nicht mehr da seit {_day(told.gone_since)} UTC"
    if told.url:
        yield f'<a href="{words(told.url)}">{words(told.url)}</a>'


def _day(stamped: str) -> str:
    return f"{stamped[:10]} {stamped[11:16]}"
