"""Two wordings beside each other: what changed and a little around it, what stayed the same folded away."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from archive.letterdiff import within_words
from archive.model import Article, block_text
from archive.model import Block as Part
from archive.store import looking
from archive.store.looking import VersionRow
from archive.wordiff import FIELDS, Block, Change, Mark, Piece, changes, is_changed

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
    old, new = looking.wording(db, before), looking.wording(db, after)
    head, tail = _same_ends(old.blocks, new.blocks)
    found = changes(_inner(old, head, tail), _inner(new, head, tail))
    ends = (new.blocks[:head], new.blocks[len(new.blocks) - tail :])
    changed = {change.field for change in found}
    return {
        "changes": [_compared(change, ends if change.field == "text" else ((), ())) for change in found],
        "same": [NAMES.get(field, field) for field in FIELDS if field not in changed],
        "added": sum(change.added for change in found),
        "removed": sum(change.removed for change in found),
    }


def _same_ends(old: Sequence[Part], new: Sequence[Part]) -> tuple[int, int]:
    """How many paragraphs at either end nobody need compare: a long text mostly stays as it is."""
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    rest = shorter - head
    tail = next((at for at in range(rest) if old[-1 - at] != new[-1 - at]), rest)
    return max(head - AROUND, 0), max(tail - AROUND, 0)


def _inner(article: Article, head: int, tail: int) -> Article:
    return replace(article, blocks=article.blocks[head : len(article.blocks) - tail])


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
