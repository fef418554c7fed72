"""Pages laid out as by the real paper, with everything that is not text.

An article's dump is the writer's; here it gets the soft hyphens that break lines early, rows of filler,
tags that stand there twice, an old dateline without its bar. A reader must see through all of it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from archive.dump.grammar import TAGS_HEADING
from archive.dump.writer import write_dump, write_menu
from archive.model import Article, Kind, Line, Menu, Page, PageKey, Paragraph
from archive.pagekey import page_key, selector
from archive.text.hyphenation import SOFT_HYPHEN
from crawler.demo.newspaper.newsroom.desk import Desk
from crawler.demo.newspaper.newsroom.dice import Dice

FILLER = Line("\N{BRAILLE PATTERN BLANK}" * 12)
CLAIM = Line("Die Zeitung, die es nicht gibt. Jeden Tag neu.")
SEARCH_LINE = Line("Suche", "/suche", item="7")
GENDER_COLON = re.compile(r"(?<=\w):(?=innen)")


def set_page(desk: Desk, page: Page) -> list[Line]:
    """Return the lines of a page, top to bottom."""
    return _set_article(desk, page) if isinstance(page, Article) else _set_menu(page)


def _set_menu(menu: Menu) -> list[Line]:
    title, *rest = write_menu(menu)
    if menu.title is not None:
        return [title, *rest]
    return [title, Line(""), CLAIM, Line(""), SEARCH_LINE, *rest]


def _set_article(desk: Desk, article: Article) -> list[Line]:
    dice = Dice("press", article.title)
    if dice.chance(0.5):
        article = _with_soft_hyphens(article)
    lines = write_dump(_without_bar(article))
    if dice.chance(0.1):
        blanks = [at for at, line in enumerate(lines) if not line.text]
        lines.insert(dice.pick(blanks), FILLER)
    return list(_with_doubles(lines, _doubles(desk, article)))


def _with_soft_hyphens(article: Article) -> Article:
    """Add soft hyphens inside gendered words, which are invisible but counted when wrapping."""

    def hyphenated(text: str) -> str:
        return GENDER_COLON.sub(f"{SOFT_HYPHEN}:{SOFT_HYPHEN}", text)

    def moved(place: int | None) -> int | None:
        return None if place is None else place + len(hyphenated(before[:place])) - place

    before = article.text
    return replace(
        article,
        lead=article.lead and hyphenated(article.lead),
        blocks=tuple(replace(block, text=hyphenated(block.text)) for block in article.blocks),
        links=tuple(replace(link, start=moved(link.start), end=moved(link.end)) for link in article.links),
    )


def _without_bar(article: Article) -> Article:
    """Put ``BERLIN taz`` without a bar before the text, so that it is wrapped as text."""
    first = article.blocks[0] if article.blocks else None
    if not (article.dateline and article.dateline[:2].isupper() and isinstance(first, Paragraph)):
        return article
    place = f"{article.dateline} "
    links = (
        replace(link, start=link.start + len(place), end=link.end + len(place))
        if link.start is not None and link.end is not None
        else link
        for link in article.links
    )
    blocks = (Paragraph(place + first.text), *article.blocks[1:])
    return replace(article, dateline=None, blocks=blocks, links=tuple(links))


def _doubles(desk: Desk, article: Article) -> list[Line]:
    """Return the tags of the related articles, repeated for each article that has them."""
    numbers = {tag.number for tag in article.tags}
    keys = [page_key(teaser.target) for teaser in article.related if teaser.target]
    indexes = [desk.index(key.number) for key in keys if key]
    topics = [topic for index in indexes if index is not None for topic in desk.plan(index).topics]
    return [
        Line(desk.topic(number).name, selector(PageKey(Kind.TOPIC, number)), item="1")
        for number in topics
        if number in numbers
    ]


def _with_doubles(lines: Sequence[Line], doubles: list[Line]) -> Iterable[Line]:
    """The lines with ``doubles`` at the end of TAGS."""
    heading = next((at for at, line in enumerate(lines) if line.text == TAGS_HEADING and at), None)
    if heading is None or not doubles:
        return lines
    end = next(at for at in range(heading, len(lines)) if not lines[at].text)
    return [*lines[:end], *doubles, *lines[end:]]
