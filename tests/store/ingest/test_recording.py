"""Captures are facts; versions and all that hangs on them follow from them."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.dump.writer import write_dump
from archive.errors import ArchiveBusy, DamagedArchive
from archive.model import Article, ArticleChange, Author, Outcome, Paragraph, Tag, Teaser
from archive.renditions.forms import gopher
from archive.store import Writer, open_reader, open_writer
from archive.store.db import lock
from archive.store.db.errors import translated
from archive.store.payloads import payloads
from archive.timestamps import stamp
from tests.support.running.worse_parsers import parsing, unable
from tests.support.samples.captures import BASE, NUMBER, START, capture, key
from tests.support.tables import change, database, is_sound, rows

EDITED = replace(BASE, lead="Am Dienstag stand das Wasser bis an die Fenster.")


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Writer]:
    with open_writer(tmp_path / "taz.db") as opened:
        yield opened
        assert is_sound(opened)


def test_a_page_is_kept_as_received(archive: Writer) -> None:
    sent = capture(BASE, 0)
    archive.record([sent])
    [(payload,)] = rows(archive, "SELECT payload_id FROM captures")
    with database(archive) as db:
        assert payloads.load(db, payload) == sent.body


def test_an_edit_makes_a_version(archive: Writer) -> None:
    first, second = archive.record([capture(BASE, 0), capture(EDITED, 1)])
    assert (first.version, second.version) == (1, 2)
    assert rows(archive, "SELECT number, lead FROM versions") == [(1, BASE.lead), (2, EDITED.lead)]


def test_a_capture_says_what_has_happened_to_its_article(archive: Writer) -> None:
    absent: dict[str, Any] = {"body": b"3No such page\t\tx\t70\r\n.\r\n"}
    failed: dict[str, Any] = {"body": None, "outcome": Outcome.FAILED}
    looks = [
        (capture(BASE, 0), ArticleChange.NEW),
        (capture(BASE, 1), ArticleChange.UNCHANGED),
        (capture(BASE, 2, **failed), None),
        (capture(EDITED, 3), ArticleChange.EDITED),
        (capture(EDITED, 4, **absent), ArticleChange.GONE),
        (capture(EDITED, 5, **absent), None),
        (capture(EDITED, 6), ArticleChange.BACK),
        (capture(EDITED, 7), ArticleChange.UNCHANGED),
    ]
    recorded = [archive.record([look])[0] for look, _ in looks]
    assert [done.change for done in recorded] == [change for _, change in looks]


def test_there_and_back_again_is_three_versions(archive: Writer) -> None:
    archive.record([capture(BASE, 0), capture(EDITED, 1), capture(BASE, 2)])
    assert rows(archive, "SELECT number, lead FROM versions") == [
        (1, BASE.lead),
        (2, EDITED.lead),
        (3, BASE.lead),
    ]


def test_the_same_page_again_extends_its_version(archive: Writer) -> None:
    archive.record([capture(BASE, 0), capture(BASE, 1), capture(BASE, 2)])
    assert rows(archive, "SELECT first_seen, last_seen FROM versions") == [
        (stamp(START), stamp(START + timedelta(hours=2)))
    ]
    assert rows(archive, "SELECT count(*), count(DISTINCT payload_id) FROM captures") == [(3, 1)]


@pytest.mark.parametrize(
    "drifted",
    [
        replace(BASE, tags=(Tag("Bremen", 5008002), Tag("Hafen", 5008003))),
        replace(BASE, related=()),
        replace(BASE, links=tuple(replace(link, target="/Anderer-Slug/!6080001") for link in BASE.links)),
    ],
    ids=["tags", "related", "slug"],
)
def test_drift_makes_no_version(archive: Writer, drifted: Article) -> None:
    archive.record([capture(BASE, 0), capture(drifted, 1)])
    assert rows(archive, "SELECT number FROM versions") == [(1,)]


@pytest.mark.parametrize(
    "changed",
    [
        replace(BASE, title=BASE.title + "!"),
        replace(BASE, caption=None),
        replace(BASE, dateline="Bremerhaven taz"),
        replace(BASE, published=START.date() + timedelta(days=1)),
        replace(BASE, authors=(*BASE.authors, Author("Ole Weiß"))),
        replace(BASE, blocks=(Paragraph("Es regnete den ganzen Tag sagten die Häuser."),), links=()),
    ],
    ids=["title", "caption", "dateline", "date", "authors", "one comma"],
)
def test_every_editorial_part_makes_a_version(archive: Writer, changed: Article) -> None:
    archive.record([capture(BASE, 0), capture(changed, 1)])
    assert rows(archive, "SELECT number FROM versions") == [(1,), (2,)]


def test_tags_and_related_keep_when_they_were_seen(archive: Writer) -> None:
    drifted = replace(
        BASE,
        tags=(Tag("Bremen", 5008002), Tag("Hafen", 5008003)),
        related=(Teaser("Neu", None, "/Neu/!6080009"),),
    )
    archive.record([capture(BASE, 0), capture(drifted, 1), capture(drifted, 2)])
    at = [stamp(START + timedelta(hours=hour)) for hour in range(3)]
    assert rows(
        archive,
        "SELECT name, first_seen, last_seen FROM article_tags JOIN tags t ON t.id = tag_id ORDER BY 1",
    ) == [
        ("Bremen", at[0], at[2]),
        ("Hafen", at[1], at[2]),
        ("Wetter", at[0], at[0]),
    ]
    assert rows(archive, "SELECT related_number, first_seen, last_seen FROM related_articles ORDER BY 1") == [
        (6080002, at[0], at[0]),
        (6080009, at[1], at[2]),
    ]


def test_recording_a_capture_again_adds_nothing(archive: Writer) -> None:
    archive.record([capture(BASE, 0)])
    with open_reader(archive.path) as reader:
        before = reader.data_version()
        (again,) = archive.record([capture(BASE, 0)])
        assert again.known
        assert reader.data_version() == before
        archive.record([capture(BASE, 1)])
        assert reader.data_version() != before


def test_an_article_not_found_is_gone_and_may_come_back(archive: Writer) -> None:
    absent = capture(BASE, 1, body=b"3No such page\t\tx\t70\r\n.\r\n")
    archive.record([capture(BASE, 0), absent])
    assert rows(archive, "SELECT state FROM articles") == [("gone",)]
    archive.record([capture(BASE, 2)])
    assert rows(archive, "SELECT state, version_count FROM articles") == [("present", 1)]


def test_an_old_copy_imported_late_does_not_bring_a_gone_article_back(archive: Writer) -> None:
    archive.record(
        [capture(BASE, 1), capture(BASE, 2, body=b"3No such page\t\tx\t70\r\n.\r\n"), capture(BASE, 0)]
    )
    assert rows(archive, "SELECT state FROM articles") == [("gone",)]


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"body": b"\x89PNG\0"}, Outcome.UNREADABLE),
        ({"body": b"3Server busy\t\tx\t70\r\n.\r\n"}, Outcome.UNREADABLE),
        ({"body": b"3Not found\t\tx\t70\r\n.\r\n"}, Outcome.ABSENT),
        ({"body": b"i# taz", "outcome": Outcome.FAILED, "problem": "too slow"}, Outcome.FAILED),
        ({"body": None, "outcome": Outcome.FAILED, "problem": "refused"}, Outcome.FAILED),
    ],
)
def test_bytes_that_are_not_a_page_are_stored_with_a_problem(
    archive: Writer, changes: dict[str, Any], outcome: Outcome
) -> None:
    (done,) = archive.record([capture(BASE, 0, **changes)])
    assert done.outcome is outcome
    assert rows(archive, "SELECT outcome, problem IS NULL FROM captures") == [(outcome.value, False)]
    assert rows(archive, "SELECT count(*) FROM articles") == [(0,)]


def test_captures_of_an_article_that_could_not_be_read_become_its_own_once_it_is(archive: Writer) -> None:
    archive.record([capture(BASE, 0, body=b"\0"), capture(BASE, 1)])
    assert rows(archive, "SELECT article_id, version_id IS NULL FROM captures") == [
        (NUMBER, True),
        (NUMBER, False),
    ]


def test_a_dump_without_id_is_filed_under_a_provisional_one(archive: Writer) -> None:
    (done,) = archive.record([capture(BASE, 0, number=None)])
    assert done.article is not None
    assert done.article < 0


def test_a_provisional_id_is_replaced_by_the_real_one_for_all_its_captures(archive: Writer) -> None:
    archive.record([capture(EDITED, 0, number=None), capture(BASE, 1)])
    assert rows(archive, "SELECT id, version_count FROM articles") == [(NUMBER, 2)]
    assert rows(archive, "SELECT article_id FROM captures") == [(NUMBER,), (NUMBER,)]


def test_a_dump_without_id_joins_the_article_of_its_title_and_date(archive: Writer) -> None:
    archive.record([capture(BASE, 1), capture(EDITED, 0, number=None)])
    assert rows(archive, "SELECT id, version_count FROM articles") == [(NUMBER, 2)]


def test_same_title_on_another_date_is_another_article(archive: Writer) -> None:
    other = replace(BASE, published=START.date() - timedelta(days=1))
    archive.record([capture(BASE, 1), capture(other, 0, number=None)])
    assert rows(archive, "SELECT count(*) FROM articles") == [(2,)]


def test_a_dump_that_two_articles_fit_joins_neither(archive: Writer) -> None:
    archive.record([capture(BASE, 0), capture(EDITED, 0, number=6081431), capture(BASE, 1, number=None)])
    assert rows(archive, "SELECT count(*) FROM articles") == [(3,)]


def test_links_lead_to_articles_as_soon_as_these_are_there(archive: Writer) -> None:
    archive.record([capture(BASE, 0)])
    assert rows(archive, "SELECT article_number, article_id FROM links") == [(6080001, None)]
    archive.record([capture(replace(BASE, links=()), 0, number=6080001)])
    assert rows(archive, "SELECT article_number, article_id FROM links") == [(6080001, 6080001)]


def test_every_page_linked_is_known_to_the_frontier(archive: Writer) -> None:
    archive.record([capture(BASE, 0)])
    assert set(rows(archive, "SELECT kind, number FROM pages")) == {
        ("article", NUMBER),
        ("article", 6080001),
        ("article", 6080002),
        ("author", 22001),
        ("topic", 5008001),
        ("topic", 5008002),
    }


def test_a_recorded_page_is_not_due_again_at_once(archive: Writer) -> None:
    archive.record([capture(BASE, 0)])
    assert key() not in archive.frontier.lease(100, now=START, until=START + timedelta(minutes=1))


def test_a_leased_page_is_not_leased_again_until_the_lease_expires(archive: Writer) -> None:
    archive.frontier.seed([key()], at=START)
    hour = timedelta(hours=1)
    assert list(archive.frontier.lease(5, now=START, until=START + hour)) == [key()]
    assert not archive.frontier.lease(5, now=START, until=START + hour)
    assert list(archive.frontier.lease(5, now=START + hour, until=START + 2 * hour)) == [key()]


@pytest.mark.parametrize(
    "word", ["strasse", "Straße", "hafenstrasse", "haeuser", "Häuser", "hauser", "grosser", "GROẞER"]
)
def test_search_finds_every_spelling(archive: Writer, word: str) -> None:
    archive.record([capture(BASE, 0)])
    text = replace(BASE, blocks=(Paragraph("Es regnete in der Straße."),))
    archive.record([capture(text, 0, number=6081431)])
    assert rows(archive, "SELECT count(*) > 0 FROM versions_fts WHERE versions_fts MATCH ?", word) == [(1,)]


@pytest.mark.parametrize("word", ["Straße", "Häuser"])
def test_search_finds_words_that_the_page_spells_without_umlauts(archive: Writer, word: str) -> None:
    text = replace(BASE, blocks=(Paragraph("Die Strasse und die Haeuser."),), links=())
    archive.record([capture(text, 0)])
    assert rows(archive, "SELECT count(*) FROM versions_fts WHERE versions_fts MATCH ?", word) == [(1,)]


def test_extending_a_version_does_not_touch_the_search_index(archive: Writer) -> None:
    archive.record([capture(BASE, 0)])
    before = rows(archive, "SELECT id, block FROM versions_fts_data ORDER BY id")
    archive.record([capture(BASE, 1)])
    assert rows(archive, "SELECT id, block FROM versions_fts_data ORDER BY id") == before


def test_a_dump_is_adopted_by_the_article_that_takes_on_its_title(archive: Writer) -> None:
    renamed = replace(BASE, title="Wetter in der Stadt: Ganz anders")
    archive.record([capture(BASE, 0), capture(renamed, 1, number=None), capture(renamed, 2)])
    assert rows(archive, "SELECT id, version_count FROM articles") == [(NUMBER, 2)]


def test_files_without_bytes_are_each_a_capture(archive: Writer) -> None:
    lost = {"body": None, "outcome": Outcome.FAILED, "problem": "cannot be read"}
    done = archive.record(
        [capture(BASE, 0, number=None, url=url, **lost) for url in ("a.txt", "b.txt", "a.txt")]
    )
    assert [recorded.known for recorded in done] == [False, False, True]


def test_the_same_bytes_from_another_server_lead_elsewhere(archive: Writer) -> None:
    """Rows name the server they lead to, so what is a path on one is a foreign URL on another."""
    sent = capture(BASE, 0, url="gopher://127.0.0.1:7070/1/!6081430")
    body = gopher.encode(write_dump(BASE), host="127.0.0.1", port=7070)
    archive.record(
        [replace(sent, body=body), capture(BASE, 1, url="gopher://127.0.0.1:7071/1/!6081430", body=body)]
    )
    assert rows(
        archive, "SELECT related_number, first_seen = last_seen FROM related_articles ORDER BY related_number"
    ) == [
        (None, True),
        (6080002, True),
    ]


def test_what_a_later_parser_cannot_read_does_not_stop_it(
    archive: Writer,
) -> None:
    archive.record([capture(BASE, 1)])
    with parsing(unable):
        archive.record([capture(EDITED, 0)])
    archive.record([capture(EDITED, 2)])
    assert rows(archive, "SELECT number, lead FROM versions") == [(1, BASE.lead), (2, EDITED.lead)]


def test_a_bug_in_our_own_sql_is_not_blamed_on_the_file(archive: Writer) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"), translated(archive.path):
        rows(archive, "SELECT * FROM nowhere")


def test_a_blocking_error_inside_the_lock_is_not_reported_as_a_busy_archive(tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError), lock.writing(tmp_path / "taz.db"):
        raise BlockingIOError


def test_an_ellipsis_of_the_author_does_not_match_another_article(archive: Writer) -> None:
    """A title ending in … may have been cut only if it is as long as what the cutting source leaves."""
    foreign = replace(BASE, title="W…", lead="Etwas ganz anderes.")
    archive.record([capture(BASE, 0), capture(foreign, 5, number=None), capture(foreign, 6, number=77)])
    assert rows(archive, "SELECT id, version_count FROM articles ORDER BY id") == [(77, 1), (NUMBER, 1)]


def test_an_authors_number_does_not_depend_on_the_order_of_captures(archive: Writer) -> None:
    for number, article in ((2, 6081431), (1, 6081432), (3, 6081433)):
        archive.record([capture(replace(BASE, authors=(Author("Änne Groß", number),)), 0, number=article)])
    assert rows(archive, "SELECT number FROM authors") == [(1,)]


def test_by_whatever_link_it_is_named_an_archive_has_one_lock(archive: Writer, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(archive.path)
    with pytest.raises(ArchiveBusy), open_writer(tmp_path / "link.db"):
        pass


def test_text_that_is_not_utf_8_is_damage(archive: Writer) -> None:
    archive.record([capture(BASE, 0)])
    change(archive, "DROP TRIGGER versions_update")
    change(archive, "UPDATE versions SET title = CAST(x'ff41' AS TEXT)")
    with pytest.raises(DamagedArchive), translated(archive.path):
        rows(archive, "SELECT title FROM versions")
    change(archive, "UPDATE versions SET title = ?", BASE.title)


def test_what_controls_a_terminal_is_in_no_target(archive: Writer) -> None:
    body = capture(BASE, 0).body or b""
    hostile = body.replace(b"[1] /Regen/!6080001\t/Regen", b"[1]\t/\x1b[31m\xef\xb7\x90Regen")
    assert hostile != body
    archive.record([capture(BASE, 0, body=hostile)])
    assert rows(archive, "SELECT target FROM links") == [("/ [31mRegen/!6080001",)]
    assert rows(archive, "SELECT truncation_count FROM versions") == [(0,)]
