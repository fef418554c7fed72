"""The pages of a republished archive, in the paper's own layout."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from archive.dump.wrapping import wrap
from archive.dump.writer import BLANK_LINE, write_dump
from archive.languages import counted, translations
from archive.model import Article, Line
from archive.paper import ROOT_TITLE, TITLE_MARK
from archive.republish.routes import Route, article_path
from archive.servers import gemtext
from archive.store import MenuArticle, Reader

MAX_TEASER_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request. Nothing after ``at`` is shown; None means now. ``words`` are those of a search.

    ``language`` is that of our own texts.
    """

    archive: Reader
    place: Route
    at: datetime | None
    words: str
    language: str

    def gettext(self, text: str) -> str:
        return translations(self.language).gettext(text)

    @property
    def prefix(self) -> str:
        return self.place.prefix


@dataclass(frozen=True, slots=True, eq=False)
class RepublishedPage:
    """An article, or the lines of a menu. ``prefix`` is added to an article's links to the paper."""

    article: Article | None = None
    menu: tuple[Line, ...] = ()
    prefix: str = ""

    @property
    def weight(self) -> int:
        """Return the approximate size in bytes."""
        text = self.article.text if self.article else ""
        return 3_000 + len(text) + sum(len(line.text) + 200 for line in self.menu)


def lines(page: RepublishedPage) -> Sequence[Line]:
    if page.article is None:
        return page.menu
    return [_led(line, page.prefix) for line in write_dump(page.article)]


def text(page: RepublishedPage) -> str:
    """Return a page as gemtext."""
    if page.article is None:
        return "".join(f"{line}\n" for line in _unwrapped(page.menu))
    written = gemtext.write_gemtext(page.article)
    return "".join(
        f"=> {page.prefix}{line.removeprefix('=> ')}" if line.startswith("=> /") else line
        for line in written.splitlines(keepends=True)
    )


def menu(title: str | None, *parts: Iterable[Line]) -> RepublishedPage:
    """Return a menu page; the root has no title."""
    head = Line(ROOT_TITLE if title is None else TITLE_MARK + title)
    return RepublishedPage(menu=(head, BLANK_LINE, *(line for part in parts for line in part)))


def paragraph(said: str) -> Iterator[Line]:
    yield from (Line(line) for line in wrap(said, ""))
    yield BLANK_LINE


def link(said: str, target: str, item: str = "1") -> Line:
    return Line(said, target, item)


def teasers(request: PageRequest, articles: Iterable[MenuArticle]) -> Iterator[Line]:
    """Yield articles as in the paper's menus, with a link to the versions of an edited one."""
    for shown in articles:
        yield from teaser(request, shown, shown.text)


def teaser(request: PageRequest, shown: MenuArticle, said: str) -> Iterator[Line]:
    yield link(shown.title, request.prefix + article_path(shown.article))
    yield BLANK_LINE
    opening = " ".join(said.split())
    if opening:
        if len(opening) >= MAX_TEASER_CHARACTERS:
            opening = f"{opening[:MAX_TEASER_CHARACTERS].rpartition(' ')[0]} …"
        yield from paragraph(opening)
    if shown.versions > 1:
        count = counted(request.language, "%(num)s version", "%(num)s versions", shown.versions)
        yield link(f"({count})", request.prefix + article_path(shown.article, "/versions"))
        yield BLANK_LINE


def _led(line: Line, prefix: str) -> Line:
    """Add the prefix to a line's link to the paper."""
    if prefix and line.target and line.target.startswith("/"):
        return line._replace(target=prefix + line.target)
    return line


def _unwrapped(lines: Iterable[Line]) -> Iterator[str]:
    """Yield gemtext lines: one per paragraph and per link."""
    for is_text, run in groupby(lines, key=_is_text):
        if is_text:
            yield gemtext.unmarked(" ".join(line.text for line in run))
        else:
            yield from (
                f"=> {gemtext.url(line.target)} {line.text}" if line.target else line.text for line in run
            )


def _is_text(line: Line) -> bool:
    return not line.target and bool(line.text) and not line.text.startswith("# ")
