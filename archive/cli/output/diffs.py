"""How changes look: old words struck in red and new ones green, or ``[-old-]{+new+}`` as wdiff has it."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from archive.cli.output.tables import coloured, count, print_text
from archive.text.letter_diff import within_words
from archive.text.word_diff import Block, Change, Mark, Piece, is_changed

STYLES = {Mark.SAME: "", Mark.OLD: "red strike", Mark.NEW: "green"}
BRACKETS = {Mark.SAME: ("", ""), Mark.OLD: ("[-", "-]"), Mark.NEW: ("{+", "+}")}
# Words of what stays the same that are shown before and after each change.
CONTEXT, BRIEF_CONTEXT = 30, 4
# How much of the changes to one field a summary shows.
BRIEF = 240


def print_change(change: Change) -> None:
    """One field's changes: its changed paragraphs, and how many there are between them that stayed."""
    print_text(Text.assemble((change.field, "bold"), f"  {amount(change)}"))
    for line in _lines(change.blocks):
        print_text(line, indent=2)


def amount(change: Change) -> str:
    """``+12 −3 words``."""
    parts = [f"+{change.added}" * bool(change.added), f"−{change.removed}" * bool(change.removed)]
    words = "word" if change.added + change.removed == 1 else "words"
    return f"{' '.join(filter(None, parts))} {words}"


def _lines(blocks: Sequence[Block]) -> Iterator[Text]:
    same = 0
    for block in blocks:
        if not is_changed(block):
            same += 1
            continue
        if same:
            yield Text(f"({count(same, 'paragraph')} unchanged)", style="dim")
        same = 0
        yield inked(block, context=CONTEXT)
    if same:
        yield Text(f"({count(same, 'paragraph')} unchanged)", style="dim")


def brief(change: Change) -> Text:
    """The changes to one field on one line, each with a few words around it; cut where there are many."""
    parts = [inked(block, context=BRIEF_CONTEXT) for block in change.blocks if is_changed(block)]
    text = Text(" … ").join(parts)
    return Text.assemble(text[:BRIEF], " …") if len(text) > BRIEF else text


def inked(block: Block, *, context: int) -> Text:
    """A paragraph with its changes, and as many unchanged words before and after each as ``context`` says."""
    plain = not coloured()
    text = Text()
    block = within_words(block)
    for at, piece in enumerate(block):
        # "[-old-]{+new+}" as git has it: no space between what was replaced and what replaced it.
        replaces = at > 0 and block[at - 1].mark is Mark.OLD and piece.mark is Mark.NEW
        shown = shortened(piece, context, first=at == 0, last=at == len(block) - 1)
        before, after = BRACKETS[piece.mark] if plain else ("", "")
        text.append("" if not at or piece.joins or (plain and replaces) else " ")
        text.append(before + shown + after, style=STYLES[piece.mark])
    return text


def shortened(piece: Piece, context: int, *, first: bool, last: bool) -> str:
    """What stays the same between two changes, without its middle; what changed, whole."""
    words = piece.text.split()
    head, tail = (0 if first else context), (0 if last else context)
    if piece.mark is not Mark.SAME or len(words) <= head + tail + 1:
        return piece.text
    return " ".join([*words[:head], "…", *words[len(words) - tail :]])
