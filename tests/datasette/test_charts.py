"""The page of charts: what each shows, as a picture, as text and as data."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path

import httpx
import pytest

from archive.datasette.chart_queries import CHARTS
from archive.datasette.html.column_chart import value_ticks
from archive.model import Capture
from archive.pagekey import ROOT
from archive.store import open_reader
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BASE, archive_of, capture
from tests.support.samples.menus import menu_capture
from tests.support.servers.reading_room import serving

FIRST, ARTICLES = 6080100, 12
NUMBERS = range(FIRST, FIRST + ARTICLES)


def captures() -> Iterator[Capture]:
    """Each article is edited after three hours, a third of the headlines; it is on top of the front page.

    At each hour one more article is on the front page, the first for 1 hour, the second for 2, and so on.
    """
    for at, number in enumerate(NUMBERS):
        title = replace(BASE, title=f"Wetter: Regen {at}", published=BASE.published)
        edited = replace(title, title="Wetter: Sonne") if at % 3 == 0 else replace(title, lead="Es schien.")
        yield capture(title, 0, number)
        yield capture(edited, 3, number)
    yield menu_capture(NUMBERS, 1)
    for hour in range(ARTICLES + 2):
        listed = [number for at, number in enumerate(NUMBERS, 1) if 0 < hour <= at + 1]
        yield menu_capture([*listed, FIRST - 1], hour, key=ROOT)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive_of(tmp_path_factory.mktemp("charts") / "paper.db", list(captures()))


@pytest.fixture(scope="module")
def rows(path: Path) -> Mapping[str, list[tuple[object, ...]]]:
    with open_reader(path) as archive:
        return {name: list(archive.rows(query["sql"])) for name, query in CHARTS.items()}


@pytest.fixture(scope="module")
def sections(client: httpx.Client) -> Mapping[str, str]:
    """Return the HTML of each chart by its name."""
    page = client.get("/-/charts").text
    found = re.findall(r'<section class="chart" aria-labelledby="(\w+)">(.*?)</section>', page, re.DOTALL)
    return dict(found)


def test_edits_are_counted_by_hour_and_those_of_headlines_apart(rows: Mapping[str, list[object]]) -> None:
    assert rows["headline_edits_by_hour"] == [(3, 12, 4)]
    assert rows["edits_by_section"] == [("Verkehr", 12, 4, 12, 4611)]
    assert rows["most_edited_authors"] == [("Änne Groß", 12, 12, 22001)]


def test_time_on_the_front_page_is_of_articles_that_came_and_left(rows: Mapping[str, list[object]]) -> None:
    """From 1 to 11 hours; the last was still there, and the one below all others was there from the start."""
    assert rows["front_page_time"] == [(1, 1, 6.0), (2, 2, 6.0), (4, 4, 6.0), (8, 4, 6.0)]


def test_first_captures_are_in_the_time_zone_of_the_paper(rows: Mapping[str, list[object]]) -> None:
    assert rows["first_captures_by_hour"] == [(8, 12)]  # 06:00 UTC in summer


def test_every_chart_links_to_its_query_and_its_data(
    client: httpx.Client, sections: Mapping[str, str], rows: Mapping[str, list[tuple[object, ...]]]
) -> None:
    assert list(sections) == list(CHARTS)
    for name, html in sections.items():
        assert f'href="/paper/{name}"' in html
        lines = client.get(f"/paper/{name}.csv").text.splitlines()
        assert len(lines) == 1 + len(rows[name])


def test_bars_are_a_table_with_the_names_and_units_of_its_columns(sections: Mapping[str, str]) -> None:
    html = sections["most_edited_topics"]
    assert re.findall(r'<th scope="col"[^>]*>([^<]+)', html) == ["Topic", "Edits", "Articles"]
    assert re.findall(r"<a href[^>]*>(\w+)</a></th>\s*<td[^>]*><svg.*?<span>(\d+)", html) == [
        ("Bremen", "12"),
        ("Wetter", "12"),
    ]


def test_a_median_is_said_in_a_sentence(sections: Mapping[str, str], client: httpx.Client) -> None:
    assert "Half of the articles stayed for 6 hours or less." in sections["front_page_time"]
    german = client.get("/-/charts", headers={"accept-language": "de"}).text
    assert "Die Hälfte der Artikel blieb höchstens 6 Stunden." in german


@pytest.mark.parametrize("name", ["headline_edits_by_hour", "first_captures_by_hour", "edits_by_section"])
def test_too_little_data_is_said_in_a_sentence(sections: Mapping[str, str], name: str) -> None:
    """All in one column or bar."""
    assert "There is too little data for a chart yet." in sections[name]
    assert "<svg" not in sections[name]


def test_an_archive_without_data_has_no_charts(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "paper.db", [])
    with serving(path) as home, httpx.Client(base_url=home, timeout=LONGEST) as client:
        page = client.get("/-/charts")
    assert page.status_code == 200
    assert page.text.count("There is no data yet.") == len(CHARTS)


def test_columns_have_axes_and_their_values_in_a_table(tmp_path: Path) -> None:
    """Twelve articles of one day, and three of another, of which two were edited."""
    days = [capture(BASE, 0, number) for number in NUMBERS]
    later = replace(BASE, published=BASE.published.replace(day=13))  # type: ignore[union-attr]
    days += [capture(later, 72, number + 100) for number in NUMBERS[:3]]
    days += [capture(replace(later, lead="Anders."), 74, number + 100) for number in NUMBERS[:2]]
    path = archive_of(tmp_path / "paper.db", days)
    with serving(path) as home:
        page = httpx.get(f"{home}/-/charts", timeout=LONGEST).text
    html = page.partition('aria-labelledby="articles_by_day"')[2].partition("</section>")[0]
    svg, table = html.partition("</svg>")[::2]
    assert re.findall(r'<text class="y"[^>]*>([^<]+)', svg) == ["0", "5", "10", "15"]
    assert re.findall(r'<text class="x"[^>]*>([^<]+)', svg)[0] == "2025-04-10"
    assert svg.count("<title>") == 2
    assert 'aria-describedby="articles_by_day-text"' in svg
    assert 'id="articles_by_day-text">Together 15; at most 12 (2025-04-10).' in table
    assert [unescape(cell) for cell in re.findall(r'<th scope="row">([^<]+)', table)] == [
        "2025-04-10",
        "2025-04-13",
    ]
    assert re.findall(r'<td class="n">(\d+)', table) == ["12", "0", "3", "2"]


@pytest.mark.parametrize(
    ("most", "ticks"),
    [(1, [0, 1]), (4, [0, 1, 2, 3, 4]), (7, [0, 2, 4, 6, 8]), (100, [0, 20, 40, 60, 80, 100])],
)
def test_an_axis_has_round_numbers(most: int, ticks: list[int]) -> None:
    assert value_ticks(most) == ticks
