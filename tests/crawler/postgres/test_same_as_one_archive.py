"""Crawlers that share a frontier lease and schedule pages as a single archive does.

An archive records what the crawlers visit, at the times of the server's clock. After each visit its frontier
and the shared one must have the same page next, and the same schedule for the page that was visited.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import cycle
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from archive.dump.writer import write_menu
from archive.model import Article, Capture, Kind, Menu, PageKey, Teaser
from archive.pagekey import ROOT, selector
from archive.policy.revisit import HOUR, ChangeRates
from archive.renditions.forms import gopher
from archive.renditions.read_capture import read_capture
from archive.store import Writer, change_rates, open_writer
from archive.store.frontier.known_pages import linked_pages
from archive.store.frontier.leasing import LEASE_CYCLE
from archive.store.frontier.reschedule import load_change_rates
from crawler.fetch import Lease
from crawler.frontier.interface import Visit
from crawler.postgres.connection import SharedDatabase
from crawler.postgres.rows import server_time
from crawler.postgres.settling import SharedPage
from crawler.postgres.takeover import take_over
from tests.support.running.shared_frontiers import TEN_MINUTES, crawler_of, leased, let_pass
from tests.support.samples.captures import BASE, absence_of, capture, failure_of, key
from tests.support.tables import database as tables_of
from tests.support.tables import rows

SECTION = PageKey(Kind.SECTION, 4601)
STAMP_PRECISION = timedelta(milliseconds=2)  # of two stamps, each cut to a millisecond
BORN_WHEN_SEEN = replace(BASE, published=None)  # without a date that would stay while time passes
WITHOUT_LINKS = replace(BORN_WHEN_SEEN, links=(), authors=(), tags=(), related=())


class Visited(NamedTuple):
    """A page, as both frontiers leased it, and what the shared one remembers of it."""

    by_archive: PageKey
    by_crawlers: PageKey
    state: SharedPage


class Pair:
    """A shared frontier, and a single archive."""

    def __init__(self, database: SharedDatabase, url: str, archive: Writer) -> None:
        self.database = database
        self.archive = archive
        self._url = url
        self._passed = timedelta(0)  # time that was made to pass

    def seed(self, *keys: PageKey) -> None:
        with crawler_of(self._url) as frontier:
            frontier.seed(keys)
        query = b"SELECT min(discovered_at) FROM pages"
        row = self.database.run(lambda db: db.execute(query).fetchone())
        assert row
        self.archive.frontier.seed(keys, at=row[0])

    def now(self) -> datetime:
        return self.database.run(server_time) + self._passed

    def wait(self, by: timedelta) -> None:
        let_pass(self.database, by)
        self._passed += by

    def wait_until_due(self) -> None:
        [(due,)] = rows(self.archive, "SELECT min(due_at) FROM pages")
        self.wait(max(datetime.fromisoformat(due) - self.now(), timedelta(0)) + timedelta(seconds=1))

    def visit(self, name: str, fetched: Capture | None = None, paper: "Paper | None" = None) -> Visited:
        """Let a crawler fetch a page, which it leases, and have the archive record it at the same time."""
        with crawler_of(self._url, name) as frontier:
            [lease] = leased(frontier)
            now = self.now()
            [by_archive] = self.archive.frontier.lease(1, now=now, until=now + TEN_MINUTES)
            found = fetched or (paper and paper.capture_of(lease.key))
            assert found
            [state] = frontier.settle([visit_of(lease, found)])
        assert state.checked_at
        checked_at = datetime.fromisoformat(state.checked_at) + self._passed
        self.archive.record([replace(found, captured_at=checked_at)])
        return Visited(by_archive, lease.key, state)

    def archived(self, page: PageKey) -> SharedPage:
        """Return what the archive remembers of a page."""
        columns = ", ".join(SharedPage._fields[1:])
        [row] = rows(self.archive, f"SELECT {columns} FROM pages WHERE kind = ? AND number = ?", *page)
        return SharedPage(page, *row)

    def change_rates(self) -> tuple[ChangeRates, ChangeRates]:
        query = b"SELECT age_hours, change_count, observed_hours FROM change_rates"
        with tables_of(self.archive) as db:
            return load_change_rates(db), change_rates(
                self.database.run(lambda c: c.execute(query).fetchall())
            )


def visit_of(lease: Lease, fetched: Capture) -> Visit:
    found = read_capture(fetched)
    links = linked_pages(found.page) if found.page else ()
    digest = sha256(repr(found.page).encode()).digest() if isinstance(found.page, Article) else None
    return Visit(lease, found.outcome, links, digest=digest)


class Paper:
    """Pages that change at random, and cannot be read at times."""

    def __init__(self, seed: int, *, edited: float = 0.3) -> None:
        self._random = Random(seed)
        self._edited = edited  # the part of captures that show an edit
        self._edits: dict[PageKey, int] = {}
        self._newest = 6_000_000

    def capture_of(self, page: PageKey) -> Capture:
        chance = self._random.random()
        if page.kind is not Kind.ARTICLE:
            return self._menu(page)
        if chance < 0.1:
            return absence_of(page.number)
        if chance < 0.2:
            return failure_of(page.number, "no answer")
        self._edits[page] = self._edits.get(page, 0) + (chance < 0.2 + self._edited)
        edited = replace(BORN_WHEN_SEEN, title=f"Wetter: Regen Nr. {self._edits[page]}")
        return capture(edited, 0, page.number)

    def _menu(self, page: PageKey) -> Capture:
        self._newest += self._random.randrange(3)
        numbers = [self._newest, self._newest - 1, *self._random.sample(range(1, self._newest), 2)]
        entries = tuple(Teaser(f"Nr. {number}", "Regen.", f"/!{number}") for number in numbers)
        body = gopher.encode(write_menu(Menu(title="Meer", entries=entries)), host="taz.de", port=70)
        return capture(BASE, 0, key=page, url=f"gopher://taz.de/1{selector(page)}", body=body)


@pytest.fixture
def pair(database: SharedDatabase, frontier_url: str, tmp_path: Path) -> Iterator[Pair]:
    with open_writer(tmp_path / "one.db") as archive:
        yield Pair(database, frontier_url, archive)


def wait_of(page: SharedPage) -> timedelta:
    assert page.checked_at
    return datetime.fromisoformat(page.due_at) - datetime.fromisoformat(page.checked_at)


def assert_same(ours: SharedPage, theirs: SharedPage) -> None:
    """Times differ by the time that was made to pass, and scores fade with times."""
    assert abs(wait_of(ours) - wait_of(theirs)) <= STAMP_PRECISION
    assert ours.change_score == pytest.approx(theirs.change_score, abs=1e-5)
    for name in ("key", "priority", "failure_count", "check_count", "change_count"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert bool(ours.changed_at) == bool(theirs.changed_at)


def assert_same_rates(pair: Pair) -> None:
    ours, theirs = pair.change_rates()
    assert any(ours.hours)
    assert theirs.changes == pytest.approx(ours.changes, abs=1e-6)
    assert theirs.hours == pytest.approx(ours.hours, abs=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_two_crawlers_fetch_what_one_archive_fetches_in_the_same_order(pair: Pair, seed: int) -> None:
    paper, random = Paper(seed), Random(seed)
    pair.seed(ROOT, SECTION)
    for name in random.choices("ab", k=80):
        if random.random() < 0.3:
            pair.wait(random.random() * 40 * HOUR)
        if not pair.archive.frontier.any_due(now=pair.now()):
            pair.wait_until_due()
        visited = pair.visit(name, paper=paper)
        assert visited.by_archive == visited.by_crawlers
        assert_same(pair.archived(visited.by_archive), visited.state)
    assert_same_rates(pair)


def test_the_interval_of_an_unchanged_article_grows_as_on_one_machine(pair: Pair) -> None:
    pair.seed(key())
    waits = []
    for name, _ in zip(cycle("ab"), range(12), strict=False):
        visited = pair.visit(name, capture(WITHOUT_LINKS, 0))
        assert_same(pair.archived(key()), visited.state)
        waits.append(wait_of(visited.state))
        pair.wait_until_due()
    assert waits == sorted(waits)
    assert waits[-1] > 40 * waits[0]
    assert_same_rates(pair)


def test_an_edit_that_two_crawlers_see_counts_once(pair: Pair) -> None:
    pair.seed(key())
    edited = replace(WITHOUT_LINKS, title="Wetter in der Stadt: Sonne")
    counts = []
    for name, article in [("a", WITHOUT_LINKS), ("b", edited), ("a", edited), ("b", edited)]:
        visited = pair.visit(name, capture(article, 0))
        assert_same(pair.archived(key()), visited.state)
        counts.append(visited.state.change_count)
        pair.wait_until_due()
    assert counts == [0, 1, 1, 1]


def test_a_frontier_goes_on_where_an_archive_stopped(
    database: SharedDatabase, frontier_url: str, tmp_path: Path
) -> None:
    paper, random = Paper(4, edited=0), Random(4)
    with open_writer(tmp_path / "one.db") as archive:
        pair = Pair(database, frontier_url, archive)
        begun = pair.now() - 4 * LEASE_CYCLE * HOUR
        archive.frontier.seed([ROOT, SECTION], at=begun)
        archive.frontier.discover([key(number) for number in range(1, 80)], at=begun)
        for step in range(2 * LEASE_CYCLE):
            now = begun + 2 * step * HOUR
            [page] = archive.frontier.lease(1, now=now, until=now + TEN_MINUTES)
            archive.record([replace(paper.capture_of(page), captured_at=now)])
        database.run(lambda db: take_over(db, archive, lambda _: None))
        assert_same_rates(pair)
        for name in random.choices("ab", k=2 * LEASE_CYCLE):
            visited = pair.visit(name, paper=paper)
            assert visited.by_archive == visited.by_crawlers
            assert_same(pair.archived(visited.by_archive), visited.state)
