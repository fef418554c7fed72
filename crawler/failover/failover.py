"""Failover: which capture completes its page, and what is still to be fetched from another source."""

from archive.model import Outcome, PageKey
from archive.renditions.read_capture import ParsedCapture
from archive.store import Reader
from crawler import clock
from crawler.failover.gone_confirmation import as_unconfirmed
from crawler.failover.policy import NO_PAGE, FailoverPolicy
from crawler.fetch import Fetch, WantedPage
from crawler.items import PageItem


class Failover:
    """Judges the captures of a crawl by a :class:`FailoverPolicy`."""

    def __init__(self, policy: FailoverPolicy, archive: Reader) -> None:
        self.policy = policy
        self._archive = archive
        self._unconfirmed: dict[PageKey, str] = {}  # present articles that a source did not find

    def judge(self, item: PageItem, found: ParsedCapture) -> ParsedCapture:
        """Note what a capture of the crawl holds: set what is still wanted of its page in the item.

        Return what it is to be recorded as: a first "not found" of an article is a failed fetch.
        """
        fetch = item.fetch
        if fetch is None:
            return found
        checked = as_unconfirmed(item.capture, found, fetch.wanted, self._archive)
        if checked.outcome is not item.capture.outcome:
            found = ParsedCapture(None, checked.outcome, checked.problem)
            self._unconfirmed[fetch.key] = fetch.source.name
        item.capture, item.is_unconfirmed = checked, fetch.key in self._unconfirmed
        item.further = self._further(fetch, found)
        # A page that could not be healed has not failed.
        item.is_final = not item.further and (not fetch.wanted.heals or found.outcome not in NO_PAGE)
        return found

    def _further(self, fetch: Fetch, found: ParsedCapture) -> WantedPage | None:
        """Return what to try next for a page. A source that did not find it is asked again last."""
        missing_at = self._unconfirmed.get(fetch.key)
        # The server has answered, so it is not down.
        outcome = Outcome.UNREADABLE if missing_at == fetch.source.name else found.outcome
        if further := self.policy.answered(fetch, outcome, found.problem, now=clock.utc_now()):
            return further
        missing_at = self._unconfirmed.pop(fetch.key, None)
        had = fetch.wanted.heals or found.outcome not in NO_PAGE
        again = WantedPage(fetch.key, unconfirmed=True, lease=fetch.wanted.lease)
        return again if missing_at and not had else None
