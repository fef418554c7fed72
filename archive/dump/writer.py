"""An article or menu → the lines of its page, as the paper lays them out: the inverse of the reader."""

from collections.abc import Iterator

from archive.dump.grammar import (
    AUTHORS_HEADING,
    CAPTION_MARK,
    LINKS_HEADING,
    RELATED_HEADING,
    TAGS_HEADING,
    write_date,
)
from archive.dump.refs import Ref, write_refs
from archive.dump.wrapping import wrap
from archive.model import (
    Article,
    Author,
    Block,
    Kind,
    Line,
    Menu,
    PageKey,
    Paragraph,
    Tag,
    Teaser,
    block_text,
)
from archive.pagekey import selector
from archive.paper import ROOT_TITLE, TITLE_MARK

BLANK_LINE = Line("")


def write_dump(article: Article) -> list[Line]:
    """Return the lines of an article's page.

    Reading them gives an equal article, with three exceptions: a paragraph that looks like a heading, a line
    that looks like a date, and a line of verse so long that the wrap rule sees no break after it are written
    unchanged, and read as what they look like.
    """
    lines = [Line(TITLE_MARK + article.title), BLANK_LINE]
    if article.lead:
        lines += [*_text(article.lead, "> "), BLANK_LINE]
    if article.caption:
        lines += [Line(CAPTION_MARK + article.caption, item="I"), BLANK_LINE]
    lines += _body(article)
    if article.published:
        lines += [Line(write_date(article.published)), BLANK_LINE]
    return [*lines, *_sections(article)]


def write_menu(menu: Menu) -> list[Line]:
    """Return the lines of a section, topic or author page: linked titles with their teasers."""
    lines = [Line(ROOT_TITLE if menu.title is None else TITLE_MARK + menu.title), BLANK_LINE]
    for entry in menu.entries:
        lines += [_link(entry.title, entry.target), BLANK_LINE]
        if entry.text:
            lines += [*_text(entry.text), BLANK_LINE]
    return lines


def _text(text: str, prefix: str = "") -> list[Line]:
    return [Line(line) for line in wrap(text, prefix)]


def _link(text: str, target: str | None) -> Line:
    return Line(text, target, item="1" if target else "i")


def _body(article: Article) -> Iterator[Line]:
    dateline = f"{article.dateline} | " if article.dateline else ""
    for block, written in blocks_with_references(article):
        if isinstance(block, Paragraph):
            for verse in (dateline + written).split("\n"):
                yield from _text(verse)
            dateline = ""
        else:
            yield Line(written)
        yield BLANK_LINE
    if dateline:  # without any paragraph
        yield from [Line(dateline.rstrip()), BLANK_LINE]


def blocks_with_references(article: Article) -> Iterator[tuple[Block, str]]:
    """Yield each block, and its text with the brackets of its references."""
    placed = sorted(
        (link.start, link.end, link.position)
        for link in article.links
        if link.start is not None and link.end is not None
    )
    start = at = 0
    for block in article.blocks:
        shown = block_text(block)
        end = start + len(shown)
        refs = []
        while at < len(placed) and placed[at][0] <= end:
            first, last, n = placed[at]
            if start <= first and last <= end:
                refs.append(Ref(n, first - start, last - start))
            at += 1
        yield block, write_refs(shown, refs)
        start = end + len("\n\n")


def _sections(article: Article) -> Iterator[Line]:
    # Two targets may share a number; the first counts for the text, so the order matters.
    if targets := dict.fromkeys(
        (link.position, link.target) for link in article.links if link.target is not None
    ):
        yield Line(LINKS_HEADING)
        yield from (_link(f"[{n}] {target}", target) for n, target in targets)
        yield BLANK_LINE
    if article.authors:
        yield from [
            Line(AUTHORS_HEADING),
            *(_named(author, Kind.AUTHOR) for author in article.authors),
            BLANK_LINE,
        ]
    if article.tags:
        yield from [Line(TAGS_HEADING), *(_named(tag, Kind.TOPIC) for tag in article.tags), BLANK_LINE]
    if article.related:
        yield Line(RELATED_HEADING)
        for teaser in article.related:
            yield from [*_teaser(teaser), BLANK_LINE]


def _named(name: Author | Tag, kind: Kind) -> Line:
    return _link(name.name, None if name.number is None else selector(PageKey(kind, name.number)))


def _teaser(teaser: Teaser) -> list[Line]:
    return [_link(teaser.title, teaser.target), *(_text(teaser.text) if teaser.text else [])]
