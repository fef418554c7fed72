"""What a crawl without a delay fetches while other pages are not recorded yet."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.model import Kind, Outcome, PageKey
from archive.policy.health import REASON_UNREACHABLE
from archive.renditions.read_capture import read_capture
from archive.store import PreparedCapture, Writer, open_writer
from crawler import clock
from crawler.failover.failover import Failover
from crawler.failover.policy import UNREACHABLE_AFTER, FailoverPolicy
from crawler.fetch import Fetch
from crawler.frontier.embedded import LEASE, EmbeddedFrontier
from crawler.frontier.page_queue import LEASED_PAGES, QUIET_HOURS, PageQueue
from crawler.items import PageItem
from crawler.options import CrawlOptions
from crawler.quiet_hours import Hours
from crawler.sources.registry import Gemini, Gopher
from tests.support.samples.captures import BASE, capture

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
KEYS = [PageKey(Kind.ARTICLE, 6080000 + n) for n in range(5 * LEASED_PAGES)]
GOPHER, GEMINI = Gopher("gopher", "taz.de"), Gemini("taz.de")


class Clock:
    """A clock that a test sets."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made_up = Clock()
    monkeypatch.setattr(clock, "utc_now", made_up)
    return made_up


@pytest.fixture
def archive(tmp_path: Path, time: Clock) -> Iterator[Writer]:
    with open_writer(tmp_path / "taz.db") as opened:
        opened.frontier.seed(KEYS, at=time.now)
        yield opened


class Crawl:
    """A crawl whose requests and answers are made one by one."""

    def __init__(self, archive: Writer, *sources: Gopher | Gemini, quiet_hours: Hours | None = None) -> None:
        policy = FailoverPolicy(sources or [GOPHER])
        options = CrawlOptions(delay=timedelta(0), quiet_hours=quiet_hours)
        self.archive = archive
        self.failover = Failover(policy, archive)
        self.pages = PageQueue(archive, policy, options, frontier=EmbeddedFrontier(archive))

    def next(self) -> Fetch:
        """Return the next page, which there must be, when all others are recorded."""
        fetch = self.pages.next()
        assert fetch
        return fetch

    def ahead(self) -> list[Fetch]:
        """Return all that is fetched before any of it is recorded."""
        return list(iter(lambda: self.pages.next(is_idle=False), None))

    def answer(self, fetch: Fetch, *, fails: bool = False) -> PageItem:
        """Answer a request; the answer is not recorded yet."""
        page = replace(capture(BASE, 0, fetch.key.number), captured_at=clock.utc_now())
        if fails:
            page = replace(page, body=None, outcome=Outcome.FAILED, problem="refused")
        more_follow = self.pages.note_answer(has_failed=fails)
        return PageItem(capture=page, fetch=fetch, more_follow=more_follow)

    def record(self, item: PageItem) -> None:
        """Record an answer as the pipeline does."""
        found = self.failover.judge(item, read_capture(item.capture))
        unfinished = () if item.is_final else (item.capture.key,)
        [done] = self.archive.record(
            [item.capture],
            prepared=[PreparedCapture(found)],
            unfinished=[key for key in unfinished if key],
        )
        self.pages.note_recorded([(item, done)])


def test_pages_are_leased_ahead_once_and_each_is_fetched_once(archive: Writer) -> None:
    crawl = Crawl(archive)
    fetches = [crawl.next(), *crawl.ahead()]
    assert len({fetch.key for fetch in fetches}) == len(fetches) == 2 * LEASED_PAGES


def test_after_a_failure_no_page_is_fetched_until_it_is_recorded(archive: Writer) -> None:
    crawl = Crawl(archive)
    item = crawl.answer(crawl.next(), fails=True)
    assert not item.more_follow, "it is recorded at once"
    assert crawl.ahead() == []
    crawl.record(item)
    assert crawl.next()


def test_when_its_server_is_down_a_crawl_requests_no_leased_page_more(archive: Writer) -> None:
    crawl = Crawl(archive)
    for _ in range(UNREACHABLE_AFTER):
        crawl.record(crawl.answer(crawl.next(), fails=True))
    assert crawl.pages.next() is None
    assert crawl.pages.ended == REASON_UNREACHABLE
    assert not crawl.pages.has_leased


def test_leased_pages_are_requested_from_the_source_that_is_up_by_then(archive: Writer, time: Clock) -> None:
    crawl = Crawl(archive, GOPHER, GEMINI)
    assert crawl.next().source is GOPHER
    until = time.now + timedelta(hours=1)
    crawl.failover.policy.back_off(GOPHER, until=until, problem="busy", now=time.now)
    assert {fetch.source for fetch in crawl.ahead()} == {GEMINI}


def test_leased_pages_wait_for_a_source_that_demands_a_short_pause(archive: Writer, time: Clock) -> None:
    crawl = Crawl(archive)
    crawl.record(crawl.answer(crawl.next()))
    until = time.now + timedelta(seconds=9)
    crawl.failover.policy.back_off(GOPHER, until=until, problem="busy", now=time.now)
    assert crawl.pages.next() is None
    assert crawl.pages.is_waiting
    time.now = until
    assert [crawl.next(), *crawl.ahead()]


def test_pages_wanted_from_another_source_come_before_further_leases(archive: Writer) -> None:
    crawl = Crawl(archive, GOPHER, GEMINI)
    first = crawl.next()
    crawl.record(crawl.answer(first, fails=True))
    again = crawl.next()
    assert (again.key, again.source) == (first.key, GEMINI)


def test_no_pages_are_leased_ahead_of_another_source(archive: Writer) -> None:
    """They would be fetched first, again and again, and the page only after hours."""
    crawl = Crawl(archive, GOPHER, GEMINI)
    first, *others = [crawl.next() for _ in range(LEASED_PAGES)]
    failed = crawl.answer(first, fails=True)
    crawl.record(failed)
    for fetch in others:
        crawl.record(crawl.answer(fetch))
    assert crawl.pages.next(is_idle=False) is None
    assert crawl.next().key == first.key


def test_a_page_is_not_fetched_again_when_its_lease_expires_before_it_is_recorded(
    archive: Writer, time: Clock
) -> None:
    crawl = Crawl(archive)
    fetches = [crawl.next() for _ in range(LEASED_PAGES)]
    time.now += LEASE
    assert crawl.ahead() == []
    for fetch in fetches:
        crawl.record(crawl.answer(fetch))
    assert crawl.next() not in fetches


def test_leased_pages_are_not_requested_in_quiet_hours(archive: Writer, time: Clock) -> None:
    hour = (NOW + timedelta(hours=1)).astimezone().hour
    crawl = Crawl(archive, quiet_hours=Hours.of(f"{hour}-{(hour + 1) % 24}"))
    assert crawl.next()
    time.now += timedelta(hours=1)
    assert crawl.ahead() == []
    assert crawl.pages.ended == QUIET_HOURS
