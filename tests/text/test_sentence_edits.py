"""What became of sentences from one version to the next."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Article, Truncation
from archive.store import blocks_of
from archive.text.article_sentences import split_sentences
from archive.text.sentence_edits import SentenceEdits, compare_sentences
from archive.text.sentence_match import moved_pairs


def article(text: str, missing: int | None = None) -> Article:
    """An article whose text is truncated at each ``…``, if ``missing`` characters can be missing there."""
    cuts = [Truncation("text", found.start(), missing) for found in re.finditer("…", text)]
    return Article(title="Titel", blocks=blocks_of(text), truncations=tuple(cuts if missing else ()))


def compare(old: str, new: str) -> SentenceEdits:
    return compare_sentences(split_sentences(article(old)), split_sentences(article(new)))


def found(result: SentenceEdits) -> list[str]:
    """The edits, as ``edited: old → new``."""
    return [
        f"{edit.action}{', moved' if edit.moved else ''}: "
        f"{'' if edit.old is None else result.old.texts[edit.old]} → "
        f"{'' if edit.new is None else result.new.texts[edit.new]}"
        for edit in result.edits
        if edit.moved or edit.action != "unchanged"
    ]


SENATE, RAIN, NEWS = "Der Senat tagt heute in Berlin.", "Es regnet in Hamburg.", "Neu ist dieser Satz hier."


def test_sentences_are_added_removed_edited_and_moved() -> None:
    result = compare(
        f"{SENATE} {RAIN}\n\n## Kopf\n\nAm 10. April kam Müller. Zum Schluss wird es warm.",
        f"Der Senat tagt heute nicht in Berlin.\n\n## Kopf\n\n{NEWS} Zum Schluss wird es warm. {RAIN}",
    )
    assert found(result) == [
        f"edited: {SENATE} → Der Senat tagt heute nicht in Berlin.",
        f"added:  → {NEWS}",
        f"unchanged, moved: {RAIN} → {RAIN}",
        "removed: Am 10. April kam Müller. → ",
    ]
    assert result.counts == {
        "added": 1,
        "removed": 1,
        "edited": 1,
        "moved": 1,
        "unchanged": 3,
        "unknown": 0,
    }
    assert result.moved == [RAIN]


def test_a_sentence_can_be_split_and_two_can_be_merged() -> None:
    one = "Die Polizei sperrte am Abend die Straße, die Feuerwehr löschte in der Nacht den Brand."
    two = "Die Polizei sperrte am Abend die Straße. Die Feuerwehr löschte in der Nacht den Brand."
    split, merged = compare(one, two), compare(two, one)
    assert [(edit.old, edit.new) for edit in split.edits] == [(0, 0), (0, 1)]
    assert [(edit.old, edit.new) for edit in merged.edits] == [(0, 0), (1, 0)]
    assert {edit.action for edit in (*split.edits, *merged.edits)} == {"edited"}
    assert [edit.new_distance for edit in split.edits] == [0.0, 0.0]


def test_words_that_all_sentences_have_do_not_match_them() -> None:
    old, new = "Und das war es auch schon mit den Katzen.", "Und das ist es nun nicht bei den Hunden."
    assert found(compare(old, new)) == [f"added:  → {new}", f"removed: {old} → "]


@pytest.mark.parametrize(
    ("truncated", "whole"),
    [
        ("Die Stadt Ber… am Meer. Er kam.", "Die Stadt Bergen liegt am Meer. Er kam."),
        ("Die Stadt Ber… Am Montag kam er.", "Die Stadt Bergen ist schön. Am Montag kam er."),
        ("Er kam. Die Stadt Ber… am Meer.", "Die Stadt Bergen liegt am Meer. Er kam."),
    ],
)
def test_a_truncated_sentence_that_fits_is_unknown(truncated: str, whole: str) -> None:
    cut, full = split_sentences(article(truncated, missing=15)), split_sentences(article(whole))
    for one, other in ((cut, full), (full, cut)):
        result = compare_sentences(one, other)
        assert {edit.action for edit in result.edits} <= {"unchanged", "unknown"}
        assert result.counts["unknown"]
    other = split_sentences(article(whole.replace("Stadt", "Kreisstadt")))
    assert compare_sentences(cut, other).counts["edited"] == 1


def test_inferred_paragraph_breaks_and_transliteration_edit_nothing() -> None:
    page = article("Er sagte:\n\n„Schön ist es. Größe zählt.“ Dann ging er.")
    lost = replace(
        article("Er sagte: „Schön ist es.\n\nGröße zählt.“ Dann\n\nging er."), paragraphs_inferred=True
    )
    folded = replace(
        article("Er sagte:\n\n„Schoen ist es. Groesse zaehlt.“ Dann ging er."), transliterated=True
    )
    for other in (lost, folded):
        result = compare_sentences(split_sentences(page), split_sentences(other))
        assert {edit.action for edit in result.edits} <= {"unchanged", "unknown"}


def test_nothing_is_edited_in_a_text_that_was_not() -> None:
    result = compare_sentences(split_sentences(article(SENATE)), split_sentences(article(RAIN)), edited=False)
    assert {edit.action for edit in result.edits} == {"unknown"}


def test_of_two_that_swapped_places_the_one_that_moved_up_is_moved() -> None:
    assert moved_pairs([(0, 1), (1, 0)]) == {(1, 0)}
    assert moved_pairs([(0, 1), (1, 2), (2, 3), (3, 0)]) == {(3, 0)}
    assert moved_pairs([(0, 3), (1, 0), (2, 1), (3, 2)]) == {(0, 3)}
    assert not moved_pairs([(0, 0), (0, 1), (1, 1), (2, 1)])


SENTENCES = st.lists(
    st.sampled_from([SENATE, RAIN, NEWS, "Ja.", "Er kam. Sie ging.", "## Kopf", "Der Senat tagt."]),
    max_size=8,
)


@given(SENTENCES, SENTENCES)
def test_every_sentence_is_accounted_for(old: list[str], new: list[str]) -> None:
    result = compare("\n\n".join(old), "\n\n".join(new))
    assert {edit.old for edit in result.edits} - {None} == set(range(len(result.old)))
    assert {edit.new for edit in result.edits} - {None} == set(range(len(result.new)))
    if sorted(result.old.texts) == sorted(result.new.texts) and len({*result.new.texts}) == len(result.new):
        assert {edit.action for edit in result.edits} <= {"unchanged"}


@pytest.mark.slow  # compares for seconds
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("wort " * 100_000, "Wort " * 100_000),
        ("Wort. " * 30_000, "Wort. " * 20_000 + "Ort. " * 5_000),
        (" ".join(f"W{at}." for at in range(30_000)), " ".join(f"W{at}." for at in range(29_999, -1, -1))),
        (" ".join(f"Und W{at % 30} da." for at in range(10_000)), "Und W7 hier da. " * 10_000),
        ("W " + " ".join(f"W{at}" for at in range(20_000)), "\n\n".join(f"W{at}" for at in range(20_000))),
    ],
)
def test_hostile_texts_are_compared_too(old: str, new: str) -> None:
    result = compare(old.strip(), new.strip())
    assert len({edit.new for edit in result.edits if edit.new is not None}) == len(result.new)
