"""Nouns of a crawl: a page that is wanted, and its fetch from one source."""

from dataclasses import dataclass, replace

from archive.model import Outcome, PageKey
from archive.sources import Source


@dataclass(frozen=True, slots=True)
class WantedPage:
    """A page to fetch from one of the sources.

    ``failed`` are the names of sources that did not give it, ``refused`` of those whose robots.txt forbids
    it. ``heals``: the page was fetched, but truncated or transliterated, and another source may complete it.
    ``unconfirmed``: the page was not found, and is requested once more before it counts as gone.
    """

    key: PageKey
    failed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    heals: bool = False
    unconfirmed: bool = False


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
