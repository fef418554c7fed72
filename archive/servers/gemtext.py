"""Writes pages as gemtext: paragraphs are not wrapped, and each link is a line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from archive.dump.grammar import (
    AUTHORS_HEADING,
    CAPTION_MARK,
    LINKS_HEADING,
    RELATED_HEADING,
    SECTION_HEADINGS,
    TAGS_HEADING,
    write_date,
)
from archive.dump.writer import blocks_with_references
from archive.model import Article, Author, Kind, Menu, Page, PageKey, Paragraph, Tag, Teaser
from archive.pagekey import selector
from archive.paper import ROOT_TITLE, TITLE_MARK

ZERO_WIDTH = "\N{ZERO WIDTH SPACE}"


@dataclass(frozen=True, slots=True)
class GemtextStyle:
    """Details in which capsules differ. ``headings`` maps the dump's section headings to theirs."""

    caption_link: str | None = None
    subhead: str = "## "
    headings: Mapping[str, str] = field(
        default_factory=lambda: dict(zip(SECTION_HEADINGS, SECTION_HEADINGS, strict=True))
    )
    links_lead: bool = True


DEFAULT_STYLE = GemtextStyle()


def write_gemtext(page: Page, manner: GemtextStyle = DEFAULT_STYLE) -> str:
    """Return a page as gemtext, with a line end at its end."""
    lines = _article(page, manner) if isinstance(page, Article) else _menu(page)
    return "".join(f"{' '.join(line.split())}\n" for line in lines)


def _menu(menu: Menu) -> Iterator[str]:
    yield from [ROOT_TITLE if menu.title is None else TITLE_MARK + menu.title, ""]
    for entry in menu.entries:
        yield from [*_teaser(entry), ""]


def _article(article: Article, manner: GemtextStyle) -> Iterator[str]:
    yield from [TITLE_MARK + article.title, ""]
    if article.lead:
        yield from [f"> {article.lead}", ""]
    if article.caption:
        caption = CAPTION_MARK + article.caption
        yield from [f"=> {manner.caption_link} {caption}" if manner.caption_link else caption, ""]
    yield from _body(article, manner.subhead)
    if article.published:
        yield from [write_date(article.published), ""]
    yield from _sections(article, manner)


def _body(article: Article, subhead: str) -> Iterator[str]:
    dateline = f"{article.dateline} | " if article.dateline else ""
    for block, written in blocks_with_references(article):
        if isinstance(block, Paragraph):
            yield from [*map(unmarked, (dateline + written).split("\n")), ""]
            dateline = ""
        else:
            yield from [subhead + written.removeprefix("## "), ""] if block.text else ["##", ""]


def _sections(article: Article, manner: GemtextStyle) -> Iterator[str]:
    headings = manner.headings
    if targets := dict.fromkeys(
        (link.position, link.target) for link in article.links if link.target is not None
    ):
        yield headings[LINKS_HEADING]
        for n, target in targets:
            yield f"=> {url(target)} [{n}] {target}" if manner.links_lead else f"[{n}] {target}"
        yield ""
    if article.authors:
        yield from [
            headings[AUTHORS_HEADING],
            *(_named(author, Kind.AUTHOR) for author in article.authors),
            "",
        ]
    if article.tags:
        yield from [headings[TAGS_HEADING], *(_named(tag, Kind.TOPIC) for tag in article.tags), ""]
    if article.related:
        yield headings[RELATED_HEADING]
        for teaser in article.related:
            yield from [*_teaser(teaser), ""]


def _named(name: Author | Tag, kind: Kind) -> str:
    return name.name if name.number is None else f"=> {selector(PageKey(kind, name.number))} {name.name}"


def _teaser(teaser: Teaser) -> list[str]:
    title = f"=> {url(teaser.target)} {teaser.title}" if teaser.target else teaser.title
    return [title, teaser.text] if teaser.text else [title]


def unmarked(line: str) -> str:
    """Escape a line that gemtext would read as a link or as the start of preformatted text."""
    return f"{ZERO_WIDTH}{line}" if line.lstrip().startswith(("=>", "```")) else line


def url(target: str) -> str:
    """Return a link's target as a URL reference: spaces, and a ``?`` in a path, are escaped."""
    return target.replace(" ", "%20") if "://" in target else quote(target, safe="/!&=+,;:@")
