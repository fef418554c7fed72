"""Writes the paragraphs of a diff as HTML. A template would be slow for thousands of them."""

from collections.abc import Iterable

from markupsafe import Markup, escape

from archive.text.word_diff import DiffBlock, Mark, Piece, is_changed, join_pieces

SUBHEAD_MARK = "## "  # starts a subhead; in HTML a class marks it instead
TAG_BY_MARK = {Mark.OLD: "del", Mark.NEW: "ins"}


def inline(block: DiffBlock) -> Markup:
    """Return a paragraph with both wordings merged: ``<del>`` for old words, ``<ins>`` for new ones."""
    kind = ' class="subhead"' if block and block[0].text.startswith(SUBHEAD_MARK) else ""
    return Markup(f"<p{kind}>{_words(block)}</p>")  # noqa: S704 - its words are escaped


def side_by_side(block: DiffBlock) -> Markup:
    """Return a paragraph as two columns, the old wording and the new one."""
    kind = "pair changed" if is_changed(block) else "pair"
    old, new = (_words(piece for piece in block if piece.mark is not mark) for mark in (Mark.NEW, Mark.OLD))
    return Markup(f'<div class="{kind}"><p>{old}</p><p>{new}</p></div>')  # noqa: S704 - its words are escaped


def _words(pieces: Iterable[Piece]) -> str:
    first, *others = [*pieces] or [Piece(Mark.SAME, "")]
    return join_pieces([first._replace(text=first.text.removeprefix(SUBHEAD_MARK)), *others], _tagged)


def _tagged(piece: Piece) -> str:
    tag, text = TAG_BY_MARK.get(piece.mark), str(escape(piece.text))
    return f"<{tag}>{text}</{tag}>" if tag else text
