"""Which source to ask for a page, given the outcomes so far. Pure: outcomes and times are arguments.

Sources are asked in order of preference. If one does not give a page, the next is asked. A source that fails
on pages which others then give is down: it is only probed from time to time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from archive.model import Outcome, PageKey
from archive.sources import Source
from crawler.fetch import Fetch, WantedPage
from crawler.sources.registry import healers

DOWN_AFTER = 3  # consecutive pages that a source did not give and another did
# Consecutive pages that all sources failed to give, before the run ends as unreachable: further requests
# would only count as failures and delay the next visit of each page. The limit is higher once a page was
# fetched, since a series of broken pages is then likelier than an outage of all servers.
UNREACHABLE_AFTER, UNREACHABLE_LATER_AFTER = 10, 30
# A source that is down is probed after so many pages, or so much time, whichever comes first.
PROBE_PAGES, PROBE_TIME = 50, timedelta(minutes=5)
MAX_WAIT = timedelta(minutes=5)  # for a back-off of all sources; beyond it the run ends
LONG_AGO = datetime.min.replace(tzinfo=UTC)
NO_PAGE = frozenset({Outcome.FAILED, Outcome.UNREADABLE, Outcome.FORBIDDEN})


@dataclass(slots=True)
class SourceStanding:
    """The state of a source in this run.

    ``faults`` counts consecutive pages that other sources gave and this one did not; ``missing`` are the
    pages that it did not give since it last gave one. ``problem`` is its last problem. ``has_given`` means
    that it gave any page. ``probed_at`` and ``probed_page`` are the time and the number of pages at the last
    probe of a source that is down.
    """

    faults: int = 0
    missing: set[PageKey] = field(default_factory=set)
    problem: str = ""
    is_down: bool = False
    probed_at: datetime = LONG_AGO
    probed_page: int = 0
    backoff_until: datetime = LONG_AGO
    has_given: bool = False


class FailoverPolicy:
    """The states of ``sources``, in order of preference. ``news`` are changes that are not reported yet."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = tuple(sources)
        self.news: list[str] = []
        self._standing = {source.name: SourceStanding() for source in sources}
        self._pages = 0
        self._missed = 0  # consecutive pages that no source gave
        self._has_page = False

    def choose(self, wanted: WantedPage, *, now: datetime) -> Fetch | None:
        """Return the first source that may give a page; None if no source is left."""
        worth = self._can_heal if wanted.heals else self._can_give
        for source in self.sources:
            if source.name not in wanted.failed + wanted.refused and worth(source, now):
                return Fetch(wanted, source, probe=self._standing[source.name].is_down)
        return None

    def asked(self, fetch: Fetch, *, now: datetime) -> None:
        """Count a request, and note the time of a probe."""
        self._pages += not (fetch.wanted.failed or fetch.wanted.refused)
        if fetch.probe:
            self._probed(self._standing[fetch.source.name], now)

    def can_heal(self, *, now: datetime) -> bool:
        """Return whether a source is available that can complete truncated pages."""
        return any(self._can_heal(source, now) for source in self.sources)

    def _can_heal(self, source: Source, now: datetime) -> bool:
        return source.name in self.healer_names and self._may_ask(source, now)

    def _can_give(self, source: Source, now: datetime) -> bool:
        """Return whether a source may be asked for a new page. If all are down, all may be."""
        if self._missed < DOWN_AFTER and any(self._is_up(other, now) for other in self.sources):
            return self._may_ask(source, now)
        return not self._is_backed_off(source, now)

    def _may_ask(self, source: Source, now: datetime) -> bool:
        """Return whether a source is up, or due for a probe."""
        standing = self._standing[source.name]
        by_time = now >= standing.probed_at + PROBE_TIME
        by_pages = self._pages >= standing.probed_page + PROBE_PAGES
        return not self._is_backed_off(source, now) and (not standing.is_down or by_time or by_pages)

    def _is_up(self, source: Source, now: datetime) -> bool:
        return not self._standing[source.name].is_down and not self._is_backed_off(source, now)

    def _is_backed_off(self, source: Source, now: datetime) -> bool:
        return now < self._standing[source.name].backoff_until

    def _probed(self, standing: SourceStanding, now: datetime) -> None:
        standing.probed_at, standing.probed_page = now, self._pages

    def answered(
        self, fetch: Fetch, outcome: Outcome, problem: str | None, *, now: datetime
    ) -> WantedPage | None:
        """Note an answer. Return the page if it is still wanted; None if it came or no source is left."""
        if outcome not in NO_PAGE:
            self._note_page(fetch)
            if outcome is Outcome.OK and not fetch.wanted.heals:
                self._blame(fetch.wanted.failed, fetch.key, now)
            return None
        further = fetch.without(outcome)
        if outcome is not Outcome.FORBIDDEN:
            self._note_fault(fetch, outcome, problem, now)
        if self.choose(further, now=now):
            return further
        if outcome is not Outcome.UNREADABLE and further.failed and not further.heals:
            self._missed += 1
        return None

    def _note_page(self, fetch: Fetch) -> None:
        standing = self._standing[fetch.source.name]
        self._has_page, self._missed, standing.faults = True, 0, 0
        standing.has_given = True
        standing.missing.clear()
        if standing.is_down:
            standing.is_down = False
            self.news.append(f"{fetch.source.name} is back")

    def _note_fault(self, fetch: Fetch, outcome: Outcome, problem: str | None, now: datetime) -> None:
        standing = self._standing[fetch.source.name]
        standing.problem = problem or "no reason given"
        standing.missing.add(fetch.key)
        if outcome is Outcome.UNREADABLE:
            self._missed = 0  # a server has answered
        if fetch.wanted.heals:
            self._blame([fetch.source.name], fetch.key, now)  # another source gave the page before

    def _blame(self, names: Iterable[str], key: PageKey, now: datetime) -> None:
        """Count a fault of the sources that did not give a page which exists, and have given none since."""
        for name in names:
            standing = self._standing[name]
            standing.faults += key in standing.missing
            if standing.faults >= DOWN_AFTER and not standing.is_down:
                standing.is_down = True
                self._probed(standing, now)
                self._report(f"{name} is down: {standing.problem}", now)

    def back_off(self, source: Source, *, until: datetime, problem: str, now: datetime) -> None:
        """Do not ask a source ``until`` a time, as it demands."""
        standing = self._standing[source.name]
        is_known = standing.backoff_until > now
        standing.backoff_until = max(standing.backoff_until, until)
        if not is_known and until > now:
            seconds = (until - now).total_seconds()
            self._report(f"{source.name} asks for no requests for {seconds:.0f} s: {problem}", now)

    def _report(self, line: str, now: datetime) -> None:
        up = [source.name for source in self.sources if self._is_up(source, now)]
        self.news.append(
            f"{line}; continuing with {up[0]}" if up else f"{line}; no other source is available"
        )

    def reach(self, source: Source) -> str | None:
        """Return the last problem of a source, empty without one; None if it gave any page."""
        standing = self._standing[source.name]
        return None if standing.has_given else standing.problem

    def is_over(self, *, now: datetime) -> bool:
        """Return whether all sources count as unreachable."""
        return self._missed >= (UNREACHABLE_LATER_AFTER if self._has_page else UNREACHABLE_AFTER) or (
            self.rest(now=now) > MAX_WAIT
        )

    def rest(self, *, now: datetime) -> timedelta:
        """Return the time until a source may be asked; zero if one is available."""
        return max(min(standing.backoff_until for standing in self._standing.values()) - now, timedelta(0))

    @property
    def healer_names(self) -> tuple[str, ...]:
        """The names of the sources that complete what others truncated or transliterated."""
        return tuple(source.name for source in healers(self.sources))


def source_names(sources: Iterable[Source]) -> str:
    """Return the sources of a run as stored in its history."""
    return ", ".join(source.name for source in sources)
