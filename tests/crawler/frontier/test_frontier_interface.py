"""A run with a frontier that several machines share: it knows the interface only."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from archive.model import Capture, Kind, Outcome, PageKey
from archive.pagekey import ROOT, selector
from archive.renditions.read_capture import read_capture
from archive.servers.gopher import GopherResponder
from archive.servers.server import Address
from archive.servers.site import ROBOTS
from archive.sources import Source
from archive.store import PreparedCapture, Writer, open_writer
from archive.store.frontier.known_pages import ALL_PRIORITIES, BackfillProgress, Priority
from archive.store.maintenance.foreign_archive import ForeignArchive
from crawler import clock
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.newspaper import Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock
from crawler.failover.failover import Failover
from crawler.failover.policy import FailoverPolicy
from crawler.fetch import Fetch, Lease
from crawler.frontier.embedded import LEASE
from crawler.frontier.interface import Frontier, Visit
from crawler.frontier.page_queue import PageQueue
from crawler.items import PageItem
from crawler.options import CrawlOptions
from crawler.sources.registry import Gemini, Gopher
from tests.support.running.crawls import is_whole
from tests.support.tables import rows

PAPER = Newspaper(seed=3, articles=40, daily=0)
NOW = datetime.fromisoformat("2025-04-10T12:00:00+00:00")
GONE = b"3Datei nicht gefunden\tfake\t(NULL)\t0\r\n.\r\n"
GEMTEXT = "# taz.de\n=> /!6081430 Die Brücke bleibt zu\n\nSeit Montag ruht der Verkehr.\n".encode()
EDITION = Edition(PAPER, PaperClock(PAPER.start))
HOLE = GopherResponder(EDITION, Address("taz.de", 70), ROBOTS)


class Shared:
    """In memory, as one on another machine would be: due → leased → done, and leases that end."""

    is_pending = False

    def __init__(self) -> None:
        self.due: dict[PageKey, datetime] = {}
        self.leased: dict[PageKey, tuple[int, datetime]] = {}
        self.present: set[PageKey] = set()
        self.done: list[PageKey] = []

    def seed(self, keys: Sequence[PageKey]) -> None:
        self.due |= dict.fromkeys(keys, clock.utc_now())

    def lease(
        self,
        count: int,
        *,
        of: Sequence[Priority] = ALL_PRIORITIES,
        unchecked_for: timedelta | None = None,
    ) -> Sequence[Lease]:
        assert (unchecked_for, set(of)) == (None, set(ALL_PRIORITIES)), "not asked for here"
        now = clock.utc_now()
        free = (
            key for key, due in self.due.items() if due <= now and self.leased.get(key, (0, now))[1] <= now
        )
        return self._leases(sorted(free, key=lambda key: self.due[key])[:count])

    def lease_partial(self, keys: Sequence[PageKey]) -> Sequence[Lease]:
        return self._leases(keys)

    def _leases(self, keys: Sequence[PageKey]) -> Sequence[Lease]:
        for key in keys:
            token, _ = self.leased.get(key, (0, NOW))
            self.leased[key] = (token + 1, clock.utc_now() + LEASE)
        return [Lease(key, self.leased[key][0], is_present=key in self.present) for key in keys]

    def holds(self, lease: Lease) -> bool:
        token, until = self.leased[lease.key]
        return token == lease.token and clock.utc_now() < until

    def give_up(self, lease: Lease) -> None:
        if self.leased[lease.key][0] == lease.token:
            self.leased[lease.key] = (lease.token, NOW)

    def settle(self, visits: Iterable[Visit]) -> None:
        for visit in visits:
            key = visit.lease.key
            for link in visit.links:
                self.due.setdefault(link, clock.utc_now())
            if visit.is_done and self.holds(visit.lease):
                self.due[key] = clock.utc_now() + timedelta(days=1)
                self.done.append(key)
                if visit.outcome is Outcome.OK:
                    self.present.add(key)
            if visit.is_last and self.holds(visit.lease):
                self.leased[key] = (visit.lease.token, NOW)

    def any_due(self) -> bool:
        return any(due <= clock.utc_now() for due in self.due.values())

    def backfill_progress(self) -> BackfillProgress:
        return BackfillProgress(len(self.due), len(self.done), None)


class Machine:
    """Has an archive of its own, and crawls the paper by one frontier."""

    def __init__(self, archive: Writer, frontier: Frontier, *sources: Source) -> None:
        self.archive = archive
        policy = FailoverPolicy(sources or [Gopher("gopher", "taz.de")])
        self.failover = Failover(policy, archive)
        options = CrawlOptions(delay=timedelta(0))
        self.pages = PageQueue(archive, policy, options, frontier=frontier)

    def step(self) -> Sequence[Fetch]:
        """Lease pages, fetch and record them."""
        asks = self.lease()
        for ask in asks:
            self.record(ask, HOLE.answer(selector(ask.key).encode()))
        return asks

    def lease(self) -> list[Fetch]:
        """Return the pages that are fetched before any of them is recorded."""
        asks: list[Fetch] = []
        while ask := self.pages.next(is_idle=not asks):
            asks.append(ask)
        return asks

    def record(self, ask: Fetch, body: bytes | None, problem: str | None = None) -> None:
        """Record an answer as the pipeline does."""
        capture = Capture(
            source=ask.source.name,
            url=ask.source.url(ask.key),
            captured_at=clock.utc_now(),
            key=ask.key,
            body=body,
            outcome=Outcome.FAILED if problem else Outcome.OK,
            problem=problem,
            rendition=ask.source.rendition,
        )
        item = PageItem(capture=capture, fetch=ask)
        found = self.failover.judge(item, read_capture(capture))
        unfinished = () if item.is_final else (ask.key,)
        [recorded] = self.archive.record(
            [item.capture], prepared=[PreparedCapture(found)], unfinished=unfinished
        )
        self.pages.note_recorded([(item, recorded)])


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "utc_now", lambda: NOW)


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[tuple[Shared, Machine, Machine]]:
    shared = Shared()
    shared.seed([ROOT])
    with ExitStack() as stack:
        archives = [stack.enter_context(open_writer(tmp_path / f"{n}.db")) for n in (1, 2)]
        one, other = (Machine(archive, shared) for archive in archives)
        yield shared, one, other


def finish(*machines: Machine) -> None:
    while sum(len(machine.step()) for machine in machines):
        pass


def test_two_machines_fetch_each_page_once_and_together_all(
    machines: tuple[Shared, Machine, Machine], tmp_path: Path
) -> None:
    shared, one, other = machines
    finish(one, other)
    assert len(shared.done) == len(set(shared.done)) == len(shared.due)
    assert {key for key in shared.done if EDITION.page(key)} == set(PAPER.keys(PAPER.start))
    counts = [rows(tmp_path / f"{n}.db", "SELECT count(*) FROM captures")[0][0] for n in (1, 2)]
    assert sum(counts) == len(shared.done)
    assert min(counts) > sum(counts) / 3


def test_their_archives_are_merged_to_a_whole_one(
    machines: tuple[Shared, Machine, Machine], tmp_path: Path
) -> None:
    finish(*machines[1:])
    with ForeignArchive.opened(tmp_path / "2.db") as second:
        machines[1].archive.maintenance.merge(second, lambda _: None)
    machines[1].archive.maintenance.derive_pending(lambda _: None)
    is_whole(tmp_path / "1.db")
    read = rows(tmp_path / "1.db", "SELECT id FROM articles ORDER BY id")
    assert [number for (number,) in read] == sorted(a.number for a in PAPER.articles_there(PAPER.start))


def test_what_a_machine_had_leased_that_died_is_fetched_by_the_other_once_the_lease_is_over(
    machines: tuple[Shared, Machine, Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, dying, other = machines
    dying.step()
    lost = {ask.key for ask in dying.lease()}
    assert lost
    while other.step():
        pass
    assert not lost & set(shared.done)
    monkeypatch.setattr(clock, "utc_now", lambda: NOW + timedelta(minutes=11))
    finish(other)
    assert lost <= set(shared.done)
    assert {key for key in shared.done if EDITION.page(key)} == set(PAPER.keys(PAPER.start))


def test_a_page_is_done_with_the_capture_that_ends_its_visit_and_found_with_any(tmp_path: Path) -> None:
    shared = Shared()
    shared.seed([ROOT])
    sources: list[Source] = [Gopher("gopher", "taz.de"), Gemini("taz.de")]
    with open_writer(tmp_path / "taz.db") as archive:
        machine = Machine(archive, shared, *sources)
        [ask] = machine.lease()
        machine.record(ask, None, "refused")
        [further] = machine.lease()
        assert (further.source.name, shared.done) == ("gemini", [])
        machine.record(further, GEMTEXT)
    assert shared.done == [ROOT]
    assert PageKey(Kind.ARTICLE, 6081430) in shared.due


def test_an_article_that_another_machine_has_is_gone_only_once_it_is_not_found_twice(
    machines: tuple[Shared, Machine, Machine],
) -> None:
    shared, one, other = machines
    article = PageKey(Kind.ARTICLE, PAPER.articles_there(PAPER.start)[0].number)
    shared.seed([article])
    finish(one)
    shared.due = {article: NOW}
    [ask] = other.lease()
    other.record(ask, GONE)
    assert not other.archive.articles.is_present(article.number)
    [again] = other.lease()
    assert (again.key, again.wanted.unconfirmed) == (article, True)
    shared.done.clear()
    other.record(again, GONE)
    assert shared.done == [article]


def test_a_page_whose_lease_has_ended_is_not_fetched(
    machines: tuple[Shared, Machine, Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, stopped, other = machines
    finish(stopped)
    shared.due = dict.fromkeys(list(shared.due)[:3], NOW)
    assert stopped.pages.next()
    monkeypatch.setattr(clock, "utc_now", lambda: NOW + timedelta(minutes=11))
    assert len(other.lease()) == len(shared.due)
    assert not stopped.pages.next(is_idle=False)


def test_a_page_that_was_not_asked_for_is_asked_for_later(
    machines: tuple[Shared, Machine, Machine],
) -> None:
    _, one, _ = machines
    [ask] = one.lease()
    one.pages.note_unsent(ask)
    [again] = one.lease()
    assert again == ask
    assert not one.lease()
