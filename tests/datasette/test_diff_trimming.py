"""Of two long texts no more is compared, nor made, than what changed and a little around it."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from archive.datasette.html.diff_trimming import MAX_COMPARED_WORDS, TrimmedField, trim_field
from archive.model import Truncation
from archive.store import EditedField, Reader, open_reader
from tests.support.running.call_counter import calls
from tests.support.samples.captures import BRIDGE, HOUR, NOON, archive_of, capture_of

NUMBER = 700201
LONGEST = 1_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An archive of an article with two versions."""
    pages = [replace(BRIDGE, title=f"Titel {at}", links=()) for at in range(2)]
    captures = [capture_of(page, NUMBER, NOON + at * HOUR) for at, page in enumerate(pages)]
    return archive_of(tmp_path / "taz.db", captures)


def text_edited(archive: Reader, old: str, new: str) -> EditedField:
    """An edit of a text, as if the two versions had these texts."""
    rows = [archive.versions.numbered(NUMBER, number) for number in (1, 2)]
    return EditedField("text", *(row._replace(text=text) for row, text in zip(rows, (old, new), strict=True)))


def texts(found: TrimmedField | None) -> tuple[str, str]:
    assert found
    return found.old.text, found.new.text


def test_paragraphs_that_both_texts_begin_or_end_with_are_left_out(path: Path) -> None:
    old = [f"Absatz {at}" for at in range(10)]
    new = [*old[:4], "Neu", *old[5:]]
    with open_reader(path) as archive:
        found = trim_field(archive, text_edited(archive, "\n\n".join(old), "\n\n".join(new)), LONGEST)
    assert texts(found) == ("\n\n".join(old[2:7]), "\n\n".join(new[2:7]))
    assert found
    assert [*found.head, *found.tail] == [*old[:2], *old[7:]]


@pytest.mark.parametrize(("old", "new"), [("", "Neu"), ("Alt", ""), ("Alt", "Alt\n\nNeu"), ("A\n\nA", "A")])
def test_short_texts_are_compared_whole(path: Path, old: str, new: str) -> None:
    with open_reader(path) as archive:
        assert texts(trim_field(archive, text_edited(archive, old, new), LONGEST)) == (old, new)


def test_nothing_is_made_of_the_paragraphs_that_are_left_out(path: Path) -> None:
    count = 20_000
    old = "\n\n".join(f"Absatz {at}" for at in range(count))
    with open_reader(path) as archive:
        edited = text_edited(archive, old, old.replace("Absatz 10000", "Neu"))
        assert calls(lambda: trim_field(archive, edited, LONGEST)) < 3 * count


@pytest.mark.parametrize(
    ("words", "is_compared"), [(MAX_COMPARED_WORDS // 2, True), (MAX_COMPARED_WORDS // 2 + 1, False)]
)
def test_short_words_are_counted_not_only_characters(path: Path, words: int, *, is_compared: bool) -> None:
    with open_reader(path) as archive:
        edited = text_edited(archive, "a " * words, "b " * words)
        assert (trim_field(archive, edited, LONGEST) is not None) == is_compared


def test_truncations_of_what_is_compared_keep_their_places(path: Path) -> None:
    old = "Eins …\n\nZwei\n\nDrei\n\nVier …\n\nSechs"
    with closing(sqlite3.connect(path)) as db, db:
        (version,) = db.execute("SELECT id FROM versions WHERE number = 1").fetchone()
        db.execute("UPDATE versions SET truncation_count = 2 WHERE id = ?", [version])
        db.executemany(
            "INSERT INTO version_truncations (version_id, field, offset) VALUES (?, 'text', ?)",
            [(version, at) for at, character in enumerate(old) if character == "…"],
        )
    with open_reader(path) as archive:
        found = trim_field(archive, text_edited(archive, old, old.replace("Vier …", "Vier Füße")), LONGEST)
    assert found
    assert found.old.truncations == (Truncation("text", found.old.text.index("…")),)
