"""Whatever an article holds, the reading room answers soon: it shows so much and no more, and says so."""

import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event

import httpx
import pytest

from archive.datasette.dispatch import SLOW_EXECUTOR
from archive.datasette.html.article_html import body_blocks
from archive.datasette.html.diff_view import diff_context
from archive.datasette.html.links import LinkResolver
from archive.datasette.html.story import MAX_LISTED, SHORT_HISTORY, list_history
from archive.datasette.html.timeline_strip import MIN_BAR_DISTANCE, STRIP_WIDTH
from archive.datasette.html.urls import SiteUrls
from archive.datasette.http.deadline import Deadline
from archive.model import Article, Link, Paragraph
from archive.store import Absence, PartCounts, Provenance, TooLong, VersionSummary, open_reader
from archive.timestamps import stamp
from tests.support.running.call_counter import calls
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BRIDGE, HOUR, NOON, archive_of, capture_of

pytestmark = pytest.mark.slow  # the archive takes seconds to fill

MANY, SHORT, REWRITTEN, LIVELY = 700101, 700102, 700103, 700104
VERSIONS, LONG_AGO = 1_100, NOON - 2_000 * HOUR  # of LIVELY
SITE = SiteUrls(path=str, whole=str, database="", here="", style="", script="")
NO_ORIGINS = Provenance(base=None, healed=(), missing=())


def numbered(count: int, word: str) -> str:
    """A text of so many paragraphs, each with a word of its own."""
    return "\n\n".join(f"Absatz{at} {word}{at}" for at in range(count))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive filled, not by crawls, with texts longer than any page."""
    captures = [
        capture_of(replace(BRIDGE, title=f"Titel {at}", links=()), number, begin + at * HOUR)
        for number, begin in ((MANY, NOON), (SHORT, NOON), (REWRITTEN, NOON), (LIVELY, LONG_AGO))
        for at in range(2)
    ]
    path = archive_of(tmp_path_factory.mktemp("bounds") / "paper.db", captures)
    with closing(sqlite3.connect(path)) as db, db:
        fill(db, MANY, (numbered(200_000, "alt"), numbered(200_000, "neu")))
        fill(db, REWRITTEN, (numbered(12_000, "alt"), numbered(12_000, "neu")))
        edit_again(db, LIVELY, VERSIONS)
    return path


def fill(db: sqlite3.Connection, article: int, texts: tuple[str, str]) -> None:
    """Give two versions of an article other texts, and a link for each of the first paragraphs."""
    ids = [
        row[0] for row in db.execute("SELECT id FROM versions WHERE article_id = ? ORDER BY id", [article])
    ]
    for version, text in zip(ids, texts, strict=True):
        db.execute("UPDATE versions SET text = ? WHERE id = ?", [text, version])
        db.executemany(
            'INSERT INTO links (version_id, position, target, text, start, "end") VALUES (?, ?, ?, ?, ?, ?)',
            ((version, at, f"https://example.org/{at}", "Link", at * 3, at * 3 + 2) for at in range(100_000)),
        )
    db.execute(
        "INSERT INTO version_edits (version_id, field, before_id, typography) VALUES (?, 'text', ?, 0)",
        ids[::-1],
    )


def edit_again(db: sqlite3.Connection, article: int, versions: int) -> None:
    """Give an article that has two versions so many, one an hour."""
    columns = [row[1] for row in db.execute("PRAGMA table_info(versions)")]
    new = {"id": "id + :n - 2", "number": ":n", "first_seen": ":at", "last_seen": ":at"}
    chosen = ", ".join(new.get(column, column) for column in columns)
    db.executemany(
        f"INSERT INTO versions SELECT {chosen} FROM versions WHERE article_id = :article AND number = 2",
        ({"n": n, "at": stamp(LONG_AGO + n * HOUR), "article": article} for n in range(3, versions + 1)),
    )


def test_an_article_of_very_many_parts_is_shown_in_part_and_the_others_are_counted(
    client: httpx.Client,
) -> None:
    page = client.get(f"/-/article/{MANY}").text
    assert "and 198,000 more paragraphs" in page
    assert "and 99,000 more links" in page
    assert "Absatz1999 " in page
    assert "Absatz2000 " not in page


def test_no_more_of_an_article_is_read_than_is_shown(path: Path) -> None:
    with open_reader(path) as archive:
        memento = archive.articles.memento(MANY, most=PartCounts(blocks=3, links=2))
        assert [block.text for block in memento.article.blocks] == numbered(3, "neu").split("\n\n")
        assert len(memento.article.links) == 2
        assert archive.versions.count_parts(memento.row) == PartCounts(blocks=200_000, links=100_000)


def test_a_difference_of_very_many_paragraphs_is_shown_in_part_and_the_others_are_counted(
    client: httpx.Client,
) -> None:
    page = client.get(f"/-/article/{REWRITTEN}/versions/1..2").text
    assert "<del>alt0</del>" in page
    (more,) = re.findall("and ([0-9,]+) more paragraphs", page)
    assert page.count("<ins>neu") + int(more.replace(",", "")) == 12_000
    assert "<ins>neu11999</ins>" not in page
    assert len(page) < 1_000_000


@pytest.mark.parametrize("view", ["inline", "split"])
def test_a_text_too_long_to_compare_is_marked_as_such(client: httpx.Client, view: str) -> None:
    page = client.get(f"/-/article/{MANY}/versions/1..2", params={"view": view})
    assert page.status_code == 200
    assert "Too long to compare here" in page.text
    assert "<del>0</del>" in page.text  # of the title


def test_a_feed_of_edits_omits_only_the_diff_of_a_long_entry(client: httpx.Client) -> None:
    feed = client.get("/-/feed/edited.atom")
    assert feed.status_code == 200
    entries = feed.text.split("<entry ")[1:4]  # of the three texts of that day
    assert ["Too long to compare here" in entry for entry in entries].count(False) == 1
    assert ["<ins>1</ins>" in entry for entry in entries].count(
        True
    ) == 2  # the short one, and a long text's title


def test_work_stops_at_the_deadline(path: Path) -> None:
    with open_reader(path) as archive:
        rows = [archive.versions.numbered(SHORT, number) for number in (1, 2)]
        assert diff_context(archive, rows[0], rows[1], Deadline.after(LONGEST))["added"] == 1
        with pytest.raises(TooLong, match="request less"):
            diff_context(archive, rows[0], rows[1], Deadline.after(0))


def test_quick_pages_are_answered_while_slow_ones_wait_for_each_other(client: httpx.Client) -> None:
    done = Event()
    with ThreadPoolExecutor() as asking:
        try:
            for _ in range(3):
                SLOW_EXECUTOR.submit(done.wait, LONGEST)
            difference = asking.submit(client.get, f"/-/article/{SHORT}/versions/1..2")
            assert client.get(f"/-/article/{SHORT}").status_code == 200
            assert not difference.done()
        finally:
            done.set()
        assert difference.result(LONGEST).status_code in (200, 503)


def linked(count: int) -> Article:
    """A paragraph in which every second word is a link."""
    links = tuple(Link(at, "https://example.org/", "ab", at * 6, at * 6 + 2) for at in range(count))
    return Article(title="", blocks=(Paragraph("ab cd " * count),), links=links)


def typeset(article: Article) -> None:
    assert len(list(body_blocks(article, NO_ORIGINS, LinkResolver(SITE, frozenset())))) == 1


def test_typesetting_twice_as_many_links_takes_twice_the_work() -> None:
    few, many = (calls(partial(typeset, linked(count))) for count in (200, 400))
    assert many < 2.5 * few


def test_all_of_a_long_history_is_listed_on_several_pages(client: httpx.Client) -> None:
    seen, wanted = list[int](), "all"
    while wanted:
        page = client.get(f"/-/article/{LIVELY}", params={"history": wanted}).text
        numbers = [int(number) for number in re.findall(r">Version ([0-9]+)</a>", page)]
        assert len(numbers) <= MAX_LISTED
        seen += numbers
        (wanted,) = re.findall(r'<a href="\?history=([0-9]+)">', page) or [""]
    assert seen == [*range(VERSIONS, 0, -1)]


def test_the_strip_of_a_long_history_has_only_bars_wide_enough_to_see(client: httpx.Client) -> None:
    page = client.get(f"/-/article/{LIVELY}/versions/77").text
    assert 500 < page.count("<rect") <= STRIP_WIDTH / MIN_BAR_DISTANCE + 2
    assert page.count(' here"') == 1


def test_absences_are_listed_among_the_versions_at_that_time_up_to_a_number() -> None:
    versions = [
        VersionSummary(at, at, f"{at:06}", f"{at:06}", "", 0, 0, None, ()) for at in range(1_000, 3_000)
    ]
    gaps = [Absence(f"{at:06}.5", 1, f"{at:06}.6") for at in range(1_000, 3_000)]
    flapping = [Absence(f"002999.{at:06}", 1, None) for at in range(1_000)]
    page = list_history(versions, [*gaps, *flapping], "")
    assert len(page.entries) == SHORT_HISTORY + MAX_LISTED
    assert page.hidden == SHORT_HISTORY + 1_000 - MAX_LISTED
    assert page.entries[-1][1] == versions[-SHORT_HISTORY]
    earlier = list_history(versions, gaps, "1000")
    assert [gap for _, _, gap in earlier.entries if gap] == gaps[999 : 999 - MAX_LISTED : -1]
    assert (earlier.earlier, earlier.more) == (500, "500")
