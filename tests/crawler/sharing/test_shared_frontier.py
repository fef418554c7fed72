"""The frontier of a crawl that shares it: what arrives when, and how long it is held."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from archive.model import Kind, Outcome, PageKey
from archive.store import ALL_PRIORITIES, WITHOUT_BACKFILL, Priority
from crawler import clock
from crawler.fetch import Lease
from crawler.frontier.interface import Visit
from crawler.postgres.connection import SharedDatabase
from crawler.postgres.frontier import PostgresFrontier
from crawler.postgres.rows import one_row
from crawler.sharing.background import BackgroundCalls
from crawler.sharing.shared_frontier import SharedFrontier
from tests.support.running.shared_frontiers import crawler_of, leased
from tests.support.running.time_limit import LONGEST

ARTICLES = [PageKey(Kind.ARTICLE, number) for number in (6080001, 6080002, 6080003)]
LONG, SHORT = timedelta(minutes=10), timedelta(seconds=0.6)


@pytest.fixture
def pages(frontier_url: str) -> Iterator[PostgresFrontier]:
    with crawler_of(frontier_url) as opened:
        yield opened


def shared(
    pages: PostgresFrontier, duration: timedelta = LONG, *, counts_backfill: bool = True
) -> SharedFrontier:
    def raised(error: BaseException) -> None:
        raise error

    calls = BackgroundCalls(ThreadPoolExecutor(1), raised)
    return SharedFrontier(
        pages,
        calls,
        duration=duration,
        patience=0.04,
        adopt=lambda _: None,
        counts_backfill=counts_backfill,
        look_again_seconds=0.1,
    )


async def arrival(
    frontier: SharedFrontier, of: Sequence[Priority] = ALL_PRIORITIES, count: int = 10
) -> Sequence[Lease]:
    """Return the leases that arrive, perhaps none."""
    news = asyncio.Event()
    frontier.on_news = news.set
    assert (frontier.lease(count, of=of), frontier.is_pending) == ((), True)
    await asyncio.wait_for(news.wait(), LONGEST)
    return frontier.lease(count, of=of)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(LONGEST):
        while not is_so():  # noqa: ASYNC110 - nothing says when
            await asyncio.sleep(0.02)


def test_pages_arrive_later_and_are_held(pages: PostgresFrontier) -> None:
    async def crawl() -> None:
        frontier = shared(pages)
        leases = await arrival(frontier)
        assert {lease.key for lease in leases} == set(ARTICLES)
        assert all(map(frontier.holds, leases))
        assert not frontier.holds(leases[0]._replace(token=7))
        await frontier.close()

    pages.seed(ARTICLES)
    asyncio.run(crawl())


def test_without_due_pages_it_looks_twice_and_then_no_more(pages: PostgresFrontier) -> None:
    async def crawl() -> None:
        frontier = shared(pages)
        assert frontier.any_due()
        assert not await arrival(frontier)
        assert not frontier.lease(10)
        assert not frontier.is_pending
        assert not frontier.any_due()
        await frontier.close()

    asyncio.run(crawl())


def test_it_waits_for_the_pages_that_others_may_discover(frontier_url: str, pages: PostgresFrontier) -> None:
    async def crawl(other: PostgresFrontier, lease: Lease) -> None:
        frontier = shared(pages)
        assert not frontier.lease(10)
        await asyncio.sleep(0.5)
        assert frontier.is_pending
        await asyncio.to_thread(other.settle, [Visit(lease, Outcome.OK, links=ARTICLES[1:])])
        await until(lambda: not frontier.is_pending)
        assert {one.key for one in frontier.lease(10)} == set(ARTICLES[1:])
        await frontier.close()

    with crawler_of(frontier_url, "b") as other:
        other.seed(ARTICLES[:1])
        asyncio.run(crawl(other, leased(other)[0]))


def test_each_choice_of_priorities_is_looked_for_by_itself(pages: PostgresFrontier) -> None:
    async def crawl() -> None:
        frontier = shared(pages)
        assert not await arrival(frontier, WITHOUT_BACKFILL)
        assert frontier.any_due()
        assert len(await arrival(frontier, [Priority.REST])) == 1
        await frontier.close()

    pages.discover([PageKey(Kind.TOPIC, 5008001)])
    asyncio.run(crawl())


def test_leases_are_renewed_and_end_where_the_process_was_stopped(
    pages: PostgresFrontier, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crawl() -> None:
        frontier = shared(pages, SHORT)
        [lease] = await arrival(frontier, count=1)
        await asyncio.sleep(2 * SHORT.total_seconds())
        await until(lambda: frontier.holds(lease))
        now = clock.elapsed_seconds()
        monkeypatch.setattr(clock, "elapsed_seconds", lambda: now + 60)
        assert not frontier.holds(lease)
        await frontier.close()

    pages.seed(ARTICLES)
    asyncio.run(crawl())


def test_a_lease_that_arrives_too_late_is_given_up_and_asked_for_again(
    pages: PostgresFrontier, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crawl() -> None:
        frontier, now = shared(pages, SHORT), clock.elapsed_seconds()
        frontier.on_news = (news := asyncio.Event()).set
        assert not frontier.lease(10)
        await asyncio.wait_for(news.wait(), LONGEST)
        with monkeypatch.context() as later:
            later.setattr(clock, "elapsed_seconds", lambda: now + 60)
            assert not frontier.lease(10)
            assert frontier.is_pending
        await until(lambda: not frontier.is_pending)
        assert len(frontier.lease(10)) == 1
        await frontier.close()

    pages.seed(ARTICLES[:1])
    asyncio.run(crawl())


def test_a_lease_that_was_given_up_passes_to_another_run(frontier_url: str, pages: PostgresFrontier) -> None:
    with crawler_of(frontier_url, "b") as other:
        pages.seed(ARTICLES[:2])
        first, second = leased(pages, 2)
        pages.give_up(first._replace(token=first.token + 1))
        pages.give_up(second)
        assert pages.renew(LONG) == {first.key: first.token}
        assert [lease.key for lease in leased(other, 2)] == [second.key]


def test_what_was_settled_leads_to_another_look(pages: PostgresFrontier) -> None:
    async def crawl() -> None:
        frontier = shared(pages)
        [lease] = await arrival(frontier)
        assert not await arrival(frontier)
        frontier.settle([Visit(lease, Outcome.OK, links=ARTICLES[1:])])
        assert len(await arrival(frontier)) == 2
        await frontier.close()

    pages.seed(ARTICLES[:1])
    asyncio.run(crawl())


def test_the_end_gives_leases_back_and_knows_how_far_the_backfill_is(
    pages: PostgresFrontier, database: SharedDatabase
) -> None:
    async def crawl() -> None:
        frontier = shared(pages)
        await arrival(frontier)
        await frontier.close()
        assert frontier.backfill_progress() == (3, 0, None)

    pages.seed(ARTICLES)
    asyncio.run(crawl())
    assert held_pages(database) == 0


def test_after_the_end_no_page_is_leased(pages: PostgresFrontier, database: SharedDatabase) -> None:
    async def crawl() -> None:
        frontier = shared(pages)
        frontier.lease(10)  # finds none, and would look again
        await frontier.close()
        pages.seed(ARTICLES)
        await asyncio.sleep(0.5)

    asyncio.run(crawl())
    assert held_pages(database) == 0


def held_pages(database: SharedDatabase) -> int:
    query = "SELECT count(*) FROM pages WHERE leased_until > now()"
    return int(database.run(lambda db: one_row(db, query, []))[0])


def test_the_end_of_a_crawl_without_a_backfill_does_not_count_all_pages(pages: PostgresFrontier) -> None:
    async def crawl() -> None:
        frontier = shared(pages, counts_backfill=False)
        await frontier.close()
        assert frontier.backfill_progress().known == 0

    pages.seed(ARTICLES)
    asyncio.run(crawl())


def test_an_error_of_a_call_is_reported() -> None:
    async def crawl() -> None:
        calls.submit(lambda: 1 / 0)
        await calls.finish()

    errors: list[BaseException] = []
    calls = BackgroundCalls(ThreadPoolExecutor(1), errors.append)
    asyncio.run(crawl())
    assert [type(error) for error in errors] == [ZeroDivisionError]


def test_without_an_event_loop_a_call_is_waited_for() -> None:
    results: list[int] = []
    BackgroundCalls(ThreadPoolExecutor(1), lambda _: None).submit(lambda: 3, results.append)
    assert results == [3]
