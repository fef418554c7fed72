"""An archive as Python objects."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive import OpenArchive, open_archive
from archive.errors import MissingLibrary, NothingFound, StoreError
from archive.model import Paragraph
from tests.support.samples.captures import BASE, HOUR, NUMBER, START, archive_of, capture
from tests.support.samples.histories import ABSENT
from tests.support.samples.menus import menu_capture

EDITED = replace(BASE, title="Wetter in der Stadt: Kleiner Regen über der Hafenstraße")
OTHER = replace(BASE, title="Ohne Regen", published=date(2025, 4, 9))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    captures = [
        *(capture(BASE, 0), capture(EDITED, 2)),
        *(capture(OTHER, 1, 6080001), capture(OTHER, 3, 6080001, **ABSENT)),
        menu_capture([NUMBER], 4),
    ]
    return archive_of(tmp_path_factory.mktemp("api") / "taz.db", captures)


@pytest.fixture
def taz(path: Path) -> Iterator[OpenArchive]:
    with open_archive(str(path)) as opened:
        yield opened


def test_an_article_has_its_versions(taz: OpenArchive) -> None:
    article = taz.article(NUMBER)
    assert (article.title, article.published, article.state) == (EDITED.title, date(2025, 4, 10), "present")
    assert (article.first_seen, article.last_seen) == (START, START + 2 * HOUR)
    assert (article.version_count, article.sections) == (2, ("Verkehr",))
    first, second = article.versions
    assert (first.headline, second.headline) == (BASE.headline, EDITED.headline)
    assert (first.kicker, first.authors, first.text) == ("Wetter in der Stadt", ("Änne Groß",), BASE.text)
    assert article.latest == second


def test_what_a_version_did_to_sentences(tmp_path: Path) -> None:
    texts = ("Es regnet. Der Senat tagt heute.", "Der Senat tagt nicht heute. Es schneit.")
    wordings = [replace(BASE, blocks=(Paragraph(text),)) for text in texts]
    path = archive_of(tmp_path / "taz.db", [capture(wordings[0], 0), capture(wordings[1], 1)])
    with open_archive(path) as taz:
        first, second = taz.article(NUMBER).versions
        assert (first.sentences, first.sentence_edits) == (("Es regnet.", "Der Senat tagt heute."), [])
        assert [(edit.action, edit.before, edit.after) for edit in second.sentence_edits] == [
            ("edited", "Der Senat tagt heute.", "Der Senat tagt nicht heute."),
            ("added", None, "Es schneit."),
            ("removed", "Es regnet.", None),
        ]


def test_what_a_version_edited(taz: OpenArchive) -> None:
    first, second = taz.article(NUMBER).versions
    assert first.edits == []
    [edit] = second.edits
    assert (edit.field, edit.old, edit.new, edit.added, edit.removed) == (
        "title",
        BASE.title,
        EDITED.title,
        1,
        1,
    )


@pytest.mark.parametrize(
    ("when", "number"),
    [
        (START, 1),
        (START + timedelta(hours=1, minutes=59), 1),
        (START + 2 * HOUR, 2),
        ("2025-04-10T09:59", 1),
        (date(2025, 4, 10), 2),
        ("7d", 2),
    ],
)
def test_an_article_as_of_a_time(taz: OpenArchive, when: datetime | date | str, number: int) -> None:
    assert taz.article(NUMBER).as_of(when).number == number


def test_what_is_not_there_raises_an_error_that_says_why(taz: OpenArchive, tmp_path: Path) -> None:
    with pytest.raises(NothingFound, match="the archive holds no article 5"):
        taz.article(5)
    with pytest.raises(NothingFound, match="no earlier text is archived"):
        taz.article(NUMBER).as_of("2025-04-09")
    with pytest.raises(StoreError, match="no such archive"), open_archive(tmp_path / "none.db"):
        pass


def test_a_filter_that_does_not_exist_is_refused(taz: OpenArchive) -> None:
    misspelt: dict[str, Any] = {"sections": "Verkehr"}
    with pytest.raises(TypeError, match="no filter is called 'sections'; there are since, until, section"):
        list(taz.articles(**misspelt))
    with pytest.raises(TypeError, match="no filter is called 'sections'"):
        taz.search("regen", **misspelt)


def test_a_time_without_a_zone_is_refused(taz: OpenArchive) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        taz.article(NUMBER).as_of(datetime(2025, 4, 10))  # noqa: DTZ001 - that is the error


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [NUMBER, 6080001]),
        ({"since": "2025-04-10"}, [NUMBER]),
        ({"until": date(2025, 4, 9)}, [6080001]),
        ({"section": "verkehr"}, [NUMBER]),
        ({"edited": True}, [NUMBER]),
        ({"state": "gone"}, [6080001]),
        ({"author": "groß", "topic": "wetter"}, [NUMBER, 6080001]),
        ({"author": "niemand"}, []),
    ],
)
def test_articles_are_the_last_published_first(
    taz: OpenArchive, wanted: dict[str, object], found: list[int]
) -> None:
    assert [article.number for article in taz.articles(**wanted)] == found  # type: ignore[arg-type]


def test_articles_are_an_iterator(taz: OpenArchive) -> None:
    articles = taz.articles()
    assert (next(articles).number, next(articles).number) == (NUMBER, 6080001)
    assert next(articles, None) is None


def test_a_search_returns_versions(taz: OpenArchive) -> None:
    assert [version.title for version in taz.search("kleiner")] == [EDITED.title]
    assert [version.article for version in taz.search("regen -kleiner")] == [6080001]
    assert [version.article for version in taz.search("regen", section="Verkehr")] == [NUMBER]
    assert len(taz.search("regen", limit=1)) == 1


def test_a_search_has_the_filters_and_orders_of_articles(taz: OpenArchive) -> None:
    def numbers(**how: object) -> list[int]:
        return [version.article for version in taz.search("regen", **how)]  # type: ignore[arg-type]

    assert numbers(order="newest") == [NUMBER, 6080001]
    assert numbers(order="oldest") == [6080001, NUMBER]
    assert numbers(state="gone") == numbers(until="2025-04-09") == [6080001]
    assert numbers(edited=True) == [NUMBER]
    assert numbers(author="groß", topic="wetter", edited=True, all_versions=True) == [NUMBER, NUMBER]
    by_edits = [article.number for article in taz.articles(order="most-edited")]
    assert by_edits == [NUMBER, 6080001]


def test_changes_are_newest_first(taz: OpenArchive) -> None:
    changes = list(taz.changes(since="2025-04-10"))
    assert [(change.event, change.article, change.version) for change in changes] == [
        ("gone", 6080001, 1),
        ("edited", NUMBER, 2),
        ("new", 6080001, 1),
        ("new", NUMBER, 1),
    ]
    assert [[edit.field for edit in change.edits] for change in changes] == [[], ["title"], [], []]
    assert [change.event for change in taz.changes(since=START, section="Verkehr")] == ["edited", "new"]
    assert [change.event for change in taz.changes(until=START)] == ["new"]
    assert not list(taz.changes())


def test_edits_are_fields_that_changed(taz: OpenArchive) -> None:
    [edit] = taz.edits(since="2025-04-10", section="Verkehr", field="title")
    assert (edit.article, edit.version, edit.at) == (NUMBER, 2, START + 2 * HOUR)
    assert (edit.before, edit.after, edit.added, edit.removed) == (BASE.title, EDITED.title, 1, 1)
    assert not list(taz.edits(since="2025-04-10", field="lead"))


def test_arguments_that_make_no_sense_are_refused(taz: OpenArchive) -> None:
    with pytest.raises(ValueError, match="no article is 'deleted'; give present or gone"):
        next(taz.articles(state="deleted"))
    with pytest.raises(ValueError, match="no order is called 'best'; there are newest, oldest, most-edited"):
        next(taz.articles(order="best"))
    with pytest.raises(ValueError, match="no field is called 'headline'; there are title, lead"):
        next(taz.edits(field="headline"))
    with pytest.raises(NothingFound, match='no section is called "Sport"; there are Verkehr'):
        next(taz.articles(section="Sport"))


def test_without_pandas_an_error_says_what_to_install(
    taz: OpenArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingLibrary, match="to_dataframe needs pandas: "):
        taz.to_dataframe(taz.articles())


def test_other_names_of_the_package_are_unknown() -> None:
    with pytest.raises(ImportError, match="open_archives"):
        from archive import open_archives  # noqa: F401, PLC0415


def test_the_package_loads_nothing_until_it_is_used() -> None:
    shown = "print('archive.api' in sys.modules)"
    program = f"import sys, archive; {shown}; archive.open_archive; {shown}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_times_are_aware(taz: OpenArchive) -> None:
    assert taz.article(NUMBER).versions[0].first_seen.tzinfo is UTC
