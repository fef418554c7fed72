"""Two wordings beside each other: what changed and a little around it, what stayed the same folded away."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from archive.letterdiff import within_words
from archive.model import Article, block_text
from archive.model import Block as Part
from archive.reading.edits import FIELDS
from archive.store import edits
from archive.store.edits import Edited
from archive.store.looking import VersionRow
from archive.web.deadline import Deadline
from archive.wordiff import Block, Change, Mark, Piece, change, is_changed

NAMES = {"published": "date", "dateline": "place"}
AROUND = 2  # paragraphs that stayed the same and are shown before and after each that did not
UNFOLDED = 20_000  # characters that may be folded away; what is longer is only counted
LONGEST = 2_000_000  # characters that are compared, of both wordings; they take about three seconds
MOST_TRUNCATIONS = 2_000  # of both wordings, each of which is compared with many words
MOST_PIECES = 10_000  # that are shown of a field; the paragraphs after them are only counted
AT_A_TIME = 500  # paragraphs between two looks at how many pieces there are


@dataclass(frozen=True, slots=True)
class Stretch:
    """``count`` paragraphs in a row, shown or folded; too long even for that, they are not in ``blocks``."""

    folded: bool
    count: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """The changes of one field, as :class:`archive.wordiff.Change` counts them.

    ``hidden`` counts paragraphs after the last stretch. A field ``too_long`` to compare has no stretches.
    """

    name: str
    added: int
    removed: int
    stretches: tuple[Stretch, ...]
    hidden: int = 0
    too_long: bool = False


def compared(db: Any, before: VersionRow, after: VersionRow, deadline: Deadline) -> dict[str, object]:
    """What a page shows of the changes from one version to another, and which fields stayed."""
    every = (_compared_field(each, deadline) for each in edits.edited(db, before, after))
    found = [each for each in every if each.added or each.removed or each.too_long]
    changed = {each.name for each in found}
    truncated = {NAMES.get(field, field) for field in edits.truncated_fields(db, before, after)}
    others = [name for name in (NAMES.get(field, field) for field in FIELDS) if name not in changed]
    return {
        "changes": found,
        "same": [name for name in others if name not in truncated],
        "unknown": [name for name in others if name in truncated],
        "added": sum(each.added for each in found),
        "removed": sum(each.removed for each in found),
    }


def _compared_field(edited: Edited, deadline: Deadline) -> Compared:
    deadline.check()
    inner, ends = differing(edited)
    if is_too_long(inner, LONGEST):
        return Compared(NAMES.get(edited.field, edited.field), 0, 0, (), too_long=True)
    return _compared(change(*inner), ends)


Ends = tuple[Sequence[Part], Sequence[Part]]


def differing(edited: Edited) -> tuple[Edited, Ends]:
    """Return wordings without the paragraphs at either end that both share, and these paragraphs."""
    field, old, new = edited
    if field != "text":
        return edited, ((), ())
    head, tail = _same_ends(old.blocks, new.blocks)
    ends = (new.blocks[:head], new.blocks[len(new.blocks) - tail :])
    return Edited(field, _inner(old, head, tail), _inner(new, head, tail)), ends


def is_too_long(edited: Edited, longest: int) -> bool:
    """Return whether two wordings of a field have more characters together, or too many truncations."""
    field, *both = edited
    length = sum(len(str(getattr(article, field) or "")) for article in both)
    return length > longest or sum(len(article.cuts) for article in both) > MOST_TRUNCATIONS


def _same_ends(old: Sequence[Part], new: Sequence[Part]) -> tuple[int, int]:
    """How many paragraphs at either end nobody need compare: a long text mostly stays as it is."""
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    rest = shorter - head
    tail = next((at for at in range(rest) if old[-1 - at] != new[-1 - at]), rest)
    return max(head - AROUND, 0), max(tail - AROUND, 0)


def _inner(article: Article, head: int, tail: int) -> Article:
    """An article without its first and last paragraphs; of its truncations those in the rest of the text."""
    inner = replace(article, blocks=article.blocks[head : len(article.blocks) - tail])
    start = sum(len(block_text(block)) + len("\n\n") for block in article.blocks[:head])
    places = range(start, start + len(inner.text))
    cuts = (cut for cut in article.cuts if cut.field == "text" and cut.offset in places)
    return replace(inner, cuts=tuple(replace(cut, offset=cut.offset - start) for cut in cuts))


def _compared(change: Change, ends: Ends) -> Compared:
    head, tail = ([(Piece(Mark.SAME, block_text(part)),) for part in end] for end in ends)
    shown, hidden, pieces = list[Stretch](), 0, 0
    for folded, blocks in _parts([*head, *change.blocks, *tail]):
        if pieces >= MOST_PIECES:
            hidden += len(blocks)
        else:
            shown.append(_stretch(blocks, folded=folded))
            pieces += sum(map(len, shown[-1].blocks))
    name = NAMES.get(change.field, change.field)
    return Compared(name, change.added, change.removed, tuple(shown), hidden)


def _parts(blocks: Sequence[Block]) -> Iterator[tuple[bool, Sequence[Block]]]:
    """Blocks by whether they are far from any that changed, which folds them; of others few at a time."""
    changed = [at for at, block in enumerate(blocks) if is_changed(block)]
    near = {at for place in changed for at in range(place - AROUND, place + AROUND + 1)}
    start = 0
    for at in range(1, len(blocks) + 1):
        folded = start not in near
        is_full = not folded and at - start >= AT_A_TIME
        if at == len(blocks) or is_full or (at in near) == folded:
            yield folded, blocks[start:at]
            start = at


def _stretch(blocks: Sequence[Block], *, folded: bool) -> Stretch:
    length = sum(len(piece.text) for block in blocks for piece in block)
    is_counted = folded and length > UNFOLDED
    return Stretch(folded, len(blocks), () if is_counted else tuple(map(_bounded, blocks)))


def _bounded(block: Block) -> Block:
    """A paragraph with its corrected words taken apart; of one of very many pieces the first."""
    if len(block) <= MOST_PIECES:
        return within_words(block)
    return (*block[:MOST_PIECES], Piece(Mark.SAME, "…"))
