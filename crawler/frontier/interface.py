"""The interface of a frontier: the archive's own tables, or one that several machines share.

A page is done when the capture that ends its visit is stored; any capture may lead to new pages. The archive
stores both in the transaction of the capture (``Writer.record``). Another frontier is updated right after
that, by ``complete``. If a machine dies in between, its pages are due again when their leases expire.
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
    """Known and due pages. ``Writer.frontier`` is one. All times are aware."""

    def seed(self, keys: Sequence[PageKey], *, at: datetime) -> None:
        """Add pages that are due now; known ones become due."""

    def discover(self, keys: Iterable[PageKey], *, at: datetime, shard: Shard = ONLY_SHARD) -> None:
        """Add pages that are not known yet."""

    def assign_shard(self, shard: Shard) -> None:
        """Lease only the pages of ``shard``."""

    def lease(
        self,
        count: int,
        *,
        now: datetime,
        until: datetime,
        unchecked_since: datetime | None = None,
        of: Sequence[Priority] = ALL_PRIORITIES,
    ) -> Sequence[PageKey]:
        """Lease up to ``count`` due pages ``until`` a time, most urgent first."""

    def complete(self, fetches: Sequence[CompletedFetch], *, at: datetime) -> None:
        """Update pages whose captures were recorded ``at`` a time, and add the pages they link to."""

    def backfill_progress(self) -> BackfillProgress:
        """Return how much of the paper's past is fetched."""

    def any_due(self, *, now: datetime) -> bool:
        """Return whether any page is due, quickly."""


def completed_fetch(capture: Capture, done: Recorded) -> CompletedFetch:
    """Return what a frontier needs of a capture."""
    assert capture.key
    return CompletedFetch(capture.key, done.found, done.again)
