"""A truncated text that can be the whole one is unknown, never an edit; a real edit is found all the same."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from archive.model import Article, Author, Paragraph, Truncation
from archive.reading.edits import Edit, edited_fields, find_edits
from archive.text.word_diff import Mark, compare_articles, compare_field
from tests.support.running.call_counter import calls

WHOLE = Article(
    title="Streit um die Brücke: Was der Rat vom Abriss bis zum Neubau der Querung alles beschließt",
    lead="Seit Montag ruht der Verkehr.",
    caption="Ein Bagger steht am Rand der Baustelle und wartet auf den nächsten Morgen",
    dateline="Rostock taz",
    blocks=(
        Paragraph("Die Brücke über den Fluss bleibt gesperrt, bis die Prüfung beendet ist."),
        Paragraph("Danach wird entschieden, was mit dem Bauwerk geschieht."),
    ),
    authors=(Author("Ada Ahrens"),),
)


def truncated(article: Article, field: str, keep: int, most: int | None = None) -> Article:
    """The article with a field, not its text, that a source truncated after so many characters."""
    text = getattr(article, field)[:keep] + "…"
    cut = Truncation(field, keep, most)
    return replace(article, **{field: text, "truncations": (*article.truncations, cut)})


def first_paragraph_truncated(article: Article, keep: int, most: int) -> Article:
    """A text whose first line, its first paragraph, lost what follows so many characters."""
    text = article.blocks[0].text[:keep] + "…"
    return replace(
        article,
        blocks=(Paragraph(text), *article.blocks[1:]),
        truncations=(*article.truncations, Truncation("text", keep, most)),
    )


def cut_title(article: Article) -> Article:
    return truncated(article, "title", 40)


def cut_caption(article: Article) -> Article:
    return truncated(article, "caption", 30)


def cut_text(article: Article) -> Article:
    return first_paragraph_truncated(article, 60, 15)


LOSSES = {"title": cut_title, "caption": cut_caption, "text": cut_text}
NEW_LEAD = replace(WHOLE, lead="Seit Dienstag ruht der Verkehr.")


@pytest.mark.parametrize("field", LOSSES)
def test_a_truncated_field_that_matches_is_not_an_edit(field: str) -> None:
    lose = LOSSES[field]
    assert edited_fields(WHOLE, lose(NEW_LEAD)) == ["lead"]
    assert edited_fields(lose(WHOLE), NEW_LEAD) == ["lead"]
    assert edited_fields(lose(WHOLE), lose(NEW_LEAD)) == ["lead"]
    assert [found.field for found in compare_articles(WHOLE, lose(NEW_LEAD))] == ["lead"]


@pytest.mark.parametrize(
    ("field", "edit"),
    [
        ("title", lambda article: replace(article, title=f"Ärger um {article.title[10:]}")),
        ("caption", lambda article: replace(article, caption=f"Zwei {article.caption[4:]}")),
        (
            "text",
            lambda article: replace(article, blocks=(article.blocks[0], Paragraph("Nichts geschieht."))),
        ),
    ],
)
def test_an_edit_that_a_truncated_field_shows_is_one(field: str, edit: Callable[[Article], Article]) -> None:
    lose = LOSSES[field]
    assert edited_fields(WHOLE, lose(edit(WHOLE))) == [field]
    assert edited_fields(lose(WHOLE), edit(WHOLE)) == [field]


def test_what_a_truncation_can_have_dropped_is_bounded() -> None:
    longer = replace(WHOLE, blocks=(Paragraph(f"{WHOLE.blocks[0].text} Und mehr als das."), WHOLE.blocks[1]))
    assert edited_fields(cut_text(WHOLE), WHOLE) == []
    assert edited_fields(cut_text(WHOLE), longer) == ["text"]


def test_an_edit_behind_a_truncation_is_found_by_the_first_version_that_shows_it() -> None:
    """Neither neighbour of the truncated title contradicts it, but together they do."""
    edited = replace(WHOLE, title=WHOLE.title.replace("beschließt", "verschiebt"))
    history = [WHOLE, cut_title(NEW_LEAD), replace(edited, lead=None)]
    assert find_edits(history) == [
        [],
        [Edit("lead", before=0)],
        [Edit("title", before=0), Edit("lead", before=1)],
    ]


def test_a_title_edited_and_truncated_at_once_is_compared_with_its_whole_one_later() -> None:
    edited = replace(WHOLE, title=f"Noch mehr {WHOLE.title}")
    history = [WHOLE, cut_title(edited), replace(edited, lead=None)]
    assert [[edit.field for edit in found] for found in find_edits(history)] == [[], ["title"], ["lead"]]


def test_transliterated_umlauts_are_not_an_edit() -> None:
    written_out = replace(
        WHOLE,
        caption="Ein Bagger steht am Rand der Baustelle und wartet auf den naechsten Morgen",
        blocks=(
            Paragraph("Die Bruecke ueber den Fluss bleibt gesperrt, bis die Pruefung beendet ist."),
            Paragraph("Dann wird entschieden, was mit dem Bauwerk geschieht."),
        ),
        transliterated=True,
    )
    [found] = compare_articles(WHOLE, written_out)
    assert (found.field, found.added, found.removed) == ("text", 1, 1)


def test_a_dateline_without_its_bar_is_not_an_edit() -> None:
    without_bar = replace(
        WHOLE, dateline=None, blocks=(Paragraph(f"Rostock taz {WHOLE.blocks[0].text}"), WHOLE.blocks[1])
    )
    assert edited_fields(WHOLE, without_bar) == []
    assert edited_fields(WHOLE, replace(WHOLE, dateline="Bremen taz")) == ["dateline"]


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("Die Brücke bleibt ge…", "Die Brücke bleibt gesperrt", "Die Brücke bleibt gesperrt"),
        ("Der Steg bleibt ge…", "Die Brücke bleibt gesperrt", "[Der Steg] {Die Brücke} bleibt gesperrt"),
        ("Die Brücke bleibt gesperrt", "Der Steg bleibt ge…", "[Die Brücke] {Der Steg} bleibt ge…"),
        ("Die alte Br…", "Die neue Brücke am Fluss", "Die [alte] {neue} Brücke am Fluss"),
        (
            "Ein Steg bleibt zu und …",
            "Die Brücke bleibt zu und auf",
            "[Ein Steg] {Die Brücke} bleibt zu und auf",
        ),
        ("Die Brücke fäl…", "Die Brücke bleibt", "Die Brücke [fäl…] {bleibt}"),
        ("Die Brücke bleibt gesp…", "Der Steg bleibt ges…", "[Die Brücke] {Der Steg} bleibt ges…"),
    ],
)
def test_words_that_a_truncation_can_have_dropped_are_shown_and_counted_as_the_same(
    old: str, new: str, shown: str
) -> None:
    found = compare_field("title", titled(old), titled(new))
    marks = {Mark.SAME: "{}", Mark.OLD: "[{}]", Mark.NEW: "{{{}}}"}
    assert " ".join(marks[piece.mark].format(piece.text) for piece in found.blocks[0]) == shown


def titled(title: str) -> Article:
    """A title; its ``…`` is a truncation."""
    cuts = tuple(Truncation("title", at) for at, character in enumerate(title) if character == "…")
    return Article(title=title, truncations=cuts)


@pytest.mark.slow
def test_a_text_made_of_truncations_is_compared_in_bounded_steps() -> None:
    words = [f"wort{n}…" for n in range(20_000)]
    text = " ".join(words)
    cuts = tuple(Truncation("text", at) for at, character in enumerate(text) if character == "…")
    old = Article(title="T", blocks=(Paragraph(text),), truncations=cuts)
    found = compare_field("text", old, Article(title="T", blocks=(Paragraph("wort " * 20_000),)))
    assert found.removed > 0


def test_words_truncated_at_both_ends_are_compared_in_bounded_steps() -> None:
    """One that can begin anywhere, and ends nowhere, was compared with the words after each beginning."""
    count = 10
    text = " ".join(["a…z"] * count)
    cuts = tuple(Truncation("text", at) for at, character in enumerate(text) if character == "…")
    old = Article(title="T", blocks=(Paragraph(text),), truncations=cuts)
    new = Article(title="T", blocks=(Paragraph(" ".join(f"a{n}" for n in range(400))),))
    assert calls(lambda: compare_field("text", old, new)) < 20_000 * count
