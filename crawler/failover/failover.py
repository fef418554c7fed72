"""Failover: which capture completes its page, and what is still to be fetched from another source."""

from archive.model import Capture, Outcome, PageKey
from archive.renditions.read_capture import ParsedCapture, read_capture
from archive.store import Reader
from crawler import clock
from crawler.failover.gone_confirmation import as_unconfirmed
from crawler.failover.policy import NO_PAGE, FailoverPolicy, Fetch, WantedPage
from crawler.items import PageItem


class Failover:
    """Judges the captures of a crawl by a :class:`FailoverPolicy`.

    Without an ``archive``, a page that is not found is not known to have been there before.
    """

    def __init__(self, policy: FailoverPolicy, archive: Reader | None = None) -> None:
        self.policy = policy
        self._archive = archive
        self._unconfirmed: dict[PageKey, str] = {}  # present articles that a source did not find

    def item_of(self, fetch: Fetch, capture: Capture) -> PageItem:
        """Return the item of a capture, with what is still wanted of its page."""
        checked = as_unconfirmed(capture, fetch.wanted, self._archive) if self._archive else capture
        if checked.outcome is not capture.outcome:
            self._unconfirmed[fetch.key] = fetch.source.name
        is_unconfirmed = fetch.key in self._unconfirmed
        parsed = read_capture(checked)
        further = self._further(fetch, parsed)
        # A page that could not be healed has not failed.
        is_final = not further and (not fetch.wanted.heals or parsed.outcome not in NO_PAGE)
        return PageItem(
            capture=checked,
            parsed=parsed,
            fetch=fetch,
            further=further,
            is_final=is_final,
            is_unconfirmed=is_unconfirmed,
        )

    def _further(self, fetch: Fetch, parsed: ParsedCapture) -> WantedPage | None:
        """Return what to try next for a page. A source that did not find it is asked again last."""
        missing_at = self._unconfirmed.get(fetch.key)
        # The server has answered, so it is not down.
        outcome = Outcome.UNREADABLE if missing_at == fetch.source.name else parsed.outcome
        if further := self.policy.answered(fetch, outcome, parsed.problem, now=clock.utc_now()):
            return further
        missing_at = self._unconfirmed.pop(fetch.key, None)
        had = fetch.wanted.heals or parsed.outcome not in NO_PAGE
        return WantedPage(fetch.key, unconfirmed=True) if missing_at and not had else None
