"""What the word diff claims: nothing lost, nothing noisy, quick on anything."""

import random
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Article, Author, Paragraph
from archive.text.word_diff import DiffBlock, Mark, Piece, compare_articles, word_diff
from tests.support.samples.captures import BRIDGE

WORDS = st.lists(st.sampled_from([*"abcdef", "##", "\n\n"]), max_size=40).map(" ".join)


def side(blocks: list[DiffBlock], mark: Mark) -> list[str]:
    """The words of one of the two wordings."""
    pieces = [piece for block in blocks for piece in block if piece.mark in (Mark.SAME, mark)]
    return [word for piece in pieces for word in piece.text.split() if word != "##"]


def spelled(blocks: list[DiffBlock]) -> list[str]:
    """Blocks as a reader of a pipe sees them."""
    marks = {Mark.SAME: "{}", Mark.OLD: "[-{}-]", Mark.NEW: "{{+{}+}}"}
    return [" ".join(marks[piece.mark].format(piece.text) for piece in block) for block in blocks]


@given(WORDS, WORDS)
def test_both_wordings_can_be_read_off_the_diff(old: str, new: str) -> None:
    blocks = word_diff(old, new)
    assert side(blocks, Mark.OLD) == [word for word in old.split() if word != "##"]
    assert side(blocks, Mark.NEW) == [word for word in new.split() if word != "##"]


@given(WORDS)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert {piece.mark for block in word_diff(text, text) for piece in block} <= {Mark.SAME}


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("Es regnet in Bonn.", "Es regnet in Ulm.", ["Es regnet in [-Bonn.-] {+Ulm.+}"]),
        ("Eins.\n\nZwei.", "Eins.\n\nNeu.\n\nZwei.", ["Eins.", "{+Neu.+}", "Zwei."]),
        ("Eins.\n\nWeg.\n\nZwei.", "Eins.\n\nZwei.", ["Eins.", "[-Weg.-]", "Zwei."]),
        ("a\n\nWeg b c\n\nd", "a\n\nb c\n\nd", ["a", "[-Weg-] b c", "d"]),
        ("a\n\nAlt alt\n\nd", "a\n\nNeu neu\n\nd", ["a", "[-Alt alt-] {+Neu neu+}", "d"]),
        ("a\n\nb", "a\n\n## Neu\n\nb", ["a", "{+## Neu+}", "b"]),
        ("", "a b", ["{+a b+}"]),
        ("a b", "", ["[-a b-]"]),
        ("", "", []),
    ],
)
def test_changes_stand_where_they_were_made(old: str, new: str, shown: list[str]) -> None:
    assert spelled(word_diff(old, new)) == shown


def test_changed_paragraph_breaks_are_not_an_edit() -> None:
    blocks = word_diff("Eins zwei.\n\n## Drei\n\nVier.", "Eins\n\nzwei. Drei Vier.")
    assert {piece.mark for block in blocks for piece in block} == {Mark.SAME}


def test_a_word_that_stayed_by_chance_does_not_tear_a_rewritten_sentence() -> None:
    old = "Der alte Mann ging langsam und müde nach Hause zurück."
    new = "Eine junge Frau lief schnell und fröhlich über weite Felder."
    assert spelled(word_diff(old, new)) == [f"[-{old}-] {{+{new}+}}"]


def test_fields_that_differ_are_named_in_the_order_of_the_page() -> None:
    new = replace(BRIDGE, lead=None, published=date(2025, 4, 11), blocks=(Paragraph("Ganz anders."),))
    assert [change.field for change in compare_articles(BRIDGE, new)] == ["lead", "published", "text"]


def test_links_tags_and_related_articles_are_not_part_of_the_wording() -> None:
    assert compare_articles(BRIDGE, replace(BRIDGE, links=(), tags=(), related=())) == []


def test_authors_are_compared_name_by_name() -> None:
    old = Article(title="T", authors=(Author("Anna Äpfel"),))
    (change,) = compare_articles(old, replace(old, authors=(Author("Anna Äpfel"), Author("Bert Baum"))))
    assert change.blocks == ((Piece(Mark.SAME, "Anna Äpfel"), Piece(Mark.NEW, "Bert Baum")),)
    assert (change.old, change.new) == ("Anna Äpfel", "Anna Äpfel, Bert Baum")


def test_added_and_removed_words_are_counted() -> None:
    old = Article(title="Im Winter soll der Rat der Stadt entscheiden")
    (change,) = compare_articles(old, replace(old, title="Im Herbst soll der Rat entscheiden"))
    assert (change.added, change.removed) == (1, 3)


def prose(dice: random.Random, length: int) -> list[str]:
    """Words as frequent as in a language: the n-th most frequent 1/n of the first."""
    vocabulary = [f"wort{n}" for n in range(20_000)]
    return dice.choices(vocabulary, weights=[1 / n for n in range(1, len(vocabulary) + 1)], k=length)


def edited(dice: random.Random, words: list[str]) -> list[str]:
    return [word if dice.random() > 0.01 else "neu" for word in words if dice.random() > 0.01]


def test_a_few_edits_of_a_long_article_are_few() -> None:
    dice = random.Random(1)
    words = prose(dice, 20_000)
    blocks = word_diff(" ".join(words), " ".join(edited(dice, words)))
    assert sum(len(piece.text.split()) for piece in blocks[0] if piece.mark is not Mark.SAME) < 1000


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["repeated", "reversed", "anchored"])
def test_two_megabytes_of_the_worst_are_bounded(kind: str) -> None:
    dice = random.Random(2)
    noise = [[dice.choice("ab") for _ in range(900_000)] for _ in range(2)]
    names = [f"n{n}" for n in range(10_000)]
    old, new = {
        "repeated": noise,
        "reversed": ([*map(str, range(300_000))], [*map(str, range(300_000, 0, -1))]),
        "anchored": [
            [word for at, name in enumerate(names) for word in [name, *letters[at * 90 : at * 90 + 90]]]
            for letters in noise
        ],
    }[kind]
    blocks = word_diff(" ".join(old), " ".join(new))
    assert side(blocks, Mark.NEW) == new
