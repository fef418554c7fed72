"""Nouns of a crawl: a page that is leased and wanted, and its fetch from one source."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from archive.model import Outcome, PageKey
from archive.sources import Source


class Lease(NamedTuple):
    """A page that a run may fetch. ``token`` tells this lease from earlier and later ones of the page.

    ``is_present``: a run of a shared frontier archived the article, and none found it gone since.
    """

    key: PageKey
    token: int = 0
    is_present: bool = False


@dataclass(frozen=True, slots=True)
class WantedPage:
    """A page to fetch from one of the sources.

    ``failed`` are the names of sources that did not give it, ``refused`` of those whose robots.txt forbids
    it. ``heals``: the page was fetched, but truncated or transliterated, and another source may complete it.
    ``unconfirmed``: the page was not found, and is requested once more before it counts as gone. ``lease`` is
    the frontier's; None for a page that it did not give.
    """

    key: PageKey
    failed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    heals: bool = False
    unconfirmed: bool = False
    lease: Lease | None = None


@dataclass(frozen=True, slots=True)
class Fetch:
    """A page to fetch from one source. A ``probe`` tests whether a source that is down has come back."""

    wanted: WantedPage
    source: Source
    probe: bool = False

    @property
    def key(self) -> PageKey:
        """The key of the page."""
        return self.wanted.key

    def without(self, outcome: Outcome) -> WantedPage:
        """Return the page that remains wanted after ``outcome``, which did not bring a page."""
        wanted, name = self.wanted, (self.source.name,)
        if outcome is Outcome.FORBIDDEN:
            return replace(wanted, refused=wanted.refused + name)
        return replace(wanted, failed=wanted.failed + name)
