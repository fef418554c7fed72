"""The text of posts and of descriptions: complete if there is room, and never too long."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.posting.credentials import Credentials
from archive.posting.mastodon import Mastodon
from archive.posting.post_text import MIN_POST_LENGTH, alt_text, post_text
from tests.support.samples.edits import edit_of, field_edit

HEADLINE = field_edit("Großau: Neue Straße, alter Streit", "Großau: „Neue Brücke“")
MASTODON = Mastodon(
    Credentials(
        Path("/nonexistent"),
        {"TAZ_ARCHIVE_MASTODON_SERVER": "https://example", "TAZ_ARCHIVE_MASTODON_TOKEN": "t"},
    )
)
FAMILY = "👨‍👩‍👧"


def test_a_headline_stands_before_and_after_with_time_and_address() -> None:
    assert post_text(edit_of(HEADLINE), 300).splitlines() == [
        "Großau: Neue Straße, alter Streit",
        "→ Großau: „Neue Brücke“",
        "2025-04-10 14:00 CEST https://taz.de/!6081430/",
    ]


def test_other_fields_follow_and_an_edit_without_them_begins_with_the_title() -> None:
    lead = field_edit("Am Dienstag.", "Am Mittwoch.", "lead")
    added = field_edit("", "Pfützen", "caption")
    assert post_text(edit_of(lead, added), 300).splitlines()[:-1] == [
        "Brücke in Großau: Neue Brücke",
        "Vorspann: Am Dienstag. → Am Mittwoch.",
        "Bildunterschrift: – → Pfützen",
    ]


def test_a_long_headline_is_shortened_after_a_word_and_leaves_a_short_one_whole() -> None:
    old, new, last = post_text(edit_of(field_edit("Kurz", "sehr " * 80)), 150).splitlines()
    assert old == "Kurz"
    assert new.startswith("→ sehr sehr")
    assert new.endswith(" sehr …")
    assert last.endswith("/!6081430/")


def test_a_long_passage_is_shortened_around_what_changed() -> None:
    words = "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf "
    edit = edit_of(field_edit(f"{words}Staßburg {words}", f"{words}Straßburg {words}", "text"))
    assert post_text(edit, 180).splitlines()[1] == (
        "Text: … zehn elf zwölf Staßburg eins zwei drei … → … zehn elf zwölf Straßburg eins zwei drei …"
    )


def test_little_room_is_left_to_what_changed() -> None:
    start = "Streit um die Abwasserüberwachung: "
    edit = edit_of(field_edit(f"{start}Firmen gegen Musik", f"{start}Städte gegen Länder"))
    assert post_text(edit, MIN_POST_LENGTH).splitlines()[:2] == [
        "… Firmen gegen Musik",
        "→ … Städte gegen Länder",
    ]


def test_a_passage_that_ends_in_an_ellipsis_gets_no_second_one() -> None:
    edit = edit_of(field_edit("alt eins zwei drei vier fünf", "neu eins zwei drei vier sechs", "text"))
    assert "… …" not in post_text(edit, MIN_POST_LENGTH)


def test_the_description_says_what_the_picture_shows() -> None:
    assert alt_text(edit_of(HEADLINE)) == (
        "Überschrift geändert. Vorher: »Großau: Neue Straße, alter Streit«. Nachher: »Großau: „Neue Brücke“«."
    )


def test_a_sign_of_several_characters_is_kept_whole_or_left_out() -> None:
    text = post_text(edit_of(field_edit(FAMILY * 100, "e\u0301" * 100)), 200)
    old, new, _ = text.splitlines()
    assert set(old.removesuffix("…").split(FAMILY)) == {""}
    assert set(new.removeprefix("→ ").removesuffix("…").split("e\u0301")) == {""}


WORDS = st.text(st.sampled_from("ab ä„“👨‍👩👧\u0301\u202e\x1b\n#@"), max_size=400)


@given(WORDS, WORDS, st.integers(MIN_POST_LENGTH, 500), st.sampled_from(["title", "text", "lead"]))
def test_no_text_is_longer_than_its_limit_or_has_an_empty_line(
    old: str, new: str, limit: int, field: str
) -> None:
    edit = edit_of(field_edit(old, new, field), title=f"T {new}")
    text = post_text(edit, limit)
    assert len(text) <= limit
    assert text.endswith(f"CEST {edit.url}")
    assert all(line.strip() for line in text.splitlines())
    assert text.replace("\n", "").isprintable() or "\u200d" in text
    assert len(alt_text(edit, 200)) <= 200


@pytest.mark.parametrize("count", [1, 4, 40])
def test_a_description_of_many_fields_fits(count: int) -> None:
    fields = [field_edit("alt " * 200, "neu " * 200, "text")] * count
    assert len(alt_text(edit_of(*fields))) <= 1500


@given(st.lists(st.text("@# a", max_size=600), min_size=3, max_size=3))
def test_a_post_to_mastodon_has_room_for_what_keeps_words_from_being_mentions(texts: list[str]) -> None:
    old, new, title = texts
    fields = field_edit(old, new), field_edit(title, new, "lead")
    for edit in (edit_of(*fields), edit_of(fields[1], title=title)):
        assert len(MASTODON.text(edit)) <= MASTODON.length
