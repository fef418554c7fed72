"""Titles with a few lines under them: related articles, and all that menus are made of."""

from collections.abc import Iterable, Sequence

from archive.dump.grammar import WIDTH, is_blank
from archive.dump.wrapping import WRAPPED, Cuts, ends_block, is_never_wrapped, join, unwrapped
from archive.model import Layout, Line, Teaser

MENU = "1"
SEARCH = "7"  # an item to type words into leads nowhere by itself


def read_teasers(lines: Sequence[Line], cuts: Cuts, layout: Layout = WRAPPED) -> tuple[Teaser, ...]:
    """Teasers, top to bottom. A link line is a title; text without any links goes by the wrap rule."""
    blocks = _linked(lines) if any(map(_is_link, lines)) else _unlinked(lines, layout)
    return tuple(_teaser(title, text, cuts) for title, *text in blocks)


def _teaser(title_line: Line, text_lines: list[Line], cuts: Cuts) -> Teaser:
    title = cuts.show("related", unwrapped(title_line))
    text = cuts.show("related", join(text_lines), text_lines)
    return Teaser(title, text or None, title_line.target)


def _is_link(line: Line) -> bool:
    """Whether a line is a link. In saved text it can be marked as one, and its target lost."""
    return line.target is not None or line.item == MENU


def _linked(lines: Iterable[Line]) -> list[list[Line]]:
    """Each link line with the text under it; text before the first link belongs to none."""
    blocks: list[list[Line]] = []
    for line in lines:
        if line.item == SEARCH:
            continue
        if _is_link(line):
            blocks.append([line])
        elif blocks and not is_blank(line.text):
            blocks[-1].append(line)
    return blocks


def _unlinked(lines: Iterable[Line], layout: Layout) -> list[list[Line]]:
    """A block's first line is its title; a blank line ends it, or a line with room for the next word."""
    blocks: list[list[Line]] = []
    blank = True
    for line in lines:
        if is_blank(line.text):
            blank = True
            continue
        # A title has text under it, so the first line after one continues its block, blank or not.
        starts = not blocks or (len(blocks[-1]) > 1 and (blank or _is_title(blocks[-1][-1], line, layout)))
        if starts:
            blocks.append([line])
        else:
            blocks[-1].append(line)
        blank = False
    return blocks


def _is_title(previous: Line, line: Line, layout: Layout) -> bool:
    """Titles are never wrapped, teasers always; a kicker's colon decides where a gendered word hides it."""
    if previous.cut:
        return False
    fits = len(previous.text) + len(" ") + len(line.text.partition(" ")[0]) <= WIDTH
    return (
        is_never_wrapped(line.text, layout)
        or ends_block(previous, line, layout)
        or (fits and ": " in line.text)
    )
