"""Which source to ask for a page, given how asking went so far. Pure: outcomes and times come in.

Sources are asked in the order of preference. Where one gives no page the next is asked for it. A source
that fails on pages which others then give is taken to be down, and left alone but for a probe now and then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from archive.model import Outcome, PageKey
from archive.sources import Source
from crawler.sources.registry import healers

DOWN_AFTER = 3  # pages in a row that a source did not give and another did
# Pages in a row that nobody gave, and everybody is taken to be down: asking for all the others would only
# count as their failures, and put off the next look at each of them. More where some page was had before,
# as a stretch of pages that fail one and all is likelier then than an end of all servers.
NOBODY_AFTER, NOBODY_LEFT_AFTER = 10, 30
# How often one that is down is asked for a page to see whether it is back: whichever comes first.
PROBE_PAGES, PROBE_TIME = 50, timedelta(minutes=5)
LONGEST_WAIT = timedelta(minutes=5)  # for the only ones left, when they ask to be left alone
LONG_AGO = datetime.min.replace(tzinfo=UTC)
NO_PAGE = frozenset({Outcome.FAILED, Outcome.UNREADABLE, Outcome.FORBIDDEN})


@dataclass(frozen=True, slots=True)
class Visit:
    """A page to be had from somebody.

    ``failed`` are the names of sources that did not give it, ``refused`` of those that may not be asked
    for it. ``heals``: the page was had already, and a source is wanted that has what others lost of it.
    ``doubted``: it was not found, and is asked for once more, of whoever is there, before that is believed.
    """

    key: PageKey
    failed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    heals: bool = False
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """A page to fetch from one source. A ``probe`` is made of a source that is down, to see if it is."""

    visit: Visit
    source: Source
    probe: bool = False

    @property
    def key(self) -> PageKey:
        """The page to fetch."""
        return self.visit.key

    def without(self, outcome: Outcome) -> Visit:
        """What is left to try after this ended in ``outcome``, which was no page."""
        visit, name = self.visit, (self.source.name,)
        if outcome is Outcome.FORBIDDEN:
            return replace(visit, refused=visit.refused + name)
        return replace(visit, failed=visit.failed + name)


@dataclass(slots=True)
class Standing:
    """How a source does in this run.

    ``faults`` counts pages in a row that others gave and it did not, ``problem`` is the last one's.
    ``had`` says that it gave anything.
    ``rests_until`` is until when it asked to be left alone. Of one that is ``down``, ``probed_at`` and
    ``probed_page`` are when it was last asked.
    """

    faults: int = 0
    problem: str = ""
    down: bool = False
    probed_at: datetime = LONG_AGO
    probed_page: int = 0
    rests_until: datetime = LONG_AGO
    had: bool = False


class Policy:
    """What a run knows of its ``sources``, in order of preference. ``news`` are changes not told yet."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = tuple(sources)
        self.news: list[str] = []
        self._standing = {source.name: Standing() for source in sources}
        self._pages = 0
        self._missed = 0  # pages in a row that nobody gave
        self._had = False

    def choose(self, visit: Visit, *, now: datetime) -> Ask | None:
        """The first source worth asking for a page; None if there is none any more."""
        worth = self._can_heal if visit.heals else self._can_give
        for source in self.sources:
            if source.name not in visit.failed + visit.refused and worth(source, now):
                return Ask(visit, source, probe=self._standing[source.name].down)
        return None

    def asked(self, ask: Ask, *, now: datetime) -> None:
        """A page is asked for: count it, and the probe, if it is one."""
        self._pages += not (ask.visit.failed or ask.visit.refused)
        if ask.probe:
            self._probed(self._standing[ask.source.name], now)

    def can_heal(self, *, now: datetime) -> bool:
        """Whether there is anybody to ask now for what others lost."""
        return any(self._can_heal(source, now) for source in self.sources)

    def _can_heal(self, source: Source, now: datetime) -> bool:
        return source.name in self.whole and self._may_ask(source, now)

    def _can_give(self, source: Source, now: datetime) -> bool:
        """Whether to ask for a page that nobody gave yet: those that are down too, if nobody is up."""
        if self._missed < DOWN_AFTER and any(self._is_up(other, now) for other in self.sources):
            return self._may_ask(source, now)
        return not self._rests(source, now)

    def _may_ask(self, source: Source, now: datetime) -> bool:
        """Whether it is up, or to be probed by now."""
        standing = self._standing[source.name]
        by_time = now >= standing.probed_at + PROBE_TIME
        by_pages = self._pages >= standing.probed_page + PROBE_PAGES
        return not self._rests(source, now) and (not standing.down or by_time or by_pages)

    def _is_up(self, source: Source, now: datetime) -> bool:
        return not self._standing[source.name].down and not self._rests(source, now)

    def _rests(self, source: Source, now: datetime) -> bool:
        return now < self._standing[source.name].rests_until

    def _probed(self, standing: Standing, now: datetime) -> None:
        standing.probed_at, standing.probed_page = now, self._pages

    def answered(self, ask: Ask, outcome: Outcome, problem: str | None, *, now: datetime) -> Visit | None:
        """Note an answer. What is left to try; None if that was the page, or nobody is left to ask."""
        if outcome not in NO_PAGE:
            self._note_page(ask)
            if outcome is Outcome.OK and not ask.visit.heals:
                self._blame(ask.visit.failed, now)
            return None
        further = ask.without(outcome)
        if outcome is not Outcome.FORBIDDEN:
            self._note_fault(ask, outcome, problem, now)
        if self.choose(further, now=now):
            return further
        if outcome is not Outcome.UNREADABLE and further.failed and not further.heals:
            self._missed += 1
        return None

    def _note_page(self, ask: Ask) -> None:
        standing = self._standing[ask.source.name]
        self._had, self._missed, standing.faults = True, 0, 0
        standing.had = True
        if standing.down:
            standing.down = False
            self.news.append(f"{ask.source.name} is back")

    def _note_fault(self, ask: Ask, outcome: Outcome, problem: str | None, now: datetime) -> None:
        self._standing[ask.source.name].problem = problem or "no reason given"
        if outcome is Outcome.UNREADABLE:
            self._missed = 0  # somebody is there
        if ask.visit.heals:
            self._blame([ask.source.name], now)  # another gave the page, or it could not be healed

    def _blame(self, names: Iterable[str], now: datetime) -> None:
        """A page that these did not give is there. That it is not would be no fault of theirs."""
        for name in names:
            standing = self._standing[name]
            standing.faults += 1
            if standing.faults >= DOWN_AFTER and not standing.down:
                standing.down = True
                self._probed(standing, now)
                self._tell(f"{name} is down: {standing.problem}", now)

    def leave_alone(self, source: Source, *, until: datetime, problem: str, now: datetime) -> None:
        """A source asked to be left alone ``until`` then."""
        standing = self._standing[source.name]
        told = standing.rests_until > now
        standing.rests_until = max(standing.rests_until, until)
        if not told and until > now:
            seconds = (until - now).total_seconds()
            self._tell(f"{source.name} asks to be left alone for {seconds:.0f} s: {problem}", now)

    def _tell(self, line: str, now: datetime) -> None:
        up = [source.name for source in self.sources if self._is_up(source, now)]
        self.news.append(f"{line}; going on with {up[0]}" if up else f"{line}; nobody else is left to ask")

    def reach(self, source: Source) -> str | None:
        """What kept a source from giving anything, empty if it was not asked; None if it gave something."""
        standing = self._standing[source.name]
        return None if standing.had else standing.problem

    def is_over(self, *, now: datetime) -> bool:
        """Whether nobody can be taken to be there any more."""
        return self._missed >= (NOBODY_LEFT_AFTER if self._had else NOBODY_AFTER) or (
            self.rest(now=now) > LONGEST_WAIT
        )

    def rest(self, *, now: datetime) -> timedelta:
        """How long to wait until there is anybody who may be asked; nothing if there is."""
        return max(min(standing.rests_until for standing in self._standing.values()) - now, timedelta(0))

    @property
    def whole(self) -> tuple[str, ...]:
        """Who is asked for what others lost."""
        return tuple(source.name for source in healers(self.sources))
