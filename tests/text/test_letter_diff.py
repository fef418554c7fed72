"""What the diff within words claims: corrections are small, replaced words whole, and nothing is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.text.letter_diff import split_corrected_words
from archive.text.word_diff import DiffBlock, Mark, Piece, join_pieces, word_diff

COMPOUND = "Bundesausbildungsförderungs"
WORDS = st.lists(
    st.sampled_from([
        *("Haus", "Haus,", "„Haus“", "##", "\n\n", "2024", "2025"),
        *(f"{COMPOUND}{end}" for end in ("gesetz", "gestz", "gesetze", "gremium")),
        *("möglicherweise", "unmöglicherweise"),
    ]),
    max_size=12,
).map(" ".join)  # fmt: skip


def shown(old: str, new: str) -> list[str]:
    """Blocks as a reader of a pipe sees them."""
    marks = {Mark.SAME: "{}", Mark.OLD: "[-{}-]", Mark.NEW: "{{+{}+}}"}
    blocks = [split_corrected_words(block) for block in word_diff(old, new)]
    return [join_pieces(block, lambda piece: marks[piece.mark].format(piece.text)) for block in blocks]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (f"Das {COMPOUND}gestz gilt", f"Das {COMPOUND}gesetz gilt", f"Das {COMPOUND}ges{{+e+}}tz gilt"),
        ("im Strassenbahndepot", "im Straßenbahndepot", "im Stra[-ss-]{+ß+}enbahndepot"),
        ("die Bürgerinnen", "die Bürger:innen", "die Bürger{+:+}innen"),
        ("in Großau heute", "in „Großau“, heute", "in {+„+}Großau{+“,+} heute"),
        ("so unwahrscheinlich wie", "so wahrscheinlich wie", "so [-un-]wahrscheinlich wie"),
        ("Oberbürgermeistrin Ohm", "Oberbürgermeisterin Ada Ohm", "Oberbürgermeist{+e+}rin {+Ada+} Ohm"),
        ("## Zusammenfassungen\n\nText", "## Zusammenfassung\n\nText", "## Zusammenfassung[-en-]"),
    ],
)
def test_a_corrected_word_shows_only_what_changed_in_it(old: str, new: str, expected: str) -> None:
    assert shown(old, new)[0] == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Sommerspiele", "Winterspiele"),
        ("Ministerpräsident", "Bundespräsident"),
        ("Sonntagmorgen", "Montagmorgen"),
        ("seine", "keine"),
        ("100.000", "200.000"),
        ("–", "-"),
        (f"{'a' * 200}b", f"{'a' * 200}c"),
    ],
)
def test_a_replaced_word_is_shown_whole(old: str, new: str) -> None:
    assert shown(f"Da {old} da", f"Da {new} da") == [f"Da [-{old}-] {{+{new}+}} da"]


def test_many_words_that_were_replaced_at_once_were_rewritten() -> None:
    old = " ".join(f"{COMPOUND}{sign}gestz" for sign in "abcdef")
    new = " ".join(f"{COMPOUND}{sign}gesetz" for sign in "abcdef")
    assert shown(old, new) == [f"[-{old}-] {{+{new}+}}"]


def side(blocks: list[DiffBlock], mark: Mark) -> list[str]:
    """The words of one of the two wordings, as its column side by side has them."""
    columns = [[piece for piece in block if piece.mark in (Mark.SAME, mark)] for block in blocks]
    return [word for column in columns for word in join_pieces(column, _text).split() if word != "##"]


def _text(piece: Piece) -> str:
    return piece.text


@given(WORDS, WORDS)
def test_both_wordings_can_be_read_off_as_before(old: str, new: str) -> None:
    blocks = word_diff(old, new)
    within = [split_corrected_words(block) for block in blocks]
    assert side(within, Mark.OLD) == side(blocks, Mark.OLD)
    assert side(within, Mark.NEW) == side(blocks, Mark.NEW)
