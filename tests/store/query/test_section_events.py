"""Events of the articles of a section, and the brief of an edit."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive.store import EventFilter, open_reader
from archive.store.query.events import Events
from tests.support.samples.captures import BASE, HOUR, START, absence_of, archive_of, capture
from tests.support.samples.menus import menu_capture

EVER = EventFilter(start=datetime(2000, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC))
EDITED = replace(BASE, title="Ganz anders", lead="Neu.")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Articles 1 to 3 in the section, 4 to 6 not; of each three one edited, one gone, one back."""
    captures = [menu_capture([6080001, 6080002, 6080003], 0)]
    for first in (6080001, 6080004):
        captures += [capture(BASE, 0, first), capture(EDITED, 1, first)]
        captures += [
            capture(BASE, 0, first + 1),
            *(absence_of(first + 1, START + hours * HOUR) for hours in (1, 2)),
        ]
        captures += [
            capture(BASE, 0, first + 2),
            *(absence_of(first + 2, START + hours * HOUR) for hours in (1, 2)),
        ]
        captures += [capture(BASE, 3, first + 2)]
    return archive_of(tmp_path / "taz.db", captures)


@pytest.mark.parametrize("what", ["new", "edited", "gone", "back"])
@pytest.mark.parametrize("many", [1, 1000])
def test_events_of_a_section_are_those_of_its_articles_however_they_are_read(
    path: Path, what: str, many: int
) -> None:
    db = Database(path)
    events = Events(db, many=many)
    everywhere = events.of_kind(what, EVER, limit=100)
    inside = events.of_kind(what, replace(EVER, section=4611), limit=100)
    assert inside == [event for event in everywhere if event.article <= 6080003]
    assert 0 < len(inside) < len(everywhere)
    assert events.count(what, replace(EVER, section=4611)) == len(inside)
    assert events.of_kind(what, replace(EVER, section=1), limit=100) == []
    db.close()


def test_the_brief_of_an_edit_has_the_title_before_and_the_fields(path: Path) -> None:
    with open_reader(path) as archive:
        brief = archive.edits.brief(6080001, 2)
        assert brief.titles == (BASE.title, "Ganz anders")
        assert brief.fields == ("title", "lead")
        assert archive.edits.brief(6080001, 1).fields == ()
