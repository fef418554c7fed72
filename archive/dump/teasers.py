"""Titles with a few lines under them: related articles, and all that menus are made of."""

from collections.abc import Iterable, Sequence

from archive.dump.grammar import CUT, WIDTH, clean
from archive.dump.wrapping import cuts, ends_block, join, unwrapped
from archive.model import Cut, Line, Teaser

SEARCH = "7"  # an item to type words into leads nowhere by itself


def read_teasers(lines: Sequence[Line]) -> tuple[tuple[Teaser, ...], list[Cut]]:
    """Teasers, top to bottom. A link line is a title; text without any links goes by the wrap rule."""
    blocks = _linked(lines) if any(line.target for line in lines) else _unlinked(lines)
    teasers, cut = [], []
    for title_line, *text_lines in blocks:
        title, text = unwrapped(title_line), join(text_lines)
        cut += [*cuts("related", title), *cuts("related", text, text_lines)]
        shown = text.replace(CUT, "…") or None
        teasers.append(Teaser(title.replace(CUT, "…"), shown, title_line.target))
    return tuple(teasers), cut


def _linked(lines: Iterable[Line]) -> list[list[Line]]:
    """Each link line with the text under it; text before the first link belongs to none."""
    blocks: list[list[Line]] = []
    for line in lines:
        if line.item == SEARCH:
            continue
        if line.target:
            blocks.append([line])
        elif blocks and clean(line.text):
            blocks[-1].append(line)
    return blocks


def _unlinked(lines: Iterable[Line]) -> list[list[Line]]:
    """A block's first line is its title; a blank line ends it, or a line with room for the next word."""
    blocks: list[list[Line]] = []
    blank = True
    for line in lines:
        if not clean(line.text):
            blank = True
            continue
        # A title has text under it, so the first line after one continues its block, blank or not.
        starts = not blocks or (len(blocks[-1]) > 1 and (blank or _is_title(blocks[-1][-1], line)))
        if starts:
            blocks.append([line])
        else:
            blocks[-1].append(line)
        blank = False
    return blocks


def _is_title(previous: Line, line: Line) -> bool:
    """Titles are never wrapped, teasers always; a kicker's colon decides where a gendered word hides it."""
    if previous.cut:
        return False
    first_word = line.text.partition(" ")[0]
    fits = len(previous.text) + 1 + len(first_word) <= WIDTH
    return len(line.text) > WIDTH or ends_block(previous, line) or (fits and ": " in line.text)
