"""Titles with a few lines of text: related articles, and the entries of menus."""

from collections.abc import Iterable, Sequence

from archive.dump.grammar import SENTENCE_END, is_blank
from archive.dump.wrapping import WRAPPED, Truncations, ends_block, is_never_wrapped, join_lines, line_text
from archive.model import Layout, Line, Teaser

_BLANK = Line("")
MENU_ITEM = "1"
SEARCH_ITEM = "7"  # a search field is not an entry


def read_teasers(
    lines: Sequence[Line], truncations: Truncations, layout: Layout = WRAPPED
) -> tuple[Teaser, ...]:
    """Read teasers, top to bottom. Link lines are titles; without links :func:`_is_title` decides."""
    blocks = _linked(lines) if any(map(_is_link, lines)) else _unlinked(lines, layout)
    return tuple(_teaser(title, text, truncations) for title, *text in blocks)


def _teaser(title_line: Line, text_lines: list[Line], truncations: Truncations) -> Teaser:
    title = truncations.record("related", line_text(title_line))
    text = truncations.record("related", join_lines(text_lines), text_lines)
    return Teaser(title, text or None, title_line.target)


def _is_link(line: Line) -> bool:
    """Return whether a line is a link. Saved text can mark one whose target is lost."""
    return line.target is not None or line.item == MENU_ITEM


def _linked(lines: Iterable[Line]) -> list[list[Line]]:
    """Return each link line with the text under it, without text before the first link."""
    blocks: list[list[Line]] = []
    for line in lines:
        if line.item == SEARCH_ITEM:
            continue
        if _is_link(line):
            blocks.append([line])
        elif blocks and not is_blank(line.text):
            blocks[-1].append(line)
    return blocks


def _unlinked(lines: Sequence[Line], layout: Layout) -> list[list[Line]]:
    """Return blocks of lines, the first of each a title; a blank line or another title begins the next."""
    blocks: list[list[Line]] = []
    for before, line, after in zip([_BLANK, *lines], lines, [*lines[1:], _BLANK], strict=False):
        if is_blank(line.text):
            continue
        # A title has text under it, so the first line after one continues its block, blank or not.
        is_open = blocks and len(blocks[-1]) == 1
        if is_open or not (is_blank(before.text) or _is_title(before, line, after, layout)):
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return blocks


def _is_title(before: Line, line: Line, after: Line, layout: Layout) -> bool:
    """Return whether a line below a teaser's text is the next title.

    It is if a sentence ends before it and it has a kicker, or if it ends early and without ending a sentence.
    This reads all 48 entries seen without links correctly. A line that was never wrapped is a title, too.
    """
    if is_never_wrapped(line.text, layout) or (": " in line.text and _ends_sentence(before)):
        return True
    return not is_blank(after.text) and ends_block(line, after, layout) and not _ends_sentence(line)


def _ends_sentence(line: Line) -> bool:
    return not line.truncated and SENTENCE_END.search(line.text.rstrip()) is not None
