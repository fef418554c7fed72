"""What a crawl asks of its frontier, and all it asks: the archive's own table, or one that machines share.

A page is **done** with the capture that ends its visit, and pages are found with any capture. The archive
notes both in the transaction that stores it (``Archive.record``). A frontier kept elsewhere is told right
after that, by ``settle``; what it never hears of, since a machine died, is due once its lease is over.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from archive.model import Capture, PageKey
from archive.store import (
    ALL_PRIORITIES,
    ONLY_SHARD,
    BackfillProgress,
    CompletedFetch,
    Priority,
    Recorded,
    Shard,
)


class Frontier(Protocol):
    """Which pages are known and due. All times are aware; ``Writer.frontier`` is one."""

    def seed(self, keys: Sequence[PageKey], *, at: datetime) -> None:
        """Make pages known, and due now whatever their schedule."""

    def discover(self, keys: Iterable[PageKey], *, at: datetime, shard: Shard = ONLY_SHARD) -> None:
        """Make pages known; those that are known already stay as they are."""

    def assign_shard(self, shard: Shard) -> None:
        """Leave to other machines what is theirs."""

    def lease(
        self,
        count: int,
        *,
        now: datetime,
        until: datetime,
        unchecked_since: datetime | None = None,
        of: Sequence[Priority] = ALL_PRIORITIES,
    ) -> Sequence[PageKey]:
        """Take up to ``count`` pages that are due, most urgent first; kept from others ``until`` then."""

    def complete(self, fetches: Sequence[CompletedFetch], *, at: datetime) -> None:
        """Captures were recorded ``at``: their pages are done, or not yet, and led to others."""

    def backfill_progress(self) -> BackfillProgress:
        """How far back in the paper's history this is."""

    def any_due(self, *, now: datetime) -> bool:
        """Whether there is anything to fetch; quick."""


def completed_fetch(capture: Capture, done: Recorded) -> CompletedFetch:
    """What a frontier is to know of a capture of one of its pages."""
    assert capture.key
    return CompletedFetch(capture.key, done.found, done.again)
