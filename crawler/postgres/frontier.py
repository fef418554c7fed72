"""A frontier in a PostgreSQL database, as one run sees it. Calls block, so no event loop may make them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from psycopg import Connection

from archive.model import PageKey
from archive.policy.revisit import DEFAULT_PATIENCE
from archive.store import ALL_PRIORITIES, BackfillProgress, Priority
from crawler.fetch import Lease
from crawler.frontier.interface import Visit
from crawler.postgres import crawlers, discovery, leasing, settling
from crawler.postgres.connection import SharedDatabase
from crawler.postgres.leasing import Leased, LeaseRequest
from crawler.postgres.page_counts import backfill_progress
from crawler.postgres.settling import SharedPage


class PostgresFrontier:
    """The pages that several crawlers share. ``name`` is that of this crawler: its machine and its archive.

    Each call is one transaction, which is repeated if the connection breaks. :meth:`begin` comes first,
    :meth:`release` last. All times are the server's, so the clocks of the crawlers do not matter.
    """

    def __init__(self, database: SharedDatabase, *, name: str) -> None:
        self._database = database
        self._name = name
        self._run = 0
        self._held: dict[PageKey, int] = {}  # leased pages and their tokens

    def begin(self, sources: str) -> None:
        """Register this run, which asks these ``sources``."""
        self._run = self._database.run(lambda db: crawlers.begin(db, self._name, sources))

    def seed(self, keys: Sequence[PageKey]) -> None:
        """Add pages that are due now; known ones become due."""
        self._database.run(lambda db: discovery.seed(db, keys))

    def discover(self, keys: Sequence[PageKey]) -> None:
        """Add pages that are not known yet."""
        self._database.run(lambda db: discovery.discover(db, keys))

    def lease(
        self,
        count: int,
        *,
        duration: timedelta,
        of: Sequence[Priority] = ALL_PRIORITIES,
        unchecked_for: timedelta | None = None,
    ) -> Leased:
        """Lease up to ``count`` due pages, most urgent first.

        With ``unchecked_for``, the schedule and the homes of pages are ignored: all pages that were not
        checked for so long are due.
        """
        request = LeaseRequest(self._run, self._name, count, duration, of, unchecked_for)

        def work(db: Connection) -> Leased:
            crawlers.note_alive(db, self._run, duration)
            return leasing.lease(db, request)

        leased = self._database.run(work)
        self._hold(leased.leases)
        return leased

    def lease_partial(self, keys: Sequence[PageKey], *, duration: timedelta) -> Sequence[Lease]:
        """Lease those of some articles of which no machine has the whole text, due or not."""
        leases = self._database.run(lambda db: leasing.lease_partial(db, self._run, keys, duration))
        self._hold(leases)
        return leases

    def _hold(self, leases: Sequence[Lease]) -> None:
        self._held |= {one.key: one.token for one in leases}

    def renew(self, duration: timedelta) -> Mapping[PageKey, int]:
        """Renew the leases of this run, and note that it is alive. Return the leases it still holds."""

        def work(db: Connection) -> dict[PageKey, int]:
            crawlers.note_alive(db, self._run, duration)
            return leasing.renew(db, self._run, self._held, duration)

        self._held = self._database.run(work)
        return dict(self._held)  # the caller may read it in another thread, while this one leases more

    def give_up(self, lease: Lease) -> None:
        """Give back the lease of one page, if this run still has it."""
        self._database.run(lambda db: leasing.give_up(db, self._run, lease))
        if self._held.get(lease.key) == lease.token:
            del self._held[lease.key]

    def settle(self, visits: Sequence[Visit], *, patience: float = DEFAULT_PATIENCE) -> list[SharedPage]:
        """Update pages whose captures were recorded, and add the pages they link to.

        Return the new state of each page whose lease was held. A visit whose lease has passed to another run
        only adds links.
        """

        def work(db: Connection) -> list[SharedPage]:
            pages, done = settling.settle(db, visits, home=self._name, patience=patience)
            crawlers.note_alive(db, self._run, timedelta(0), done=done)
            return pages

        pages = self._database.run(work)
        for visit in visits:
            if visit.is_last:
                self._held.pop(visit.lease.key, None)
        return pages

    def any_due(self) -> bool:
        """Return whether this crawler could lease a page now, or soon, since others lead to new ones."""

        def work(db: Connection) -> bool:
            return bool(leasing.due_priorities(db, self._name)) or leasing.others_lease(db, self._run)

        return self._database.run(work)

    def backfill_progress(self) -> BackfillProgress:
        """Return how much of the paper's past is fetched, by all crawlers."""
        return self._database.run(backfill_progress)

    def release(self) -> None:
        """Give back the leases of this run, which has ended."""

        def work(db: Connection) -> None:
            leasing.release(db, self._run)
            crawlers.end(db, self._run)

        self._database.run(work)
        self._held = {}
