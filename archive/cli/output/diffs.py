"""Show changes: old words struck and red, new ones green, or as ``[-old-]{+new+}`` like wdiff."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.text import Text

from archive.cli.output.printing import coloured, count, print_text
from archive.text.letter_diff import split_corrected_words
from archive.text.sentence_edits import SentenceEdits
from archive.text.word_diff import DiffBlock, FieldChange, Mark, Piece, is_changed

_STYLES = {Mark.SAME: "", Mark.OLD: "red strike", Mark.NEW: "green"}
_BRACKETS = {Mark.SAME: ("", ""), Mark.OLD: ("[-", "-]"), Mark.NEW: ("{+", "+}")}
_CONTEXT_WORDS, _BRIEF_CONTEXT_WORDS = 30, 4  # unchanged words before and after each change
_BRIEF_CHARACTERS = 240  # of the changes to one field in a summary


def print_change(change: FieldChange, sentences: SentenceEdits | None = None) -> None:
    """Print a field's changed paragraphs, and how many unchanged ones are between them.

    ``sentences`` are what became of those of the text.
    """
    print_text(Text.assemble((change.field, "bold"), f"  {amount(change)}"))
    if change.field == "text" and sentences and (became := sentence_amount(sentences)):
        print_text(Text(became, style="dim"), indent=2)
    for line in _lines(change.blocks):
        print_text(line, indent=2)


def amount(change: FieldChange) -> str:
    """Return how many words a change adds and removes: ``+12 −3 words``."""
    added = [f"+{change.added}"] if change.added else []
    removed = [f"−{change.removed}"] if change.removed else []
    words = "word" if change.added + change.removed == 1 else "words"
    return " ".join([*added, *removed, words])


def sentence_amount(found: SentenceEdits) -> str:
    """Return how many sentences became what: ``3 sentences added, 1 removed``; empty if none did."""
    names = {"added": "added", "removed": "removed", "edited": "changed", "moved": "moved"}
    counts = [(found.counts[kind], name) for kind, name in names.items() if found.counts[kind]]
    if not counts:
        return ""
    (first, name), *others = counts
    return ", ".join([f"{count(first, 'sentence')} {name}", *(f"{many:,} {name}" for many, name in others)])


def _lines(blocks: Sequence[DiffBlock]) -> Iterator[Text]:
    for has_changed, run in groupby(blocks, key=is_changed):
        if has_changed:
            yield from (marked_up(block, context=_CONTEXT_WORDS) for block in run)
        else:
            yield Text(f"({count(len(list(run)), 'paragraph')} unchanged)", style="dim")


def brief(change: FieldChange) -> Text:
    """Return the changes to a field as one line, each with a few words around it, truncated if long."""
    parts = [marked_up(block, context=_BRIEF_CONTEXT_WORDS) for block in change.blocks if is_changed(block)]
    text = Text(" … ").join(parts)
    return _truncated(text) if len(text) > _BRIEF_CHARACTERS else text


def _truncated(text: Text) -> Text:
    """Truncate marked text after a word, and close the bracket that is still open."""
    kept = text[: text.plain.rfind(" ", 0, _BRIEF_CHARACTERS)]
    ends = [
        after
        for before, after in _BRACKETS.values()
        if before and kept.plain.rfind(before) > kept.plain.rfind(after)
    ]
    return Text.assemble(kept, *ends, " …")


def marked_up(block: DiffBlock, *, context: int) -> Text:
    """Return a paragraph with its changes and ``context`` unchanged words before and after each."""
    plain = not coloured()
    text = Text()
    block = split_corrected_words(block)
    for at, piece in enumerate(block):
        # No space within "[-old-]{+new+}", as in git's word diff.
        replaces = at > 0 and block[at - 1].mark is Mark.OLD and piece.mark is Mark.NEW
        shown = shortened(piece, context, first=at == 0, last=at == len(block) - 1)
        before, after = _BRACKETS[piece.mark] if plain else ("", "")
        text.append("" if not at or piece.joins or (plain and replaces) else " ")
        text.append(before + shown + after, style=_STYLES[piece.mark])
    return text


def shortened(piece: Piece, context: int, *, first: bool, last: bool) -> str:
    """Return a piece's text; if it is unchanged, only ``context`` words at the ends next to changes."""
    words = piece.text.split()
    head, tail = (0 if first else context), (0 if last else context)
    if piece.mark is not Mark.SAME or len(words) <= head + tail + 1:
        return piece.text
    return " ".join([*words[:head], "…", *words[len(words) - tail :]])
