"""The paper's pages as gemtext: nothing wrapped, and headings spelled as they come."""

from collections.abc import Iterator
from urllib.parse import quote

from archive.dump.grammar import (
    AUTHORS,
    CAPTION_MARK,
    LINKS,
    RELATED,
    SECTIONS,
    TAGS,
    TITLE_MARK,
    write_date,
)
from archive.dump.refs import write_refs
from archive.dump.writer import refs_within
from archive.model import Article, Author, Kind, Menu, Page, PageKey, Paragraph, Tag, Teaser, block_text
from archive.pagekey import selector
from crawler.newspaper.dice import Dice

# How a section's heading may be spelled; "{}" stands for its name.
SPELLINGS = ("## {}", "## {}", "{}", "# {}", "### {}")
SUBHEADS = ("## ", "## ", "### ")


def write_gemtext(page: Page) -> str:
    """The page, ending in a line end."""
    lines = _article(page) if isinstance(page, Article) else _menu(page)
    return "".join(f"{' '.join(line.split())}\n" for line in lines)


def _menu(menu: Menu) -> Iterator[str]:
    yield from ["# taz.de" if menu.title is None else TITLE_MARK + menu.title, ""]
    for entry in menu.entries:
        yield from [*_teaser(entry), ""]


def _article(article: Article) -> Iterator[str]:
    dice = Dice("gemtext", article.title)
    yield from [TITLE_MARK + article.title, ""]
    if article.lead:
        yield from [f"> {article.lead}", ""]
    if article.caption:
        caption = CAPTION_MARK + article.caption
        yield from [f"=> /bild.jpg {caption}" if dice.chance(0.5) else caption, ""]
    yield from _body(article, dice.pick(SUBHEADS))
    if article.published:
        yield from [write_date(article.published), ""]
    headings = dict(zip(SECTIONS, SECTIONS, strict=True))
    if article.published:  # without a date above nobody could tell a bare one from text
        headings = {name: dice.pick(SPELLINGS).format(name.removeprefix("## ")) for name in SECTIONS}
    yield from _sections(article, headings, listed_as_links=dice.chance(0.5))


def _body(article: Article, subhead: str) -> Iterator[str]:
    dateline = f"{article.dateline} | " if article.dateline else ""
    start = 0
    for block in article.blocks:
        shown = block_text(block)
        written = write_refs(shown, refs_within(article.links, start, start + len(shown)))
        start += len(shown) + len("\n\n")
        if isinstance(block, Paragraph):
            yield from [*(dateline + written).split("\n"), ""]
            dateline = ""
        else:
            yield from [subhead + written.removeprefix("## "), ""] if block.text else ["##", ""]


def _sections(article: Article, headings: dict[str, str], *, listed_as_links: bool) -> Iterator[str]:
    if targets := dict.fromkeys((link.n, link.target) for link in article.links if link.target is not None):
        yield headings[LINKS]
        for n, target in targets:
            yield f"=> {_url(target)} [{n}] {target}" if listed_as_links else f"[{n}] {target}"
        yield ""
    if article.authors:
        yield from [headings[AUTHORS], *(_named(author, Kind.AUTHOR) for author in article.authors), ""]
    if article.tags:
        yield from [headings[TAGS], *(_named(tag, Kind.TOPIC) for tag in article.tags), ""]
    if article.related:
        yield headings[RELATED]
        for teaser in article.related:
            yield from [*_teaser(teaser), ""]


def _named(name: Author | Tag, kind: Kind) -> str:
    return name.name if name.number is None else f"=> {selector(PageKey(kind, name.number))} {name.name}"


def _teaser(teaser: Teaser) -> list[str]:
    title = f"=> {_url(teaser.target)} {teaser.title}" if teaser.target else teaser.title
    return [title, teaser.text] if teaser.text else [title]


def _url(target: str) -> str:
    """A target as a URL reference: no space may be in it, and a ``?`` in a path is escaped."""
    return target.replace(" ", "%20") if "://" in target else quote(target, safe="/!&=+,;:@")
