"""Sections in the reading room: their pages, where an article stood, feeds, and all events of a day."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest

from archive.model import Capture
from archive.pagekey import ROOT
from tests.support.samples.captures import BASE, archive_of, capture
from tests.support.samples.menus import menu_capture

pytestmark = pytest.mark.slow

FIRST, SECOND, THIRD = 6080001, 6080002, 6080003
EDITED_TITLE = "Verkehr: <script>Umbau</script>"
HOSTILE_SECTION = "</title><script>document.title='PWNED'</script>"


def captures() -> Iterator[Capture]:
    for number in (FIRST, SECOND, THIRD):
        yield capture(BASE, 0, number)
    yield capture(replace(BASE, title=EDITED_TITLE), 5, SECOND)
    yield menu_capture([FIRST, SECOND], 0, ROOT)
    yield menu_capture([THIRD, SECOND, FIRST], 1, ROOT)
    yield menu_capture([SECOND, THIRD], 2, ROOT)
    yield menu_capture([SECOND, THIRD], 6, ROOT)
    yield menu_capture([SECOND], 0, title=HOSTILE_SECTION)
    for page in range(60):  # more than a page of the list
        yield capture(BASE, 7, 6081000 + page)
    yield menu_capture([6081000 + page for page in range(60)], 8)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive_of(tmp_path_factory.mktemp("sections") / "taz.db", captures())


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def articles_of(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<h2><a href="/-/article/(\d+)"', page)]


def test_a_section_lists_what_stands_there_by_place_and_then_what_stood_there(client: httpx.Client) -> None:
    page = client.get("/-/section/0").text
    assert articles_of(page) == [SECOND, THIRD, FIRST]
    shown = text_of(page)
    assert re.search(r"now in place 1 · since \S+ \S+ ", shown)
    assert re.search(r"now in place 2 · since \S+ \S+ · best place 1", shown)
    assert re.search(r"\S+ \d\d:\d\d to \S+ \d\d:\d\d · best place 1", shown)


def test_a_long_section_is_paged_without_gap_or_repetition(client: httpx.Client) -> None:
    page = client.get("/-/section/4611").text
    first = articles_of(page)
    [more] = re.findall(r'rel="next" href="([^"]+)"', page)
    second = articles_of(client.get(more.replace("&amp;", "&")).text)
    assert first + second == [*range(6081000, 6081060), SECOND]


def test_the_index_of_sections_counts_what_each_listed_last(client: httpx.Client) -> None:
    page = client.get("/-/sections").text
    assert re.findall(r'href="/-/section/(\d+)">.*?<td class="n">(\d+)</td>', page) == [
        ("0", "2"),
        ("4611", "60"),
    ]


def test_an_article_says_where_it_stood_and_place_by_place(client: httpx.Client) -> None:
    page = client.get(f"/-/article/{FIRST}").text
    shown = text_of(page)
    assert re.search(r"Front page, from .+?: first in place 1, best place 1, last in place 3", shown)
    places = re.findall(r'<li>place (\d), from <time datetime="[^T]+T(\d\d:\d\d)', page)
    assert places[:2] == [("1", "06:00"), ("3", "07:00")]
    assert 'href="/-/section/0"' in page
    single = text_of(client.get("/-/article/6081003").text)
    assert re.search(r"Verkehr, place 4, from \S+ \S+ to \S+ \S+", single)


def test_feeds_keep_to_a_section(client: httpx.Client) -> None:
    feed = client.get("/-/feed/new.atom?section=0").text
    assert f"/-/article/{FIRST}" in feed
    assert "/-/article/6081001" not in feed
    assert "/-/article/6081001" in client.get("/-/feed/new.atom?section=4611").text
    edits = client.get("/-/feed/edited.atom?section=0").text
    assert f"/-/article/{SECOND}/versions/1..2" in edits
    assert "section-0" in edits


def test_all_events_of_a_day_are_paged_and_say_what_changed(client: httpx.Client) -> None:
    day = re.findall(r'href="/-/paper/(\d{4}-\d\d-\d\d)/new"', client.get("/-/paper/").text)[0]
    front = client.get(f"/-/paper/{day}").text
    assert re.search(r">and \d\d more</a>", front)
    seen = set[str]()
    url: str | None = f"/-/paper/{day}/new"
    pages = 0
    while url:
        page = client.get(url).text
        seen.update(re.findall(r'href="/-/article/(\d+)/versions/1"', page))
        found = re.findall(r'rel="next" href="([^"]+from=[^"]+)"', page)
        url, pages = (found[0].replace("&amp;", "&") if found else None), pages + 1
    assert (len(seen), pages) == (63, 2)
    edits = client.get(f"/-/paper/{day}/edited").text
    for page in (front, edits):
        assert "&lt;script&gt;Umbau" in page
        assert re.search(r"<del lang=\"de\">[^<]+</del>", page)
    assert articles_in(client, f"/-/paper/{day}/new?section=0") == {FIRST, SECOND, THIRD}


def test_events_of_several_days_are_listed_at_once(client: httpx.Client) -> None:
    day = re.findall(r'href="/-/paper/(\d{4}-\d\d-\d\d)/new"', client.get("/-/paper/").text)[0]
    later = (date.fromisoformat(day) + timedelta(days=6)).isoformat()
    assert articles_in(client, f"/-/paper/{later}/new") == set()
    week = client.get(f"/-/paper/{later}/new?days=7").text
    assert articles_in(client, f"/-/paper/{later}/new?days=7")
    assert "7 days to" in week
    assert re.search(rf'<span class="at"><time datetime="[^"]+">{day} \d\d:\d\d</time>', week)
    assert "days=7" in re.findall(r'rel="next" href="([^"]+from=[^"]+)"', week)[0]
    assert client.get(f"/-/paper/{day}/new?days=32").status_code == 400
    assert client.get("/-/paper/0001-01-05/new?days=31").status_code == 200
    assert "/edited?days=7" in client.get("/-/paper/").text


def test_the_navigation_names_the_page_that_is_shown(client: httpx.Client) -> None:
    for page in ("paper/", "sections", "topics", "articles?q=bahn", "charts", "help"):
        current = re.findall(r'<a href="([^"]+)" aria-current="page">', client.get(f"/-/{page}").text)
        assert current == [f"/-/{page.partition('?')[0]}"]


def articles_in(client: httpx.Client, url: str) -> set[int]:
    return set(map(int, re.findall(r'href="/-/article/(\d+)/versions', client.get(url).text)))
