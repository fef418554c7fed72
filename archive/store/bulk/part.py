"""A part of all captures: those of the pages of one kind in a range of numbers.

All captures of a page are in one part, so what follows from them can be derived part by part, anywhere.
"""

import re
from typing import NamedTuple, Self

from archive.model import Kind, PageKey
from archive.pagekey import NUMBER_LIMIT

NUMBERS_PER_PART = 2_000  # not all are in use
SECTIONS_PER_PART = 1  # a section's page has as many captures as thousands of articles
UNNUMBERED = "unnumbered"  # the kind of the part of files that name no page

_KINDS = frozenset(kind.value for kind in Kind)
_NAME = re.compile(rf"({'|'.join(Kind)}|{UNNUMBERED})-([0-9]{{11}})")


class Part(NamedTuple):
    """The pages of a ``kind`` from number ``first`` on, or all files that name no page."""

    kind: str
    first: int

    @classmethod
    def of(cls, key: PageKey | None) -> Self:
        """Return the part that a page belongs to."""
        if key is None:
            return cls(UNNUMBERED, 0)
        numbers = _numbers_per_part(key.kind)
        return cls(key.kind.value, key.number // numbers * numbers)

    @classmethod
    def named(cls, name: str) -> Self:
        """Parse ``article-00006080000``. Raise :exc:`ValueError` for anything else."""
        found = _NAME.fullmatch(name)
        if not found or int(found[2]) % _numbers_per_part(found[1]):
            raise ValueError(f'invalid name of a part: "{name}"')
        return cls(found[1], int(found[2]))

    @property
    def name(self) -> str:
        """The name, as of files and folders; names sort as parts do."""
        return f"{self.kind}-{self.first:0{len(str(NUMBER_LIMIT - 1))}}"

    @property
    def last(self) -> int:
        """The last number."""
        return self.first + _numbers_per_part(self.kind) - 1

    def has(self, key: PageKey | None) -> bool:
        """Return whether a page belongs to this part."""
        return self == Part.of(key)


def is_page(kind: str | None, number: int | None) -> bool:
    """Return whether there can be a page of a kind with a number; only the root has 0."""
    if kind not in _KINDS or number is None:
        return False
    return (kind == Kind.ROOT) == (number == 0) and 0 <= number < NUMBER_LIMIT


def _numbers_per_part(kind: str) -> int:
    return SECTIONS_PER_PART if kind == Kind.SECTION else NUMBERS_PER_PART
