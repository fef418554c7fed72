"""What the spider needs of a frontier. The archive's own table is one; a shared one can be another."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from archive.model import PageKey


class Frontier(Protocol):
    """Pages known, due, being fetched. A page is done when its capture is recorded, and only then."""

    def discover(self, keys: Iterable[PageKey], *, at: datetime) -> None:
        """Make pages known; those known already are left as they are."""

    def lease(
        self, count: int, *, now: datetime, until: datetime, unchecked_since: datetime | None = None
    ) -> Sequence[PageKey]:
        """Take up to ``count`` pages, most urgent first, nobody else gets before ``until``.

        Only what is due, or, with ``unchecked_since``, all that was not looked at since.
        """
