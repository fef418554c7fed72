"""A version of an article as a file: text, Markdown, JSON or BibTeX."""

from collections.abc import Callable
from typing import NamedTuple

from archive.datasette.request import ReaderRequest, whole
from archive.datasette.responses import TextResponse, ViewResponse
from archive.dump.writer import write_dump
from archive.export.bibtex import CitedVersion, write_bibtex
from archive.export.jsonl import line
from archive.export.markdown import write_markdown
from archive.paper import NAME
from archive.store import SelectedVersion, VersionRow, last_written


class FileForm(NamedTuple):
    """A form of file. ``write`` returns its content, of which the version's URL is a part of some."""

    media_type: str
    write: Callable[[SelectedVersion, str], str]


def _dump(version: SelectedVersion, _: str) -> str:
    return "\n".join(line.text for line in write_dump(version.article())).rstrip("\n") + "\n"


def _markdown(version: SelectedVersion, _: str) -> str:
    return write_markdown(version.article())


def _json(version: SelectedVersion, _: str) -> str:
    return line(version)


def _bibtex(version: SelectedVersion, url: str) -> str:
    return write_bibtex(cited(version, url))


def cited(version: SelectedVersion, url: str) -> CitedVersion:
    article = version.article()
    return CitedVersion(
        article=version.id,
        number=version.version,
        title=article.title,
        authors=tuple(author.name for author in article.authors),
        published=article.published,
        first_seen=version.first_seen,
        url=url,
        digest=version.digest,
    )


FILE_FORMS = {
    "txt": FileForm("text/plain; charset=utf-8", _dump),
    "md": FileForm("text/markdown; charset=utf-8", _markdown),
    "json": FileForm("application/json; charset=utf-8", _json),
    "bib": FileForm("application/x-bibtex; charset=utf-8", _bibtex),
}


def latest(request: ReaderRequest) -> ViewResponse:
    """Return the latest version as a file."""
    return _download(request, request.archive.versions.at(request.article, None))


def version(request: ReaderRequest) -> ViewResponse:
    number = whole(request.parts["number"], "a version")
    return _download(request, request.archive.versions.numbered(request.article, number))


def _download(request: ReaderRequest, row: VersionRow) -> TextResponse:
    name = request.parts["form"]
    form, site = FILE_FORMS[name], request.site
    url = site.whole(site.as_of(row.article_id, row.first_seen))
    file = f"{NAME}-{row.article_id}-{row.number}.{name}"
    return TextResponse(
        body=form.write(request.archive.export.version(row), url),
        content_type=form.media_type,
        modified=last_written(request.archive.path),
        headers={"content-disposition": f'attachment; filename="{file}"'},
    )
