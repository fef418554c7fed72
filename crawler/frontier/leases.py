"""The pages that a run leases, within its options."""

import math
from collections.abc import Sequence
from datetime import datetime

from archive.model import PageKey
from archive.store import ALL_PRIORITIES, WITHOUT_BACKFILL, Priority
from crawler.fetch import Lease
from crawler.frontier.interface import Frontier
from crawler.options import CrawlOptions

PAST = tuple(priority for priority in ALL_PRIORITIES if priority not in WITHOUT_BACKFILL)


class Leases:
    """The leases of a run that began at ``started``. ``taken`` counts them."""

    def __init__(self, frontier: Frontier, options: CrawlOptions, *, started: datetime) -> None:
        self.taken = 0
        self._frontier = frontier
        self._options = options
        self._started = started
        # Pages of the past that may still be leased.
        self._past = math.inf if options.backfill is None else options.backfill

    @property
    def room(self) -> float:
        """How many more pages may be leased."""
        return math.inf if self._options.pages is None else self._options.pages - self.taken

    def count(self, most: int) -> int:
        """Return how many pages to lease at once, at most ``most``."""
        return int(min(most, self.room))

    def due(self, most: int, *, now: datetime) -> Sequence[Lease]:
        """Lease due pages. If the backfill is limited, current pages come first."""
        count = self.count(most)
        if self._options.backfill is None:
            return self._due(count, ALL_PRIORITIES, now)
        present = self._due(count, WITHOUT_BACKFILL, now)
        if present or self._frontier.is_pending:
            return present
        past = self._due(int(min(count, self._past)), PAST, now)
        self._past -= len(past)
        return past

    def partial(self, keys: Sequence[PageKey]) -> Sequence[Lease]:
        """Lease truncated articles."""
        return self._taken(self._frontier.lease_partial(keys))

    def _due(self, count: int, of: Sequence[Priority], now: datetime) -> Sequence[Lease]:
        self._started = min(self._started, now)  # otherwise a clock set back would make the run endless
        again = now - self._started if self._options.ignore_schedule else None
        return self._taken(self._frontier.lease(count, of=of, unchecked_for=again))

    def _taken(self, leases: Sequence[Lease]) -> Sequence[Lease]:
        self.taken += len(leases)
        return leases
