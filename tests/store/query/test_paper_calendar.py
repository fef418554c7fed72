"""The paper day by day, as the front page and the article's story tell it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from archive.errors import NothingFound
from archive.model import Author, Kind, Paragraph, Tag
from archive.store import EventFilter, Reader, open_reader, open_writer
from archive.store.query.calendar import WEEKS_SHOWN
from tests.support.samples.captures import BRIDGE, HOUR, NOON, absence_of, archive_of, capture_of
from tests.support.tables import rows

MIDNIGHT = datetime(2025, 4, 10, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = replace(BRIDGE, title="Zweiter Titel", lead=None)
THIRD = replace(SECOND, blocks=(*BRIDGE.blocks, Paragraph("Ein Nachtrag von fünf Worten.")))


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Reader]:
    """One article edited twice, one gone and back, one gone, one that bears tomorrow's date."""
    path = archive_of(
        tmp_path / "paper.db",
        [
            capture_of(BRIDGE, 1, NOON),
            capture_of(SECOND, 1, NOON + HOUR),
            capture_of(THIRD, 1, NOON + DAY),
            capture_of(BRIDGE, 2, NOON),
            absence_of(2, NOON + HOUR),
            capture_of(BRIDGE, 2, NOON + DAY),
            capture_of(BRIDGE, 3, NOON),
            absence_of(3, NOON + DAY),
            absence_of(3, NOON + 2 * DAY),
            capture_of(replace(BRIDGE, published=date(2025, 4, 11)), 4, NOON),
        ],
    )
    with open_reader(path) as archive:
        yield archive


def on(archive: Reader, what: str, day: int) -> list[tuple[int, int]]:
    start = MIDNIGHT + day * DAY
    found = archive.events.of_kind(what, EventFilter(start=start, end=start + DAY), limit=10)
    return sorted((event.article, event.number) for event in found)


def test_events_are_listed_on_their_day(archive: Reader) -> None:
    assert on(archive, "new", 0) == [(1, 1), (2, 1), (3, 1), (4, 1)]
    assert on(archive, "edited", 0) == [(1, 2)]
    assert on(archive, "gone", 0) == [(2, 1)]
    assert on(archive, "back", 0) == []
    assert on(archive, "edited", 1) == [(1, 3)]
    assert on(archive, "gone", 1) == [(3, 1)]
    assert on(archive, "back", 1) == [(2, 1)]
    assert [on(archive, what, 2) for what in ("new", "edited", "gone", "back")] == [[], [], [], []]


def test_the_paper_has_articles_as_they_read_then(archive: Reader) -> None:
    then = {row.id: row for row in archive.calendar.offered(at=NOON, limit=10)}
    assert (then[1].title, then[1].edits) == (BRIDGE.title, 0)
    later = {row.id: row for row in archive.calendar.offered(at=NOON + 2 * HOUR, limit=10)}
    assert (later[1].title, later[1].lead, later[1].edits) == ("Zweiter Titel", None, 1)
    assert {number for number, row in later.items() if row.gone} == {2}


def test_tomorrows_articles_are_in_todays_paper_and_first(archive: Reader) -> None:
    assert [row.id for row in archive.calendar.offered(at=NOON, limit=2)] == [4, 3]
    assert archive.calendar.offered(at=NOON - HOUR, limit=2) == []


def test_a_calendar_counts_every_day_of_its_weeks(archive: Reader) -> None:
    calendar = archive.calendar.days(last=date(2025, 4, 11))
    assert len(calendar) == WEEKS_SHOWN * 7
    assert (calendar[0].day.weekday(), calendar[-1].day.weekday()) == (0, 6)
    listed = {day.day: (day.new, day.edited) for day in calendar if day.new or day.edited}
    assert listed == {date(2025, 4, 10): (4, 1), date(2025, 4, 11): (0, 1)}


def test_an_empty_archive_extends_over_no_time(tmp_path: Path, archive: Reader) -> None:
    assert archive.calendar.extent() == ("2025-04-10T12:00:00.000Z", "2025-04-11T12:00:00.000Z")
    with open_writer(tmp_path / "empty.db") as empty:
        assert empty.calendar.extent() is None


def test_a_story_says_which_parts_each_version_changed(archive: Reader) -> None:
    listed = [(step.number, step.changed, step.more) for step in archive.history.versions(1)]
    first = len(BRIDGE.text.replace("## ", "").split())
    assert listed[1:] == [(2, ("title", "lead"), 0), (3, ("text",), 5)]
    assert listed[0] == (1, (), first)
    with pytest.raises(NothingFound, match="holds no article 99"):
        archive.history.versions(99)


def test_a_topic_is_found_by_number_or_name_and_listed_page_by_page(archive: Reader) -> None:
    for kind, keys in ((Kind.TOPIC, ("51", "Verkehr")), (Kind.AUTHOR, ("31", "Anna Äpfel"))):
        for key in keys:
            found = archive.topics.find(kind, key)
            assert (found.number or 0) in (0, int(keys[0]))
            first = archive.topics.articles(found, limit=3)
            assert [row.id for row in first] == [4, 3, 2]
            assert [row.id for row in archive.topics.articles(found, limit=3, before=2)] == [1]
            assert archive.topics.count(found) == 4


def test_a_renamed_topic_is_one_listing(tmp_path: Path) -> None:
    old = replace(BRIDGE, tags=(Tag("Autos", 51),), authors=(Author("B. Baum", 32),))
    path = archive_of(tmp_path / "paper.db", [capture_of(old, 1), capture_of(BRIDGE, 2)])
    with open_reader(path) as archive:
        found = archive.topics.find(Kind.TOPIC, "51")
        assert set(found.names) == {"Autos", "Verkehr"}
        assert [row.id for row in archive.topics.articles(found, limit=9)] == [2, 1]


def test_views_are_what_they_say(archive: Reader) -> None:
    latest = rows(archive, "SELECT article_id, version, title, authors FROM latest ORDER BY 1")
    assert latest[0] == (1, 3, "Zweiter Titel", "Anna Äpfel, Bert Baum")
    assert len(latest) == 4
    changes = rows(archive, "SELECT article_id, version, title_before, words_more FROM changes ORDER BY 2")
    assert changes == [(1, 2, BRIDGE.title, 0), (1, 3, "Zweiter Titel", 5)]


def test_absences_are_those_that_a_history_tells(archive: Reader) -> None:
    assert [gap.back for gap in archive.history.absences(2)] == ["2025-04-11T12:00:00.000Z"]
