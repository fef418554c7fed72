"""The interface of a frontier: the archive's own tables, or one that several machines share.

A page is done when the capture that ends its visit is stored; any capture may lead to new pages. The archive
stores both in the transaction of the capture (``Writer.record``). Another frontier is updated right after
that, by ``complete``. If a machine dies in between, its pages are due again when their leases expire.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol

from archive.model import Capture, Outcome, PageKey
from archive.store import (
    ALL_PRIORITIES,
    ONLY_SHARD,
    BackfillProgress,
    CompletedFetch,
    Priority,
    Recorded,
    Shard,
)


class Lease(NamedTuple):
    """A page that a run may fetch. ``token`` tells this lease from earlier and later ones of the page.

    ``is_present``: some machine has the article, and did not find it gone since.
    """

    key: PageKey
    token: int = 0
    is_present: bool = False


class Visit(NamedTuple):
    """A stored capture of a leased page, with what the frontier remembers of it.

    ``links`` are the pages that its page links to. ``is_done`` is False if another source is to be asked for
    the page. ``digest`` identifies the wording of an article that was read whole; None if it is not known.
    ``is_partial``: the article is truncated or transliterated.
    """

    lease: Lease
    outcome: Outcome
    links: Sequence[PageKey] = ()
    is_done: bool = True
    digest: bytes | None = None
    published: date | None = None
    is_partial: bool = False


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
