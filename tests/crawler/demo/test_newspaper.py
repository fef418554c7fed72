"""The sample newspaper: deterministic, readable, and as awkward as a real one."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from archive.dump.reader import parse_dump, parse_menu
from archive.dump.writer import write_dump, write_menu
from archive.model import Article, Kind, Line, Menu, Page, PageKey, Paragraph, Subhead
from archive.pagekey import ROOT, page_key
from archive.text.hyphenation import SOFT_HYPHEN
from crawler.demo.newspaper.newsroom.edits import EditKind
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.layout import CLAIM, FILLER, SEARCH_LINE, set_page
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.clock import FileClock, LenientClock, PaperClock, read_time

DAY = timedelta(days=1)
MONTH = START + 30 * DAY


@pytest.fixture(scope="module")
def paper() -> Newspaper:
    """A thousand articles and nothing new after."""
    return Newspaper(articles=1000, daily=0)


@pytest.fixture(scope="module")
def articles(paper: Newspaper) -> list[Article]:
    return [
        article
        for key in paper.articles_there(START)
        if isinstance(article := paper.page(key, START), Article)
    ]


def sample() -> Iterator[tuple[Newspaper, datetime, Page]]:
    """Pages of several papers at several times."""
    for seed in range(6):
        newspaper = Newspaper(seed=seed, articles=60)
        for at in (START, START + 31 * timedelta(hours=1), START + 3 * DAY):
            for key in newspaper.keys(at):
                page = newspaper.page(key, at)
                assert page
                yield newspaper, at, page


def editorial(article: Article | None) -> Article | None:
    """What an edit changes, without what drifts."""
    return article and Article(
        title=article.title,
        lead=article.lead,
        caption=article.caption,
        dateline=article.dateline,
        blocks=article.blocks,
        published=article.published,
        links=article.links,
        authors=article.authors,
    )


# Pure and deterministic


def test_the_paper_is_the_same_in_any_order_of_requests() -> None:
    at = START + DAY
    one, other = Newspaper(seed=7), Newspaper(seed=7)
    keys = one.keys(at)
    pages = [one.page(key, at) for key in keys]
    one.events(MONTH)
    assert [other.page(key, at) for key in reversed(keys)] == pages[::-1]


def test_another_process_with_other_hashes_prints_the_same_paper() -> None:
    program = (
        "from hashlib import sha256; from datetime import timedelta;"
        "from crawler.demo.newspaper.pages.newspaper import *;"
        "n = Newspaper(seed=3); at = START + timedelta(days=2);"
        "print(sha256(repr([n.page(key, at) for key in n.keys(at)]).encode()).hexdigest())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_another_seed_is_another_paper() -> None:
    assert Newspaper(seed=1).keys(START)[-1] != Newspaper(seed=2).keys(START)[-1]


def test_a_page_that_says_the_same_is_the_same_object(paper: Newspaper) -> None:
    key = paper.articles_there(START)[500]
    second = timedelta(seconds=1)
    assert paper.page(key, START + second) is paper.page(key, START + 2 * second)


# Readable


def test_every_page_written_and_read_back_is_equal() -> None:
    count: Counter[type] = Counter()
    for _, _, page in sample():
        count[type(page)] += 1
        if isinstance(page, Article):
            assert parse_dump(write_dump(page)) == page
        else:
            assert parse_menu(write_menu(page)) == page
    assert count[Article] > 1000
    assert count[Menu] > 500


def test_everything_the_press_adds_is_seen_through() -> None:
    for newspaper, _, page in sample():
        lines = set_page(newspaper.desk, page)
        if isinstance(page, Article):
            assert parse_dump(lines) == page
        else:
            entries = parse_menu(lines).entries
            assert tuple(entry for entry in entries if entry.target != SEARCH_LINE.target) == page.entries


def test_the_press_adds_all_that_a_reader_must_see_through(paper: Newspaper, articles: list[Article]) -> None:
    pages = [set_page(paper.desk, article) for article in articles]
    texts = ["\n".join(line.text for line in page) for page in pages]
    assert any(SOFT_HYPHEN in text for text in texts)
    assert any(FILLER in page for page in pages)
    assert any(
        " taz " in line.text and line.text[:3].isupper() and "|" not in line.text
        for page in pages
        for line in page
    )
    topics = [[line for line in page if (line.target or "").startswith("/!t")] for page in pages]
    assert any(len(set(tags)) < len(tags) for tags in topics)
    root = paper.page(ROOT, START)
    assert root
    shown = [line for line in set_page(paper.desk, root) if line.text]
    assert shown[:3] == [Line("# taz.de"), CLAIM, SEARCH_LINE]


# Like a real paper


def test_numbers_look_like_the_papers_and_ascend_with_time(paper: Newspaper) -> None:
    numbers = [key.number for key in paper.articles_there(START)]
    assert all(low < high for low, high in pairwise(numbers))
    assert all(6_000_000 < number < 6_100_000 for number in numbers)
    ranges = {Kind.TOPIC: 5_008_000, Kind.SECTION: 4_600, Kind.AUTHOR: 22_300}
    for key in paper.keys(START):
        if key.kind in ranges:
            assert 0 <= key.number - ranges[key.kind] < 1000


def test_lengths_are_like_a_real_papers(articles: list[Article]) -> None:
    words = sorted(len(article.text.split()) for article in articles)
    assert words[0] > 15
    assert 350 < words[len(words) // 2] < 700
    assert 1_500 < words[-1] < 4_000
    titles = [len(article.title) for article in articles]
    assert min(titles) >= 25
    assert max(titles) <= 140
    assert sum(length >= 40 for length in titles) > 0.95 * len(titles)


def test_every_odd_thing_is_somewhere(articles: list[Article]) -> None:
    texts = [article.text for article in articles]
    blocks = [block for article in articles for block in article.blocks]
    links = [link for article in articles for link in article.links]
    assert {None, "taz", "dpa"} < {article.dateline for article in articles}
    assert any("/" in (article.dateline or "") for article in articles)
    assert any(article.published is None for article in articles)
    assert any(article.title.startswith("+++ ") for article in articles)
    assert any(article.kicker is None for article in articles)
    assert any(article.text.startswith("taz: ") for article in articles)
    assert Subhead("") in blocks
    assert any(isinstance(block, Subhead) and " Uhr: " in block.text for block in blocks)
    assert any(isinstance(block, Paragraph) and "\n" in block.text for block in blocks)
    for odd in ("…", " | ", "»", "„", "–", ":innen", "z. B.", "ß"):
        assert any(odd in text for text in texts), odd
    assert any((link.text or "").endswith(".") for link in links)
    assert any(link.target is None for link in links)
    assert any(link.text is None for link in links)
    kinds = {key.kind if key else None for link in links if link.target for key in [page_key(link.target)]}
    assert kinds == {Kind.ARTICLE, Kind.TOPIC, None}


def test_each_link_underlines_its_own_text(articles: list[Article]) -> None:
    for article in articles:
        for link in article.links:
            if link.text is not None:
                assert article.text[link.start : link.end] == link.text


def test_references_break_across_lines(paper: Newspaper, articles: list[Article]) -> None:
    opened = [
        line.text.rindex("[") > line.text.rindex("]")
        for article in articles[:100]
        for line in write_dump(article)
        if "][" in line.text and not line.target
    ]
    assert any(opened)


@pytest.mark.parametrize("days", [0, 3])
def test_every_article_is_reached_from_the_root(days: int) -> None:
    newspaper, at = Newspaper(seed=11, articles=700), START + days * DAY
    seen, frontier = {ROOT}, [ROOT]
    while frontier:
        page = newspaper.page(frontier.pop(), at)
        found = set(keys_on(newspaper, page)) - seen if page else set()
        seen |= found
        frontier += found
    assert set(newspaper.articles_there(at)) <= seen
    assert all(newspaper.page(key, at) for key in newspaper.keys(at))


def keys_on(newspaper: Newspaper, page: Page) -> Iterator[PageKey]:
    for line in set_page(newspaper.desk, page):
        key = page_key(line.target) if line.target else None
        if key and line.item == "1":
            yield key


# Edited


def test_edits_are_of_every_kind_and_most_articles_are_not_edited(paper: Newspaper) -> None:
    events = paper.events(MONTH)
    assert {event.edit for event in events} == set(EditKind)
    per_article = Counter(event.key for event in events)
    untouched = sum(1 for count in per_article.values() if count == 1)
    assert 0.6 < untouched / len(per_article) < 0.75


def test_edits_cluster_in_the_first_hours(paper: Newspaper) -> None:
    first = {event.key: event.moment for event in paper.events(MONTH) if event.edit is EditKind.PUBLISHED}
    ages = [
        event.moment - first[event.key]
        for event in paper.events(MONTH)
        if event.edit is not EditKind.PUBLISHED
    ]
    assert sum(age < DAY for age in ages) > 0.75 * len(ages)
    assert any(age > 7 * DAY for age in ages)


def test_each_wording_differs_from_the_one_before_and_is_what_the_page_says(paper: Newspaper) -> None:
    for key in paper.articles_there(START)[::3]:
        wordings = paper.wordings(key, MONTH)
        for (moment, article), (until, following) in pairwise([*wordings, (MONTH, None)]):
            assert paper.page(key, moment) == article
            just_before = paper.page(key, until - timedelta(seconds=1))
            assert isinstance(just_before, Article | None)
            assert editorial(just_before) == editorial(article)
            assert until == MONTH or editorial(following) != editorial(article)


def test_some_edits_are_taken_back(paper: Newspaper) -> None:
    reverted = next(event for event in paper.events(MONTH) if event.edit is EditKind.REVERTED)
    wordings = [editorial(article) for _, article in paper.wordings(reverted.key, reverted.moment)]
    assert wordings[-1] == wordings[-3] != wordings[-2]


def test_a_retracted_article_is_gone_and_may_come_back(paper: Newspaper) -> None:
    events = {event.edit: event for event in paper.events(MONTH)}
    restored = events[EditKind.RESTORED]
    moments = [moment for moment, _ in paper.wordings(restored.key, MONTH)]
    retraction = moments[moments.index(restored.moment) - 1]
    assert paper.page(restored.key, retraction) is None
    assert restored.key not in paper.keys(retraction)
    assert isinstance(paper.page(restored.key, restored.moment), Article)


def test_an_article_is_not_there_before_its_time() -> None:
    newspaper = Newspaper()
    new = next(
        event for event in newspaper.events(START + DAY, since=START) if event.edit is EditKind.PUBLISHED
    )
    assert newspaper.page(new.key, new.moment - timedelta(seconds=1)) is None
    assert newspaper.page(new.key, new.moment)
    assert newspaper.page(PageKey(Kind.ARTICLE, new.key.number + 10_000), new.moment) is None


def test_a_day_has_any_number_of_new_articles(paper: Newspaper) -> None:
    assert sum(
        event.edit is EditKind.PUBLISHED for event in Newspaper().events(START + DAY, since=START)
    ) in (
        39,
        40,
        41,
    )
    assert all(event.edit is not EditKind.PUBLISHED for event in paper.events(MONTH, since=START))


def test_related_articles_tags_and_slugs_drift_without_an_edit(paper: Newspaper) -> None:
    touched = {event.key for event in paper.events(MONTH) if event.edit is not EditKind.PUBLISHED}
    drifted: Counter[str] = Counter()
    for key in paper.articles_there(START)[-200:]:
        before, after = paper.page(key, START), paper.page(key, MONTH)
        if key in touched or not isinstance(before, Article) or not isinstance(after, Article):
            continue
        assert editorial(before) == editorial(after)
        drifted["related"] += before.related != after.related
        drifted["tags"] += before.tags != after.tags
        drifted["slug"] += (
            not slugs_by_key(before).items() <= (slugs_by_key(before) | slugs_by_key(after)).items()
        )
    assert all(drifted[part] for part in ("related", "tags", "slug")), drifted


def slugs_by_key(article: Article) -> dict[PageKey | None, str]:
    return {page_key(teaser.target): teaser.target for teaser in article.related if teaser.target}


# Paper time


def test_a_clock_does_not_move_until_it_is_set() -> None:
    clock = PaperClock(START)
    newspaper = Newspaper()
    edition = Edition(newspaper, clock)
    new = next(
        event for event in newspaper.events(START + DAY, since=START) if event.edit is EditKind.PUBLISHED
    )
    assert edition.page(new.key) is None
    clock.step(new.moment - START)
    assert edition.page(new.key)


def test_a_clock_file_gives_the_time_last_written(tmp_path: Path) -> None:
    ours, theirs = FileClock(tmp_path / "clock"), FileClock(tmp_path / "clock")
    ours.set(START)
    assert theirs.now() == START
    assert ours.step(DAY) == START + DAY == theirs.now()


def test_a_clock_file_half_written_tells_the_time_before(tmp_path: Path) -> None:
    clock = FileClock(tmp_path / "clock")
    clock.set(START)
    lenient = LenientClock(clock)
    clock.path.write_text("2025-")
    assert lenient.now() == START
    clock.set(MONTH)
    assert lenient.now() == MONTH


def test_times_without_a_zone_are_utc() -> None:
    assert read_time("2025-04-01T06:00\n") == START == read_time("2025-04-01T08:00+02:00")
    assert read_time("2025-04-01") == datetime(2025, 4, 1, tzinfo=UTC)
