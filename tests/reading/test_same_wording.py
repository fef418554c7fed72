"""Same wording or not, where a source may have cut lines."""

from dataclasses import replace
from datetime import timedelta

import pytest

from archive.dump.grammar import MISSING
from archive.model import Article, Paragraph, Subhead, Truncation
from archive.reading.alignment import Pattern
from archive.reading.history import Reading, derive_versions
from archive.reading.same_wording import same_wording
from archive.reading.truncation_merge import merge_patterns
from archive.renditions.decode import read_page
from tests.support.samples.captures import BASE, START

WHOLE = replace(BASE, blocks=(Paragraph("Es war ein langer Tag in Bremen gewesen, sagte sie."),), links=())
CUT_TEXT = "Es war ein langer Tag in Bre… gewesen, sagte sie."


def cut_at(article: Article, text: str, most: int | None = 3) -> Article:
    return replace(
        article, blocks=(Paragraph(text),), truncations=(Truncation("text", text.index("…"), most),)
    )


def test_a_cut_reading_is_of_the_wording_it_fits() -> None:
    assert same_wording(WHOLE, cut_at(WHOLE, CUT_TEXT))
    assert same_wording(cut_at(WHOLE, CUT_TEXT), WHOLE)


@pytest.mark.parametrize(
    "text",
    ["Es war ein langer Tag in Bre… gewesen, sagte er.", "Es war ein kurzer Tag in Bre… gewesen, sagte sie."],
)
def test_a_change_next_to_a_truncation_is_another_wording(text: str) -> None:
    assert not same_wording(WHOLE, cut_at(WHOLE, text))


def test_a_truncation_stands_for_at_most_the_text_that_can_be_lost() -> None:
    assert not same_wording(WHOLE, cut_at(WHOLE, "Es war ein langer Tag in B… gewesen, sagte sie."))


def test_a_cut_title_fits_any_end() -> None:
    title = "Wetter in der Stadt: Großer Re…"
    assert same_wording(BASE, replace(BASE, title=title, truncations=(Truncation("title", len(title) - 1),)))


def test_an_ellipsis_of_the_author_is_not_a_wildcard() -> None:
    assert not same_wording(WHOLE, replace(WHOLE, blocks=(Paragraph(CUT_TEXT),)))


@pytest.mark.parametrize(
    "other",
    [
        (Paragraph("Es war ein langer Tag"), Paragraph("in Bremen gewesen, sagte sie.")),
        (Subhead("Es war ein langer"), Paragraph("Tag in Bremen gewesen, sagte sie.")),
        (Paragraph("Es war ein langer\nTag in Bremen gewesen,\nsagte sie."),),
    ],
    ids=["paragraphs", "subhead", "verse"],
)
def test_block_boundaries_are_not_part_of_the_wording(other: tuple[Paragraph | Subhead, ...]) -> None:
    assert same_wording(WHOLE, replace(WHOLE, blocks=other))


@pytest.mark.parametrize(
    ("cut_text", "limits", "whole", "expected"),
    [
        ("ab|ef", [2], "abcdef", True),
        ("ab|ef", [1], "abcdef", False),
        ("ab|", [None], "abcdef", True),
        ("|", [None], "", True),
        ("|f", [9], "ffff", True),  # the first f is not the one
        ("a|b|c", [2, 2], "axxbyyc", True),
        ("a|b|c", [2, 1], "axxbyyc", False),
    ],
)
def test_fragments_fit_around_what_is_missing(
    cut_text: str, limits: list[int | None], whole: str, expected: bool
) -> None:
    cut = Pattern(cut_text.replace("|", MISSING), tuple(limits))
    for both in (merge_patterns(cut, Pattern(whole)), merge_patterns(Pattern(whole), cut)):
        assert (both is not None and both.pattern == Pattern(whole)) is expected


@pytest.mark.parametrize("cuts", [400, 4000])
@pytest.mark.slow
def test_fitting_many_cuts_into_a_page_of_one_letter_ends(cuts: int) -> None:
    assert not merge_patterns(
        Pattern(MISSING.join("a" * (cuts + 1)), (60,) * cuts), Pattern("a" * 60 * cuts + "b")
    )


def test_a_version_reads_as_the_capture_that_lost_least() -> None:
    readings = [
        Reading(captured_at=START, capture_id=1, article=cut_at(WHOLE, CUT_TEXT)),
        Reading(captured_at=START + timedelta(hours=1), capture_id=2, article=WHOLE),
        Reading(captured_at=START + timedelta(hours=2), capture_id=3, article=cut_at(WHOLE, CUT_TEXT)),
    ]
    (version,) = derive_versions(readings)
    assert version.article == WHOLE
    assert version.capture_ids == (1, 2, 3)


@pytest.mark.slow
def test_a_page_of_nothing_but_cuts_is_compared_in_no_time() -> None:
    """Thousands of cuts, and one where a dateline could be: no error, no wait."""
    row = "Ä" * 39 + "…"
    lines = ["# taz.de -- Viel: Nichts", row, "taz | Hallo", *[row] * 20_000]
    page = read_page("\n".join([*lines, "8 Oct 2020", ""]).encode(), key=None, rendition="text")
    other = read_page("\n".join([*lines, row, "8 Oct 2020", ""]).encode(), key=None, rendition="text")
    assert isinstance(page, Article)
    assert isinstance(other, Article)
    assert MISSING not in f"{page}{other}"
    assert len(page.truncations) == 20_001
    assert same_wording(page, other)  # each cut may stand for the row that the other has more
