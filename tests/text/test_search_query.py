"""How a search is read."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from archive.text.search_query import FTS5_SIGNS, gendered_spellings, is_as_typed, readings


@pytest.mark.parametrize(
    ("query", "reading"),
    [
        ("wahl", "wahl"),
        ("wahl streit", "wahl AND streit"),
        ("wahl -streit", "wahl NOT streit"),
        ("-streit wahl -bahn", "wahl NOT (streit OR bahn)"),
        ("streit or wahl", "streit OR wahl"),
        ("streit oder wahl -bahn", "(streit OR wahl) NOT bahn"),
        ("a or b c", "(a OR b) AND c"),
        ('"rote linie" -"am ufer"', '"rote linie" NOT "am ufer"'),
        ("titel: bahn*", "title : bahn*"),
        ("Titel:bahn streik", "(title : bahn) AND streik"),
        ("bahn -vorspann:streik", "bahn NOT (lead : streik)"),
        ("Bürger:innen", '"Bürger:innen" OR Bürgerinnen'),
        ("title: Schüler*innen", 'title : ("Schüler*innen" OR Schülerinnen)'),
        ("rot-grün*", '"rot-grün" *'),
        ("rot-grüne", '"rot-grüne"'),
        ('"foo', "foo"),
        ("or", "or"),
        ("bahn or", "bahn AND or"),
        ("-a", "-a"),
        ("Berlin – Hamburg oder Bremen", "Berlin AND (Hamburg OR Bremen)"),
        ("wahl -oder bahn", "(wahl AND bahn) NOT oder"),
        ("wahl - streit !!!", "wahl AND streit"),
        ("a NOT b", "a NOT b"),
        ("(a OR b) c", "(a OR b) c"),
    ],
)
def test_a_query_is_read_as_people_mean_it(query: str, reading: str) -> None:
    assert next(readings(query)) == reading


def test_words_to_leave_out_have_no_other_reading() -> None:
    assert list(readings("-wahl -bahn")) == ["-wahl -bahn"]


def test_a_query_that_cannot_be_read_is_searched_word_by_word() -> None:
    assert list(readings("C++ rot-grün")) == ["C++ rot-grün", '"C++" "rot-grün"', '"C" "rot" "grün"']


TERMS = ["-b", "or", '"x y"', "b*", "titel: c", "-text:d", "A:innen", "rot-grün", "rot-grün*", "ß", "1", '"']


@given(st.lists(st.sampled_from(TERMS), max_size=6), st.text(max_size=5))
def test_sqlite_understands_what_words_and_signs_are_read_as(terms: list[str], more: str) -> None:
    query = " ".join(["zug", *terms, *more.replace("\0", "").split()])
    assume(not FTS5_SIGNS.search(query))
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE VIRTUAL TABLE texts USING fts5 (title, lead, caption, text)")
        db.execute("SELECT * FROM texts WHERE texts MATCH ?", [next(readings(query))])


@pytest.mark.parametrize(
    ("query", "reading", "same"),
    [
        ("wahl streit", "wahl AND streit", True),
        ("title: bahn", "title : bahn", True),
        ("rot-grün", '"rot" "grün"', True),
        ("wahl -streit", "wahl NOT streit", False),
        ("titel: bahn", "title : bahn", False),
        ("a or b", "a OR b", False),
    ],
)
def test_a_reading_with_other_words_is_shown(query: str, reading: str, same: bool) -> None:
    assert is_as_typed(query, reading) is same


@pytest.mark.parametrize(
    "text", ["Bürger:innen", "Bürger*innen", "Bürger_innen", "Bürger·innen", "Bürger/-innen", "Bürger/innen"]
)
def test_gendered_words_are_found_without_their_sign(text: str) -> None:
    assert gendered_spellings(f"Die {text} klagen.") == {"bürgerinnen"}


def test_compounds_and_the_singular_are_gendered_too() -> None:
    found = gendered_spellings("Kund:innenzentrum, Ärzt*in, in: innen, Berlin:innenstadt")
    assert found == {"kundinnenzentrum", "ärztin", "berlininnenstadt"}
