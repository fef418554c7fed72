"""The frontier: what is fetched first, what is kept from others, what is left to other machines."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from archive.dump.writer import write_menu
from archive.model import Capture, Kind, Menu, Outcome, PageKey, Teaser
from archive.pagekey import ROOT, selector
from archive.renditions.forms import gopher
from archive.store import Writer
from archive.store.frontier.frontier import ArchiveFrontier
from archive.store.frontier.known_pages import (
    MAX_LINKS_PER_PAGE,
    NO_SHARD,
    ONLY_SHARD,
    Priority,
    Shard,
    linked_pages,
)
from archive.store.frontier.leasing import LEASE_CYCLE
from archive.store.frontier.page_finder import MAX_NEW_ARTICLES_PER_PAGE
from archive.timestamps import stamp
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support.running.crawls import crawl, paper_served, quiet, root_of
from tests.support.samples.captures import BASE, NUMBER, START, capture, key
from tests.support.tables import change, rows

HOUR = timedelta(hours=1)
SECTION, TOPIC, AUTHOR = (
    PageKey(Kind.SECTION, 4601),
    PageKey(Kind.TOPIC, 5008001),
    PageKey(Kind.AUTHOR, 22001),
)
PAPER = Newspaper(seed=4, articles=30, daily=0)
LONG = Newspaper(seed=4, articles=400, daily=0)


def menu(page: PageKey, hours: float, *articles: int) -> Capture:
    """A menu's page that leads to articles, fetched so long after the start."""
    entries = tuple(Teaser(f"Nr. {number}", "Es regnet.", f"/!{number}") for number in articles)
    lines = write_menu(Menu(title="Meer", entries=entries))
    return Capture(
        source="gopher",
        url=f"gopher://taz.de/1{selector(page)}",
        captured_at=START + hours * HOUR,
        key=page,
        body=gopher.encode(lines, host="taz.de", port=70),
    )


def lease(frontier: ArchiveFrontier, count: int = 100, hours: float = 0) -> list[PageKey]:
    now = START + hours * HOUR
    return list(frontier.lease(count, now=now, until=now + HOUR))


def due_in(archive: Writer, page: PageKey) -> timedelta:
    query = "SELECT due_at, checked_at FROM pages WHERE kind = ? AND number = ?"
    due, checked = rows(archive, query, page.kind.value, page.number)[0]
    return datetime.fromisoformat(due) - datetime.fromisoformat(checked)


# -- Due, leased, done ----------------------------------------------------------------------------------


def test_a_leased_page_is_not_leased_again_before_its_lease_ends(archive: Writer) -> None:
    archive.frontier.discover([key(1), key(2)], at=START)
    assert lease(archive.frontier, 1) == [key(1)]
    assert lease(archive.frontier) == [key(2)]
    assert lease(archive.frontier, hours=0.9) == []
    assert set(lease(archive.frontier, hours=1)) == {key(1), key(2)}


def test_a_seed_list_of_any_length_is_stored(archive: Writer) -> None:
    archive.record([capture(BASE, 0)])
    named = [key(9_000_000 + n) for n in range(MAX_NEW_ARTICLES_PER_PAGE + 100)]
    archive.frontier.seed(named, at=START)
    assert set(named) <= set(lease(archive.frontier, count=2 * len(named)))


def test_a_page_is_done_with_its_capture(archive: Writer) -> None:
    archive.frontier.discover([key()], at=START)
    lease(archive.frontier)
    archive.record([capture(BASE, 0.1)])
    found = rows(archive, "SELECT leased_until, check_count FROM pages WHERE number = ?", NUMBER)[0]
    assert tuple(found) == (None, 1)


def test_a_failed_transaction_leaves_the_page_leased_and_adds_no_pages(
    archive: Writer,
) -> None:
    archive.frontier.discover([key()], at=START)
    lease(archive.frontier)
    unstorable = capture(BASE, 0.2, url="a lone surrogate: \ud800")
    with pytest.raises(UnicodeEncodeError):
        archive.record([capture(BASE, 0.1), unstorable])
    found = rows(archive, "SELECT number, leased_until IS NULL, check_count FROM pages")
    assert [tuple(row) for row in found] == [(NUMBER, 0, 0)]


# -- What is first --------------------------------------------------------------------------------------


def test_new_articles_come_first_then_young_ones_then_menus_then_the_past(archive: Writer) -> None:
    archive.record([menu(ROOT, 0, 90, 91), menu(TOPIC, 0, 80, 70), capture(BASE, 0, 90), menu(SECTION, 0)])
    archive.record([menu(ROOT, 1, 90, 92)])
    archive.frontier.discover([AUTHOR], at=START)
    found = lease(archive.frontier, hours=2000)
    numbers = [page.number for page in found if page.kind is Kind.ARTICLE and page.number < 1000]
    assert numbers == [91, 92, 90, 80, 70]
    menus = [found.index(page) for page in (ROOT, SECTION)]
    assert found.index(key(90)) < min(menus) < max(menus) < found.index(key(80))
    assert found.index(key(70)) < found.index(AUTHOR)


def test_the_menu_with_the_most_new_links_is_fetched_first(archive: Writer) -> None:
    other = PageKey(Kind.SECTION, 4606)
    archive.record([menu(SECTION, 0, 1), menu(other, 0, 1), menu(other, 1, 2, 3, 4)])
    archive.record([menu(SECTION, 1.1, 5)])
    assert [page for page in lease(archive.frontier, hours=100) if page.kind is Kind.SECTION] == [
        other,
        SECTION,
    ]


def test_old_articles_are_looked_at_again_those_first_that_are_due_for_longest(archive: Writer) -> None:
    old = replace(BASE, published=START.date() - timedelta(days=3000))
    archive.record([capture(old, 0, 5), capture(old, 2, 4), capture(old, 1, 6)])
    found = [page.number for page in lease(archive.frontier, hours=24 * 200) if page.number in (4, 5, 6)]
    assert found == [5, 6, 4]


def test_a_seed_is_fetched_first(archive: Writer) -> None:
    archive.record([menu(ROOT, 0, 90, 91)])
    archive.frontier.seed([AUTHOR], at=START)
    assert lease(archive.frontier, 1) == [AUTHOR]


def absence(page: PageKey, hours: float) -> Capture:
    at = START + hours * HOUR
    return Capture(source="gopher", url="gopher://taz.de/", captured_at=at, key=page, outcome=Outcome.ABSENT)


def test_a_link_to_any_number_does_not_hide_new_articles(archive: Writer) -> None:
    far = replace(BASE, related=(Teaser("Fern", None, "/!999999999999"),))
    archive.record([capture(far, 0, 90), absence(key(999999999999), 0.1)])
    archive.frontier.discover([SECTION], at=START)
    archive.record([capture(replace(BASE, related=(Teaser("Neu", None, "/!100"),)), 0.2, 80)])
    found = lease(archive.frontier, hours=1)
    assert found.index(key(100)) < found.index(SECTION)


FLOOD = range(1000, 1000 + 3 * MAX_NEW_ARTICLES_PER_PAGE)


@pytest.fixture
def flooded(archive: Writer) -> Writer:
    """One menu leads to very many new articles, after an article, other menus and the past."""
    archive.record([capture(BASE, 0, 90), menu(TOPIC, 0, 80, 70), menu(ROOT, 0, *FLOOD)])
    archive.frontier.discover([AUTHOR], at=START)
    return archive


def test_a_flood_of_new_articles_keeps_nothing_waiting(flooded: Writer) -> None:
    found = []
    for fetches in range(3 * LEASE_CYCLE):
        [page] = lease(flooded.frontier, 1, hours=2000 + fetches / 100)
        flooded.record([absence(page, 2000 + fetches / 100)])
        found.append(page)
    assert {key(90), ROOT, key(80), AUTHOR} <= set(found)
    assert len(set(found).intersection(map(key, FLOOD))) > len(found) / 2, "what is new is still first"


def test_a_page_makes_so_many_articles_known_as_new_and_no_more(flooded: Writer) -> None:
    assert set(lease(flooded.frontier, 2 * len(FLOOD))).intersection(map(key, FLOOD)) == {
        *map(key, FLOOD[:MAX_NEW_ARTICLES_PER_PAGE])
    }


def test_of_a_page_of_very_many_links_the_first_are_followed() -> None:
    links = [key(number) for number in range(1, MAX_LINKS_PER_PAGE + 2)]
    page = Menu(title="Meer", entries=tuple(Teaser("Es regnet.", None, selector(link)) for link in links))
    assert linked_pages(page) == links[:-1]


# -- What visits teach ----------------------------------------------------------------------------------


def test_an_article_that_was_edited_is_due_sooner(archive: Writer) -> None:
    archive.record([capture(BASE, 0, 1), capture(BASE, 0, 2)])
    archive.record([capture(BASE, 5, 1), capture(replace(BASE, lead="Anders."), 5, 2)])
    assert due_in(archive, key(2)) < due_in(archive, key(1)) / 2
    known = rows(
        archive, "SELECT check_count, change_count FROM pages WHERE number IN (1, 2) ORDER BY number"
    )
    assert [tuple(row) for row in known] == [(2, 0), (2, 1)]


def test_the_papers_habits_are_learned(archive: Writer) -> None:
    for number in range(1, 30):
        archive.record([capture(BASE, 0, number), capture(replace(BASE, lead="Anders."), 5, number)])
    archive.record([capture(BASE, 0, 100), capture(BASE, 5, 100)])
    learned = due_in(archive, key(100))
    changes, hours = rows(archive, "SELECT sum(change_count), sum(observed_hours) FROM change_rates")[0]
    assert (round(changes, 6), round(hours, 6)) == (29, 29 * 2.5 + 5)
    change(archive, "DELETE FROM change_rates")
    archive.record([capture(BASE, 0, 101), capture(BASE, 5, 101)])
    assert learned < due_in(archive, key(101)) / 1.5


def test_links_of_a_menu_at_its_first_capture_are_not_new(archive: Writer) -> None:
    archive.record([menu(SECTION, 0, 1, 2, 3), menu(SECTION, 1, 2, 3, 4)])
    found = rows(archive, "SELECT check_count, change_count FROM pages WHERE kind = 'section'")[0]
    assert tuple(found) == (2, 1)


def test_a_menu_that_brings_news_is_due_sooner(archive: Writer) -> None:
    other = PageKey(Kind.SECTION, 4606)
    for hour in range(24):
        archive.record([menu(SECTION, hour, hour + 1), menu(other, hour, 1)])
    assert due_in(archive, SECTION) < due_in(archive, other)


def test_old_captures_imported_late_change_no_schedule(archive: Writer) -> None:
    archive.record([capture(BASE, 10)])
    query = (
        "SELECT number, priority, due_at, checked_at, check_count, change_count, change_score"
        " FROM pages WHERE checked_at IS NOT NULL"
    )
    before = rows(archive, query)
    archive.record([capture(replace(BASE, lead="Anders."), 3)])
    assert rows(archive, query) == before


# -- Several machines -----------------------------------------------------------------------------------


def test_shards_divide_the_articles_and_share_the_menus(archive: Writer) -> None:
    keys = [key(number) for number in range(1, 100)]
    shards = [Shard(k, 3) for k in (1, 2, 3)]
    assert all([shard.has(page) for shard in shards].count(True) == 1 for page in keys)
    assert all(shard.has(page) for shard in shards for page in (ROOT, SECTION, TOPIC, AUTHOR))


def test_a_shard_leases_only_its_own_pages_and_may_change(archive: Writer) -> None:
    keys = [key(number) for number in range(1, 10)]
    archive.frontier.discover(keys[:5], at=START)
    for shard in (Shard(2, 3), Shard(1, 2), ONLY_SHARD):
        archive.frontier.assign_shard(shard)
        archive.frontier.discover(keys[5:], at=START, shard=shard)
        assert set(lease(archive.frontier)) == set(filter(shard.has, keys))
        change(archive, "UPDATE pages SET leased_until = NULL")


def test_a_page_of_another_shard_is_not_due(archive: Writer) -> None:
    archive.frontier.discover([key(3)], at=START, shard=Shard(3, 3))
    assert not archive.frontier.any_due(now=START)


def test_with_a_shared_frontier_no_page_of_the_archive_is_due_until_a_crawl_without_it(
    archive: Writer,
) -> None:
    keys = [ROOT, SECTION, key(1)]
    archive.frontier.discover(keys, at=START)
    archive.frontier.assign_shard(NO_SHARD)
    archive.record([menu(TOPIC, 0, 2)], shard=NO_SHARD)
    assert lease(archive.frontier) == []
    archive.frontier.assign_shard(ONLY_SHARD)
    assert set(lease(archive.frontier)) == {*keys, key(2)}


def test_the_state_of_a_page_is_taken_over_from_a_shared_frontier(archive: Writer) -> None:
    archive.record([capture(BASE, 1)])
    later = stamp(START + 9 * HOUR)
    theirs = SharedState(key(), due_at=later, check_count=7, change_score=0.5)
    archive.frontier.adopt([theirs])
    query = "SELECT priority, due_at, check_count, change_score FROM pages WHERE number = ?"
    assert rows(archive, query, NUMBER) == [(Priority.ELSEWHERE, later, 7, 0.5)]


class SharedState(NamedTuple):
    """The state of a page in a shared frontier."""

    key: PageKey
    priority: int = 1
    due_at: str = stamp(START)
    discovered_at: str = stamp(START)
    checked_at: str | None = stamp(START + HOUR)
    changed_at: str | None = None
    failure_count: int = 0
    check_count: int = 1
    change_count: int = 0
    change_score: float = 0.0


def test_three_machines_fetch_each_article_once_and_together_all(tmp_path: Path) -> None:
    query = "SELECT DISTINCT article_id FROM captures WHERE article_id IS NOT NULL"
    found: list[set[int]] = []
    with paper_served(PAPER) as server:
        for k in (1, 2, 3):
            quiet(crawl(tmp_path / f"{k}.db", "--seed", root_of(server), "--shard", f"{k}/3"))
            found.append({number for (number,) in rows(tmp_path / f"{k}.db", query)})
    articles = {page.number for page in PAPER.articles_there(PAPER.start)}
    assert sum(map(len, found)) == len(set().union(*found))
    assert set().union(*found) == articles
    assert min(map(len, found)) > len(articles) / 6


# -- In slices ------------------------------------------------------------------------------------------


def test_the_past_is_walked_in_slices_that_say_how_far_they_are(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    printed: list[str] = []
    with paper_served(LONG) as server:
        quiet(crawl(archive, "--seed", root_of(server), "--max-pages", "1"))
        while not printed or "none is left" not in printed[-1]:
            done = crawl(archive, "--via", f"gopher={root_of(server)}", "--backfill", "100")
            assert (done.returncode, done.stderr) == (0, "")
            printed.append(done.stdout)
            assert len(printed) < 30
    assert "about" in printed[0]
    [(known,)] = rows(archive, "SELECT count(*) FROM pages WHERE kind = 'article'")  # dead links too
    assert f"{known} of {known} articles known so far fetched (100 %)" in printed[-1]
    read = {number for (number,) in rows(archive, "SELECT id FROM articles")}
    assert read == {article.number for article in LONG.articles_there(LONG.start)}
    pages = [pages for (pages,) in rows(archive, "SELECT page_count FROM crawls WHERE id > 2")]
    assert pages
    assert max(pages[1:]) <= 100  # the first took what is new besides


def test_a_budget_is_kept_to_over_several_runs(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER) as server:
        for _ in range(3):
            words = ("--max-pages", "8", "--budget", "20")
            quiet(crawl(archive, "--via", f"gopher={root_of(server)}", *words))
        asked = server.connections
        quiet(crawl(archive, "--via", f"gopher={root_of(server)}", "--budget", "20"))
        assert server.connections == asked
    assert rows(archive, "SELECT page_count FROM crawls") == [(8,), (8,), (4,), (0,)]


def test_a_small_budget_makes_for_patience(archive: Writer) -> None:
    archive.record([capture(BASE, 0, number) for number in range(1, 71)])
    patience = [
        archive.frontier.patience_for_budget(budget, now=START + HOUR) for budget in (100_000, 150, 60, 1)
    ]
    assert patience == sorted(patience)
    assert patience[0] < patience[1] < patience[2]
