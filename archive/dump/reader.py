"""Lines → article or menu. Pure, in linear time."""

from collections.abc import Sequence
from dataclasses import dataclass

from archive.dump.body import read_body, read_links
from archive.dump.grammar import (
    AUTHORS_HEADING,
    CAPTION_LINE,
    LEAD_LINE,
    LINKS_HEADING,
    POSSIBLE_UMLAUT,
    RELATED_HEADING,
    TAGS_HEADING,
    TITLE_LINE,
    clean,
    is_blank,
)
from archive.dump.sections import PageParts, read_names, read_targets, split_page
from archive.dump.teasers import MENU_ITEM, read_teasers
from archive.dump.wrapping import WRAPPED, Truncations, join_lines, line_text
from archive.errors import DumpError
from archive.model import Article, Author, Layout, Line, Menu, Tag
from archive.pagekey import page_key
from archive.paper import TITLE_MARK

_MAX_QUOTED_LENGTH = 40  # characters of a page that an error quotes


def parse_dump(lines: Sequence[Line], layout: Layout = WRAPPED) -> Article:
    """Read an article's page.

    Where the rendition dropped blank lines, paragraphs are inferred by the wrap rule, or are single lines if
    it does not wrap. Raises :exc:`DumpError` if the first line is not a title or the page is a menu.
    """
    raw_title, parts = _divide_article(lines)
    head = _read_head(parts.body)
    below_head = parts.body[head.length :]
    truncations = Truncations()  # filled while the parts are read, top to bottom
    title = truncations.record("title", raw_title)
    lead = truncations.record("lead", join_lines(head.lead), head.lead)
    caption = truncations.record("caption", line_text(head.caption))
    blanks_kept = _blanks_kept(parts.body)
    body = read_body(below_head, truncations, layout, blanks_kept=blanks_kept)
    targets = read_targets(parts.sections[LINKS_HEADING], truncations)
    authors = read_names(parts.sections[AUTHORS_HEADING], Author, truncations)
    tags = read_names(parts.sections[TAGS_HEADING], Tag, truncations)
    related = read_teasers(parts.sections[RELATED_HEADING], truncations, layout)
    return Article(
        title=title,
        lead=lead or None,
        caption=caption or None,
        dateline=body.dateline,
        blocks=body.blocks,
        published=parts.published,
        links=read_links(body, targets),
        authors=authors,
        tags=tags,
        related=related,
        truncations=tuple(truncations),
        paragraphs_inferred=layout.wrapped and not blanks_kept and len(body.blocks) > 0,
        transliterated=layout.transliterated and any(map(POSSIBLE_UMLAUT.search, (lead, caption, body.text))),
    )


def parse_menu(lines: Sequence[Line], layout: Layout = WRAPPED) -> Menu:
    """Read a section, topic or author page, or the root. Raises :exc:`DumpError` if it has no title."""
    title_at, title = _read_title(lines)
    entries = read_teasers(lines[title_at + 1 :], Truncations(), layout)
    return Menu(title=None if title is None else Truncations().record("title", title), entries=entries)


def _read_title(lines: Sequence[Line]) -> tuple[int, str | None]:
    """Return the index of the title line and the title, which is None on the root menu."""
    at = next((at for at, line in enumerate(lines) if not is_blank(line.text)), None)
    if at is None:
        raise DumpError(1, expected=f'"{TITLE_MARK}…"', found="nothing")
    text = line_text(lines[at])
    match = TITLE_LINE.fullmatch(text)
    if not match:
        raise DumpError(at + 1, expected=f'"{TITLE_MARK}…"', found=_quote(clean(lines[at].text)))
    return at, match["title"]


def _quote(text: str) -> str:
    return f'"{text}"' if len(text) <= _MAX_QUOTED_LENGTH else f'"{text[:_MAX_QUOTED_LENGTH]}…"'


def _divide_article(lines: Sequence[Line]) -> tuple[str, PageParts]:
    """Return the title and the parts below it. Raise :exc:`DumpError` for a menu."""
    at, title = _read_title(lines)
    if title is None:
        raise DumpError(at + 1, expected=f'an article, "{TITLE_MARK}…"', found="the root menu")
    parts = split_page(lines[at + 1 :])
    _refuse_menu(parts, at + 2)
    return title, parts


def _refuse_menu(parts: PageParts, first_line: int) -> None:
    """Raise :exc:`DumpError` for link lines outside the sections of a page without a date.

    In saved text a line can be marked as a link although its target is lost.
    """
    if parts.published:
        return
    for at, line in enumerate(parts.body, start=first_line):
        if page_key(line.target) if line.target else line.item == MENU_ITEM:
            found = f"a menu's link {_quote(clean(line.text))}"
            raise DumpError(at, expected="an article's text", found=found)


@dataclass(frozen=True, slots=True)
class _Head:
    lead: list[Line]
    caption: Line
    length: int  # lines, including blank ones


def _read_head(lines: Sequence[Line]) -> _Head:
    """Read lead and caption, each optional, at the top; both without their marks."""
    lead: list[Line] = []
    caption = None
    for at, line in enumerate(lines):
        text = clean(line.text)
        if match := LEAD_LINE.fullmatch(text):
            lead.append(Line(match["text"] or "", truncated=line.truncated))
        elif caption is None and (match := CAPTION_LINE.fullmatch(text)):
            caption = Line(match["text"] or "", truncated=line.truncated)
        elif text:
            return _Head(lead, caption or Line(""), at)
    return _Head(lead, caption or Line(""), len(lines))


def _blanks_kept(lines: Sequence[Line]) -> bool:
    """Return whether any line but the last is blank. Fillers do not count: all renditions keep them."""
    end = len(lines)
    while end and not lines[end - 1].text.strip():
        end -= 1
    return not all(line.text.strip() for line in lines[:end])
