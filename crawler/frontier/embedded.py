"""The frontier of an archive, for a crawl that shares it with no other machine."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from archive.model import PageKey
from archive.store import ALL_PRIORITIES, BackfillProgress, Priority, Writer
from crawler import clock
from crawler.fetch import Lease
from crawler.frontier.interface import Visit

LEASE = timedelta(minutes=10)  # longer than any page takes, with retries


class EmbeddedFrontier:
    """The pages of the archive that is crawled.

    Leases protect nothing here, since the archive's lock keeps other runs out.
    """

    is_pending = False

    def __init__(self, archive: Writer) -> None:
        self._pages = archive.frontier

    def seed(self, keys: Sequence[PageKey]) -> None:
        """Add pages that are due now; known ones become due."""
        self._pages.seed(keys, at=clock.utc_now())

    def discover(self, keys: Sequence[PageKey]) -> None:
        """Add pages that are not known yet."""
        self._pages.discover(keys, at=clock.utc_now())

    def lease(
        self,
        count: int,
        *,
        of: Sequence[Priority] = ALL_PRIORITIES,
        unchecked_for: timedelta | None = None,
    ) -> Sequence[Lease]:
        """Lease up to ``count`` due pages, most urgent first."""
        now = clock.utc_now()
        since = None if unchecked_for is None else now - unchecked_for
        keys = self._pages.lease(count, now=now, until=now + LEASE, unchecked_since=since, of=of)
        return [Lease(key) for key in keys]

    def lease_partial(self, keys: Sequence[PageKey]) -> Sequence[Lease]:
        """Return all of the articles: the archive knows which of them lack text."""
        return [Lease(key) for key in keys]

    def holds(self, lease: Lease) -> bool:  # noqa: ARG002 - as the interface has it
        """Return True."""
        return True

    def give_up(self, lease: Lease) -> None:
        """Do nothing: no lease expires here."""

    def settle(self, visits: Iterable[Visit]) -> None:
        """Do nothing: the transaction that stored the captures has updated the pages."""

    def any_due(self) -> bool:
        """Return whether any page is due."""
        return self._pages.any_due(now=clock.utc_now())

    def backfill_progress(self) -> BackfillProgress:
        """Return how far back the archive goes."""
        return self._pages.backfill_progress()
