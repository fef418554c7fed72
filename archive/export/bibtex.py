"""A version of an article as an entry for BibTeX and BibLaTeX."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from archive.pagekey import article_url
from archive.paper import FULL_NAME, NAME

# Braces are written as commands, since BibTeX also counts those after a backslash.
_COMMANDS = {
    "\\": r"{\textbackslash}",
    "{": r"{\textbraceleft}",
    "}": r"{\textbraceright}",
    "~": r"{\textasciitilde}",
    "^": r"{\textasciicircum}",
    **{sign: f"\\{sign}" for sign in "$&#%_"},
}
_TO_COMMANDS = str.maketrans(_COMMANDS)
_NO_TEXT = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_NO_URL = re.compile(r"[^!-~]|[{}\\]")
# Of a name with these BibTeX would make several names, or reorder its parts.
_SPLITS_NAME = re.compile(r",|(?i:\band\b|\Aothers\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedVersion:
    """A version to cite. ``first_seen`` is a stamp, ``url`` the address of the version in the archive.

    ``digest`` identifies the wording, in hexadecimal digits.
    """

    article: int
    number: int
    title: str
    authors: tuple[str, ...]
    published: date | None
    first_seen: str
    url: str
    digest: str

    @property
    def original(self) -> str | None:
        """The address on the paper's website; None for an article without a number."""
        return article_url(self.article) if self.article > 0 else None


def write_bibtex(cited: CitedVersion) -> str:
    """Return the entry. Any text of the article is shown as it is, and ends no field."""
    fields = "".join(f"  {name} = {{{value}}},\n" for name, value in _fields(cited))
    return f"@article{{{NAME}{cited.article}v{cited.number},\n{fields}}}\n"


def _fields(cited: CitedVersion) -> Iterator[tuple[str, str]]:
    if cited.authors:
        yield "author", " and ".join(map(_author, cited.authors))
    yield "title", f"{{{escape_bibtex(cited.title)}}}"  # in braces twice: German keeps its capitals
    yield "journal", FULL_NAME
    if cited.published:
        yield "date", cited.published.isoformat()  # for BibLaTeX
        yield "year", str(cited.published.year)  # for BibTeX
    yield "url", _NO_URL.sub("", cited.url)
    yield "urldate", cited.first_seen[:10]
    if cited.original:
        yield "howpublished", cited.original
    yield "note", (f"Archived version {cited.number}, first seen {cited.first_seen}, sha256:{cited.digest}")
    yield "langid", "german"


def _author(name: str) -> str:
    escaped = escape_bibtex(name)
    return f"{{{escaped}}}" if _SPLITS_NAME.search(name) else escaped


def escape_bibtex(text: str) -> str:
    """Return a text for a field in braces, on one line."""
    return _NO_TEXT.sub(" ", text).strip().translate(_TO_COMMANDS)
