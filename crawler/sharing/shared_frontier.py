"""The frontier of a crawl that shares its pages with other machines: nothing here waits for the server."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from archive.model import PageKey
from archive.store import ALL_PRIORITIES, BackfillProgress, PageState, Priority
from crawler import clock
from crawler.fetch import Lease
from crawler.frontier.interface import Visit
from crawler.sharing.background import BackgroundCalls

if TYPE_CHECKING:  # psycopg is an extra
    from crawler.postgres.frontier import PostgresFrontier
    from crawler.postgres.leasing import Leased

# How long to wait before looking again for due pages: others may discover some, or are just leasing.
LOOK_AGAIN_SECONDS = 1.0
Priorities = tuple[Priority, ...]


class SharedFrontier:
    """Leases pages ahead of need, renews the leases, and settles visits.

    ``on_news`` is called when leases have arrived, and when no page is due. ``adopt`` is called with the new
    states of settled pages, which the archive stores. ``counts_backfill``: the crawl asks at its end how much
    of the past is fetched, for which the server reads all pages.
    """

    def __init__(
        self,
        pages: "PostgresFrontier",
        calls: BackgroundCalls,
        *,
        duration: timedelta,
        patience: float,
        adopt: Callable[[Sequence[PageState]], None],
        counts_backfill: bool,
        look_again_seconds: float = LOOK_AGAIN_SECONDS,
    ) -> None:
        self.on_news: Callable[[], None] = lambda: None
        self.is_pending = False
        self._pages = pages
        self._calls = calls
        self._duration = duration
        self._patience = patience
        self._adopt = adopt
        self._counts_backfill = counts_backfill
        self._look_again_seconds = look_again_seconds
        self._arrived: dict[Priorities | Sequence[PageKey], Sequence[Lease]] = {}
        self._exhausted: set[Priority] = set()  # priorities of which nothing is due
        self._valid_until: dict[tuple[PageKey, int], float] = {}  # of each lease, in elapsed seconds
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._is_closing = False
        self._progress = BackfillProgress(0, 0, None)

    def lease(
        self, count: int, *, of: Sequence[Priority] = ALL_PRIORITIES, unchecked_for: timedelta | None = None
    ) -> Sequence[Lease]:
        """Return leases that have arrived and last; without any, ask for up to ``count``."""
        wanted = tuple(of)
        arrived = self._arrived.pop(wanted, ())
        held = tuple(filter(self.holds, arrived))
        for expired in set(arrived).difference(held):
            self.give_up(expired)
        if not (self.is_pending or held or self._exhausted.issuperset(wanted) or not count):
            call = partial(
                self._pages.lease, count, duration=self._duration, of=wanted, unchecked_for=unchecked_for
            )
            self._look(_Look(wanted, call))
        return held

    def _look(self, look: "_Look") -> None:
        self._keep_leases()
        self.is_pending = True
        self._calls.submit(look.call, partial(self._note_due, look, clock.elapsed_seconds()))

    def _note_due(self, look: "_Look", since: float, found: "Leased") -> None:
        """Note leases; without any, look again unless there is nothing left to wait for."""
        if not found.leases and (found.others or look.is_first):
            again = partial(self._look, look._replace(is_first=False))
            self._later("look", self._look_again_seconds, again)
            return
        if not found.leases:
            self._exhausted.update(look.wanted)
        self._note_leases(look.wanted, since, found.leases)

    def lease_partial(self, keys: Sequence[PageKey]) -> Sequence[Lease]:
        """Return leases of partial articles that have arrived; ask for others."""
        wanted = tuple(keys)
        if wanted not in self._arrived and not self.is_pending:
            self.is_pending = True
            call = partial(self._pages.lease_partial, wanted, duration=self._duration)
            self._calls.submit(call, partial(self._note_leases, wanted, clock.elapsed_seconds()))
        return self._arrived.pop(wanted, ())

    def _note_leases(
        self, wanted: Priorities | Sequence[PageKey], since: float, leases: Sequence[Lease]
    ) -> None:
        self.is_pending = False
        self._arrived[wanted] = leases
        until = since + self._duration.total_seconds()
        self._valid_until |= {(lease.key, lease.token): until for lease in leases}
        self.on_news()

    def holds(self, lease: Lease) -> bool:
        """Return whether a lease lasts."""
        return clock.elapsed_seconds() < self._valid_until.get((lease.key, lease.token), 0.0)

    def give_up(self, lease: Lease) -> None:
        """Give back a lease that has expired, so that any run may lease its page."""
        self._calls.submit(partial(self._pages.give_up, lease))

    def _keep_leases(self) -> None:
        """Renew all leases from time to time."""
        if "renew" not in self._timers:
            self._later("renew", self._duration.total_seconds() / 3, self._renew)

    def _renew(self) -> None:
        then = partial(self._note_renewed, clock.elapsed_seconds())
        self._calls.submit(partial(self._pages.renew, self._duration), then)
        self._later("renew", self._duration.total_seconds() / 3, self._renew)

    def _note_renewed(self, since: float, held: Mapping[PageKey, int]) -> None:
        self._valid_until = dict.fromkeys(held.items(), since + self._duration.total_seconds())

    def _later(self, name: str, seconds: float, call: Callable[[], None]) -> None:
        if not self._is_closing:
            self._timers[name] = asyncio.get_running_loop().call_later(seconds, call)

    def settle(self, visits: Iterable[Visit]) -> None:
        """Send visits to the server."""
        if settled := list(visits):
            self._exhausted.clear()  # they may lead to new pages
            self._calls.submit(partial(self._pages.settle, settled, patience=self._patience), self._adopt)

    def any_due(self) -> bool:
        """Return whether any page may be due, as far as is known."""
        return not self._exhausted.issuperset(ALL_PRIORITIES)

    def backfill_progress(self) -> BackfillProgress:
        """Return how much of the paper's past is fetched, as it was when the crawl ended."""
        return self._progress

    async def close(self) -> None:
        """Wait for what was sent to the server, and release all leases."""
        self._is_closing = True
        for timer in self._timers.values():
            timer.cancel()
        if self._counts_backfill:
            self._calls.submit(self._pages.backfill_progress, self._note_progress)
        self._calls.submit(self._pages.release)
        await self._calls.finish()

    def _note_progress(self, progress: BackfillProgress) -> None:
        self._progress = progress


class _Look(NamedTuple):
    """A look for due pages of some priorities."""

    wanted: Priorities
    call: "Callable[[], Leased]"
    is_first: bool = True
