"""The pages that a run leases, within its options."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from archive.model import PageKey
from archive.store import ALL_PRIORITIES, WITHOUT_BACKFILL, Priority
from crawler.frontier.interface import Frontier
from crawler.options import CrawlOptions

PAST = tuple(priority for priority in ALL_PRIORITIES if priority not in WITHOUT_BACKFILL)
LEASE = timedelta(minutes=10)  # longer than any page takes, with retries


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

    def due(self, most: int, *, now: datetime) -> Sequence[PageKey]:
        """Lease due pages. If the backfill is limited, current pages come first."""
        count = self.count(most)
        if self._options.backfill is None:
            return self._take(count, ALL_PRIORITIES, now)
        if present := self._take(count, WITHOUT_BACKFILL, now):
            return present
        past = self._take(int(min(count, self._past)), PAST, now)
        self._past -= len(past)
        return past

    def _take(self, count: int, of: Sequence[Priority], now: datetime) -> Sequence[PageKey]:
        self._started = min(self._started, now)  # otherwise a clock set back would make the run endless
        again = self._started if self._options.ignore_schedule else None
        keys = self._frontier.lease(count, now=now, until=now + LEASE, unchecked_since=again, of=of)
        self.taken += len(keys)
        return keys
