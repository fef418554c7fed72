"""Soft hyphens are put into long words only, at sensible places, whatever the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.text.hyphenation import CACHED_WORDS, MIN_WORD_LETTERS, SOFT_HYPHEN, _hyphenated, hyphenate


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Bundesverfassungsgericht", "Bundes|ver|fas|sungs|gericht"),
        ("ein Haus, Bundestag", "ein Haus, Bundestag"),
        ("„Straßenreinigungsförderung“", "„Stra|ßen|rei|nigungs|för|derung“"),
        ("Student:innen-Vertretungsversammlung", "Student:innen-Vertre|tungs|ver|samm|lung"),
        ("Druckerzeugnisse", "Druck|erzeug|nisse"),
        ("Donau|dampfschifffahrt", "Donau|dampfschifffahrt"),
        ("Covid19maßnahmenpaket", "Covid19maßnahmenpaket"),
        ("https://example.org/verfassungsgericht_urteil", "https://example.org/verfassungsgericht_urteil"),
    ],
)
def test_long_words_get_soft_hyphens_away_from_their_ends(text: str, shown: str) -> None:
    assert hyphenate(text.replace("|", SOFT_HYPHEN)).replace(SOFT_HYPHEN, "|") == shown


@given(st.text(st.characters() | st.sampled_from("aenrstßÄö" * 20), max_size=200))
def test_nothing_but_soft_hyphens_is_added(text: str) -> None:
    text = text.replace(SOFT_HYPHEN, "")
    shown = hyphenate(text)
    assert shown.replace(SOFT_HYPHEN, "") == text
    if len(text) < MIN_WORD_LETTERS:
        assert shown == text


@pytest.mark.parametrize("text", ["a" * 1_000_000, ("b" * 90 + " ") * 10_000, ("c" * 80 + "1") * 10_000])
def test_words_without_an_end_are_shown_as_they_are(text: str) -> None:
    """In linear time: a square of this size would not end."""
    assert hyphenate(text) == text


def test_the_cache_is_bounded() -> None:
    hyphenate(" ".join("verfassungs" + chr(97 + at % 26) * 9 + chr(97 + at // 26 % 26) for at in range(700)))
    assert _hyphenated.cache_info().maxsize == CACHED_WORDS
