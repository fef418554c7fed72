"""The frontier that an archive stores: which pages are known, due and leased."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlite_utils import Database

from archive.model import PageKey
from archive.store.db.transactions import transaction
from archive.store.frontier import discovery, fetch_budget, known_pages, leasing, refetch
from archive.store.frontier.known_pages import (
    ALL_PRIORITIES,
    ONLY_SHARD,
    BackfillProgress,
    PageState,
    Priority,
    Shard,
)
from archive.store.frontier.refetch import RefetchSources


class ArchiveFrontier:
    """The frontier that an archive stores; one transaction per call."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def seed(self, keys: Sequence[PageKey], *, at: datetime) -> None:
        """Add pages and make them due now, whatever their schedule."""
        with transaction(self._db):
            known_pages.add(self._db, keys, at)  # not discover(), which limits the links of one page
            known_pages.make_due_now(self._db, keys, at)

    def discover(self, keys: Iterable[PageKey], *, at: datetime, shard: Shard = ONLY_SHARD) -> None:
        """Add pages that are not known yet."""
        with transaction(self._db):
            discovery.discover(self._db, keys, at, shard=shard)

    def assign_shard(self, shard: Shard) -> int:
        """Skip the pages that other machines fetch. Return how many are not skipped any more.

        See :class:`archive.store.frontier.known_pages.Shard`.
        """
        with transaction(self._db):
            return known_pages.assign_shard(self._db, shard)

    def lease(
        self,
        count: int,
        *,
        now: datetime,
        until: datetime,
        unchecked_since: datetime | None = None,
        of: Sequence[Priority] = ALL_PRIORITIES,
    ) -> Sequence[PageKey]:
        """Lease up to ``count`` pages that are due; see :func:`archive.store.frontier.leasing.lease`."""
        with transaction(self._db):
            return leasing.lease(
                self._db, count, now=now, until=until, unchecked_since=unchecked_since, of=of
            )

    def adopt(self, states: Iterable[PageState]) -> None:
        """Take over the states of pages from a shared frontier."""
        with transaction(self._db):
            known_pages.adopt(self._db, states)

    def backfill_progress(self) -> BackfillProgress:
        """Return how far back the archive goes."""
        return known_pages.backfill_progress(self._db)

    def any_due(self, *, now: datetime) -> bool:
        """Return whether any page is due."""
        return leasing.is_any_due(self._db, now=now)

    def reset_future_checks(self, *, at: datetime) -> int:
        """Make pages checked in the future due, after a clock was ahead. Returns how many."""
        with transaction(self._db):
            return known_pages.reset_future_checks(self._db, at)

    def truncated_articles(self, count: int, asking: RefetchSources, *, first: int = 1) -> Sequence[PageKey]:
        """Return up to ``count`` articles to refetch; see :mod:`archive.store.frontier.refetch`."""
        return refetch.truncated_articles(self._db, count, asking, first=first)

    def needs_refetch(self, key: PageKey, asking: RefetchSources) -> bool:
        """Return whether an article has truncations that one of these sources may heal."""
        return bool(refetch.truncated_articles(self._db, 1, asking, first=key.number, last=key.number))

    def patience_for_budget(self, budget: int, *, now: datetime) -> float:
        """Return the patience with which ``budget`` fetches a day suffice."""
        return fetch_budget.patience_for_budget(self._db, budget, now=now)
