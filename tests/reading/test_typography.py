"""Which edits are of typography only: marks spelled in another way, and nothing added or removed."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import feedparser
import httpx
import pytest
from click.testing import CliRunner

from archive.cli.main import cli
from archive.model import Article, Paragraph, Truncation
from archive.reading.edits import find_edits
from archive.reading.typography import normalize_marks
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BRIDGE, HOUR, NOON, archive_of, capture_of
from tests.support.servers.reading_room import serving

SAME = [
    ("„Nein“, sagte er", "«Nein», sagte er"),
    ("„Nein“, sagte er", '"Nein", sagte er'),
    ("„Nein“, sagte er", "‚Nein‘, sagte er"),
    ("„Nein“, sagte er", ",,Nein'', sagte er"),
    ("Wie geht’s?", "Wie geht's?"),
    ("Berlin – Bonn", "Berlin - Bonn"),
    ("Berlin–Bonn", "Berlin - Bonn"),
    ("Er kam -- und ging", "Er kam — und ging"),
    ("Und dann...", "Und dann …"),
    ("Und dann . . .", "Und dann…"),
    ("z. B. heute", "z.B. heute"),
    ("10 % mehr", "10% mehr"),
    ("E‑Mail", "E-Mail"),
]
OTHER = [
    ("Der Retter", "Der „Retter“"),
    ("in dem", "indem"),
    ("E-Mail", "EMail"),
    ("Er kam.", "Er kam!"),
    ("Er kam.", "Er kam…"),
    ("10 000", "10000"),
    ("Nein, nein", "Nein nein"),
    ("masse", "maße"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_marks_spelled_in_another_way_are_typography(one: str, other: str) -> None:
    assert normalize_marks(one) == normalize_marks(other)
    assert typography(Article(title=one), Article(title=other)) == [True]


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_added_or_removed_words_are_more_than_typography(one: str, other: str) -> None:
    assert typography(Article(title=one), Article(title=other)) == [False]


def test_each_field_is_judged_for_itself() -> None:
    old = Article(title="„Nein“", blocks=(Paragraph("Er kam - und ging."),))
    new = replace(old, title="»Nein«", blocks=(Paragraph("Er kam – und blieb."),))
    assert typography(old, new) == [True, False]


def test_a_truncated_title_can_be_edited_in_typography_only() -> None:
    old = Article(title="„Nein“, sagte er am Abend")
    new = Article(title="»Nein«, sagte …", truncations=(Truncation("title", 14),))
    assert typography(old, new) == [True]
    assert typography(old, replace(new, title="»Doch«, sagte …")) == [False]


QUOTED = replace(BRIDGE, title="Brücke in Großau: „Neue“ Straße, alter Streit")
SET, WORDED = 700001, 700002
DAY = NOON.date().isoformat()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two articles, of one of which only the quotation marks were edited."""
    marks, words = (
        replace(QUOTED, title=QUOTED.title.replace(*pair)) for pair in (("“", "”"), ("Neue", "Alte"))
    )
    captures = [
        *(capture_of(QUOTED, number) for number in (SET, WORDED)),
        capture_of(marks, SET, NOON + HOUR),
        capture_of(words, WORDED, NOON + HOUR),
    ]
    return archive_of(tmp_path_factory.mktemp("marks") / "taz.db", captures)


@pytest.mark.parametrize(
    ("words", "expected"),
    [([], [SET, WORDED]), (["--no-typography"], [WORDED]), (["--headlines"], [SET, WORDED])],
)
def test_changes_can_leave_out_edits_of_typography_only(
    path: Path, words: list[str], expected: list[int]
) -> None:
    asked = ["changes", str(path), "--since", DAY, "--only", "edited", "--json", *words]
    events = json.loads(CliRunner().invoke(cli, asked, catch_exceptions=False).stdout)
    assert sorted(event["id"] for event in events) == expected
    assert {event["id"] for event in events if event["typography_only"]} == {SET} & set(expected)


def test_the_view_says_which_edits_are_of_typography_only(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        found = dict(db.execute("SELECT article_id, typography_only FROM changes"))
    assert found == {SET: 1, WORDED: 0}


@pytest.fixture(scope="module")
def room(path: Path) -> Iterator[httpx.Client]:
    with serving(path) as home, httpx.Client(base_url=home, timeout=LONGEST) as client:
        yield client


@pytest.mark.parametrize(("query", "expected"), [("", [SET, WORDED]), ("?typography=no", [WORDED])])
def test_the_reading_room_can_leave_them_out_on_a_days_page_and_in_its_feed(
    room: httpx.Client, query: str, expected: list[int]
) -> None:
    page = room.get(f"/-/paper/{DAY}{query}").text
    edited = page[page.index('<section class="box edited">') : page.index('<section class="box new">')]
    assert [number for number in (SET, WORDED) if f"/-/article/{number}/versions/1..2" in edited] == expected
    feed = feedparser.parse(room.get(f"/-/feed/edited.atom{query}").text)
    assert sorted(int(entry.link.split("/article/")[1][:6]) for entry in feed.entries) == expected
    assert [link.href for link in feed.feed.links if link.rel == "self"] == [
        f"{room.base_url}".rstrip("/") + f"/-/feed/edited.atom{query}"
    ]


def test_another_word_for_typography_is_refused(room: httpx.Client) -> None:
    answer = room.get("/-/feed/edited.atom?typography=off")
    assert (answer.status_code, "use no, or leave it out" in answer.text) == (400, True)


def typography(old: Article, new: Article) -> list[bool]:
    return [edit.typography_only for edit in find_edits([old, new])[1]]
