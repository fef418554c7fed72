"""The interface of a frontier: the archive's own tables, or one that several machines share.

A page is leased, and done when the capture that ends its visit is stored. The archive stores both in the
transaction of the capture (``Writer.record``). A shared frontier is updated right after that, by ``settle``.
If a machine dies in between, its pages are due again when their leases expire.

Times are durations, because the clocks of several machines differ: a shared frontier goes by its own clock.

For one machine, :class:`crawler.frontier.embedded.EmbeddedFrontier` has both interfaces. For several,
:class:`crawler.postgres.frontier.PostgresFrontier` waits for its database: it is used before a crawl. During
the crawl, :class:`crawler.sharing.shared_frontier.SharedFrontier` calls it in a thread of its own.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple, Protocol

from archive.model import Outcome, PageKey
from archive.store import ALL_PRIORITIES, BackfillProgress, Priority
from crawler.fetch import Lease


class Visit(NamedTuple):
    """A stored capture of a leased page, with what the frontier remembers of it.

    ``links`` are the pages that its page links to. ``is_done``: the page counts as checked, and is scheduled.
    It does not if another source is to be asked for it, or if the capture was to complete a truncated article
    and has no page. ``is_last``: no other source is to be asked, so the lease ends. ``digest`` identifies the
    wording of an article that was read whole; None if it is not known. ``is_partial``: the article is
    truncated or transliterated. ``is_edit``: the run's own archive has another wording, which counts if the
    digests do not say.
    """

    lease: Lease
    outcome: Outcome
    links: Sequence[PageKey] = ()
    is_done: bool = True
    is_last: bool = True
    digest: bytes | None = None
    published: date | None = None
    is_partial: bool = False
    is_edit: bool = False


class FrontierPages(Protocol):
    """The pages of a frontier, before a crawl begins."""

    def seed(self, keys: Sequence[PageKey]) -> None:
        """Add pages that are due now; known ones become due."""

    def discover(self, keys: Sequence[PageKey]) -> None:
        """Add pages that are not known yet."""

    def any_due(self) -> bool:
        """Return whether any page is due, quickly."""

    def backfill_progress(self) -> BackfillProgress:
        """Return how much of the paper's past is fetched."""


class Frontier(Protocol):
    """The due pages of a crawl. No call waits for another machine."""

    @property
    def is_pending(self) -> bool:
        """Whether pages were asked for that have not arrived: then a lease of none does not mean the end."""

    def lease(
        self, count: int, *, of: Sequence[Priority] = ALL_PRIORITIES, unchecked_for: timedelta | None = None
    ) -> Sequence[Lease]:
        """Lease up to ``count`` due pages, most urgent first.

        With ``unchecked_for``, the schedule is ignored: all pages that were not checked for so long are due.
        """

    def lease_partial(self, keys: Sequence[PageKey]) -> Sequence[Lease]:
        """Lease those of some articles of which no machine has the whole text, due or not."""

    def holds(self, lease: Lease) -> bool:
        """Return whether a lease lasts, by a clock that does not stop while the process is stopped."""

    def give_up(self, lease: Lease) -> None:
        """Give back a lease that has expired, so that any run may lease its page."""

    def settle(self, visits: Iterable[Visit]) -> None:
        """Update pages whose captures were recorded, and add the pages they link to.

        A visit whose lease has passed to another run only adds links.
        """

    def any_due(self) -> bool:
        """Return whether any page is due, quickly."""

    def backfill_progress(self) -> BackfillProgress:
        """Return how much of the paper's past is fetched."""
