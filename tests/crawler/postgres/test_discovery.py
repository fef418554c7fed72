"""Pages that a shared frontier discovers: how many, how urgent, and what they cost."""

from datetime import timedelta

from archive.model import Kind, Outcome, PageKey
from archive.pagekey import ROOT
from archive.store import ALL_PRIORITIES, Priority
from archive.store.frontier.known_pages import MAX_LINKS_PER_PAGE
from archive.store.frontier.page_finder import MAX_NEW_ARTICLES_PER_PAGE
from crawler.frontier.interface import Visit
from crawler.postgres.connection import SharedDatabase
from crawler.postgres.frontier import PostgresFrontier
from crawler.postgres.page_counts import count_pages
from crawler.postgres.rows import one_row
from tests.support.running.shared_frontiers import TEN_MINUTES, crawler_of, leased
from tests.support.samples.captures import key

_FILL = """
INSERT INTO pages (kind, number, priority, due_at, discovered_at, checked_at, home)
SELECT 'article', number, CASE number %% 3 WHEN 0 THEN 1 WHEN 1 THEN 4 ELSE 5 END,
  now() - interval '30 min' + number * interval '1 microsecond', now() - interval '1 day',
  CASE number %% 3 WHEN 2 THEN now() - interval '1 day' END, CASE number %% 3 WHEN 2 THEN 'b' ELSE '' END
FROM generate_series(1, %s) AS number
"""


def counts_of(database: SharedDatabase) -> dict[Priority, int]:
    return {counts.priority: counts.known for counts in database.run(count_pages)}


def test_a_flood_of_links_adds_few_urgent_pages(database: SharedDatabase, frontier_url: str) -> None:
    with crawler_of(frontier_url) as frontier:
        frontier.seed([ROOT, key(5)])
        menu, article = leased(frontier, 2)
        frontier.settle([Visit(article, Outcome.OK)])  # the newest article, so higher numbers may be made up
        past = [key(number) for number in (1, 2, 3)]
        flood = [key(9_000_000 + number) for number in range(MAX_LINKS_PER_PAGE - len(past))]
        frontier.settle([Visit(menu, Outcome.OK, [*past, *flood])])
        found = counts_of(database)
        assert found[Priority.NEW] == MAX_NEW_ARTICLES_PER_PAGE
        assert Priority.PAST not in found
        assert [lease.key for lease in leased(frontier, 4)] == [*past, flood[0]]


def test_an_archived_article_says_to_all_crawlers_which_numbers_are_new(
    database: SharedDatabase, frontier_url: str
) -> None:
    with crawler_of(frontier_url, "a") as a, crawler_of(frontier_url, "b") as b:
        a.seed([key(100)])
        [lease] = leased(a)
        a.settle([Visit(lease, Outcome.OK)])
        b.discover([key(99), key(101), PageKey(Kind.TOPIC, 7)])
        found = counts_of(database)
        assert (found[Priority.PAST], found[Priority.NEW], found[Priority.REST]) == (1, 1, 1)


def test_seeding_a_known_page_makes_it_due(frontier_url: str) -> None:
    with crawler_of(frontier_url) as frontier:
        frontier.seed([key(1)])
        frontier.settle([Visit(one, Outcome.OK) for one in leased(frontier)])
        frontier.discover([key(1)])
        assert leased(frontier) == []
        frontier.seed([key(1)])
        assert [lease.key for lease in leased(frontier)] == [key(1)]


def test_progress_is_that_of_all_crawlers(database: SharedDatabase, frontier_url: str) -> None:
    for name in "ab":
        with crawler_of(frontier_url, name) as frontier:
            frontier.discover([key(1), key(2), key(3)])
            frontier.settle([Visit(one, Outcome.OK) for one in leased(frontier)])
    with crawler_of(frontier_url) as frontier:
        assert frontier.backfill_progress()[:2] == (3, 2)
        assert counts_of(database) == {Priority.YOUNG: 2, Priority.NEW: 1}


def test_no_call_of_a_crawl_reads_the_whole_table(database: SharedDatabase) -> None:
    database.run(lambda db: db.execute(_FILL.encode(), [30_000]))
    database.run(lambda db: db.execute("ANALYZE pages"))
    crawlers = [PostgresFrontier(database, name=name) for name in "ab"]
    for crawler in crawlers:
        crawler.begin("gopher")
        for priority in ALL_PRIORITIES:
            leases = crawler.lease(3, duration=TEN_MINUTES, of=[priority]).leases
            crawler.settle([Visit(lease, Outcome.OK, [key(1), key(40_000)]) for lease in leases[:2]])
        crawler.lease(3, duration=TEN_MINUTES, unchecked_for=timedelta(hours=1))
        crawler.lease_partial([key(1), key(2)], duration=TEN_MINUTES)
        crawler.renew(TEN_MINUTES)
        crawler.seed([key(3)])
        assert crawler.any_due()
        crawler.release()
    assert _whole_reads(database) == 0
    database.run(count_pages)
    assert _whole_reads(database) == 1  # such a read is counted


def _whole_reads(database: SharedDatabase) -> int:
    """Return how often all of the pages were read."""
    database.run(lambda db: db.execute("SELECT pg_stat_force_next_flush()"))
    query = "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'pages'"
    return int(database.run(lambda db: one_row(db, query, []))[0])
