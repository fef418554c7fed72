"""Two wordings beside each other: their changes as rows of blocks, what stayed the same folded away."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from archive.store import looking
from archive.store.looking import VersionRow
from archive.wordiff import FIELDS, Block, Change, Mark, changes, is_changed

NAMES = {"published": "date", "text": "text", "dateline": "place"}
FOLDED = 2  # paragraphs that stayed the same and are shown before and after each that did not


@dataclass(frozen=True, slots=True)
class Stretch:
    """Paragraphs in a row, shown or folded."""

    folded: bool
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
    found = changes(looking.wording(db, before), looking.wording(db, after))
    changed = {change.field for change in found}
    return {
        "changes": [_compared(change) for change in found],
        "same": [NAMES.get(field, field) for field in FIELDS if field not in changed],
        "added": sum(change.added for change in found),
        "removed": sum(change.removed for change in found),
    }


def _compared(change: Change) -> Compared:
    name = NAMES.get(change.field, change.field)
    return Compared(name, change.added, change.removed, tuple(_stretches(change.blocks)))


def _stretches(blocks: Sequence[Block]) -> Iterator[Stretch]:
    """Blocks by whether they are near one that changed."""
    changed = [at for at, block in enumerate(blocks) if is_changed(block)]
    near = {at for place in changed for at in range(place - FOLDED, place + FOLDED + 1)}
    stretch: list[Block] = []
    for at, block in enumerate(blocks):
        if stretch and (at in near) != (at - 1 in near):
            yield Stretch(at - 1 not in near, tuple(stretch))
            stretch = []
        stretch.append(block)
    yield Stretch(len(blocks) - 1 not in near, tuple(stretch))


def side(block: Block, mark: str) -> Block:
    """One side's words of a block: those that ``old`` or ``new`` had."""
    return tuple(piece for piece in block if piece.mark in (Mark.SAME, mark))
