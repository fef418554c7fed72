"""The pages of a republished archive, and how they are set: in the paper's own layout, as the paper's are."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from archive.dump.wrapping import wrap
from archive.dump.writer import BLANK_LINE, write_dump
from archive.model import Article, Line
from archive.paper import ROOT_TITLE, TITLE_MARK
from archive.republish.routes import path_of
from archive.servers import gemtext
from archive.store import MenuArticle

TEASER = 300  # characters


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """An article, or the lines of a menu. ``prefix`` is put before links of an article that lead home."""

    article: Article | None = None
    menu: tuple[Line, ...] = ()
    prefix: str = ""

    @property
    def weight(self) -> int:
        """About how many bytes it takes."""
        text = self.article.text if self.article else ""
        return 3_000 + len(text) + sum(len(line.text) + 200 for line in self.menu)


def lines(sheet: Sheet) -> Sequence[Line]:
    if sheet.article is None:
        return sheet.menu
    return [_led(line, sheet.prefix) for line in write_dump(sheet.article)]


def text(sheet: Sheet) -> str:
    """The same as gemtext."""
    if sheet.article is None:
        return "".join(f"{line}\n" for line in _unwrapped(sheet.menu))
    written = gemtext.write_gemtext(sheet.article)
    return "".join(
        f"=> {sheet.prefix}{line.removeprefix('=> ')}" if line.startswith("=> /") else line
        for line in written.splitlines(keepends=True)
    )


def menu(title: str | None, *parts: Iterable[Line]) -> Sheet:
    """A page made of pointers; the root has no title."""
    head = Line(ROOT_TITLE if title is None else TITLE_MARK + title)
    return Sheet(menu=(head, BLANK_LINE, *(line for part in parts for line in part)))


def paragraph(said: str) -> Iterator[Line]:
    yield from (Line(line) for line in wrap(said, ""))
    yield BLANK_LINE


def link(said: str, target: str, item: str = "1") -> Line:
    return Line(said, target, item)


def teasers(articles: Iterable[MenuArticle], prefix: str) -> Iterator[Line]:
    """Articles as the paper's menus have them, and of an edited one where its versions are."""
    for shown in articles:
        yield from teaser(shown, prefix, shown.text)


def teaser(shown: MenuArticle, prefix: str, said: str) -> Iterator[Line]:
    yield link(shown.title, prefix + path_of(shown.article))
    yield BLANK_LINE
    opening = " ".join(said.split())
    if opening:
        yield from paragraph(opening if len(opening) < TEASER else f"{opening[:TEASER].rpartition(' ')[0]} …")
    if shown.versions > 1:
        yield link(f"({shown.versions} Fassungen)", prefix + path_of(shown.article, "/versions"))
        yield BLANK_LINE


def _led(line: Line, prefix: str) -> Line:
    """A line whose link leads home by way of the same time."""
    if prefix and line.target and line.target.startswith("/"):
        return line._replace(target=prefix + line.target)
    return line


def _unwrapped(lines: Iterable[Line]) -> Iterator[str]:
    """Gemtext: a paragraph a line, a link a line."""
    words: list[str] = []
    for line in lines:
        plain = not line.target and line.text and not line.text.startswith("# ")
        if plain:
            words.append(line.text)
            continue
        if words:
            yield gemtext.unmarked(" ".join(words))
            words = []
        yield f"=> {gemtext.url(line.target)} {line.text}" if line.target else line.text
    if words:
        yield gemtext.unmarked(" ".join(words))
