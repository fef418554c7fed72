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
from archive.wordiff import Block, Change, Mark, Piece, change, is_changed

NAMES = {"published": "date", "dateline": "place"}
AROUND = 2  # paragraphs that stayed the same and are shown before and after each that did not
UNFOLDED = 20_000  # characters that may be folded away; what is longer is only counted


@dataclass(frozen=True, slots=True)
class Stretch:
    """``count`` paragraphs in a row, shown or folded; too long even for that, they are not in ``blocks``."""

    folded: bool
    count: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """The changes of one field, as :class:`archive.wordiff.Change` counts them."""

    name: str
    added: int
    removed: int
    stretches: tuple[Stretch, ...]


def compared(db: Any, before: VersionRow, after: VersionRow) -> dict[str, object]:
    """What a page shows of the changes from one version to another, and which fields stayed."""
    every = (_compared_field(each) for each in edits.edited(db, before, after))
    found = [each for each in every if each.added or each.removed]
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


def _compared_field(edited: Edited) -> Compared:
    field, old, new = edited
    if field != "text":
        return _compared(change(field, old, new), ((), ()))
    head, tail = _same_ends(old.blocks, new.blocks)
    ends = (new.blocks[:head], new.blocks[len(new.blocks) - tail :])
    return _compared(change(field, _inner(old, head, tail), _inner(new, head, tail)), ends)


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


def _compared(change: Change, ends: tuple[Sequence[Part], Sequence[Part]]) -> Compared:
    head, tail = ([(Piece(Mark.SAME, block_text(part)),) for part in end] for end in ends)
    stretches = _stretches([*head, *change.blocks, *tail])
    return Compared(NAMES.get(change.field, change.field), change.added, change.removed, tuple(stretches))


def _stretches(blocks: Sequence[Block]) -> Iterator[Stretch]:
    """Blocks by whether they are near one that changed."""
    changed = [at for at, block in enumerate(blocks) if is_changed(block)]
    near = {at for place in changed for at in range(place - AROUND, place + AROUND + 1)}
    stretch: list[Block] = []
    for at, block in enumerate(blocks):
        if stretch and (at in near) != (at - 1 in near):
            yield _stretch(stretch, folded=at - 1 not in near)
            stretch = []
        stretch.append(block)
    yield _stretch(stretch, folded=len(blocks) - 1 not in near)


def _stretch(blocks: Sequence[Block], *, folded: bool) -> Stretch:
    length = sum(len(piece.text) for block in blocks for piece in block)
    return Stretch(
        folded, len(blocks), () if folded and length > UNFOLDED else tuple(map(within_words, blocks))
    )
