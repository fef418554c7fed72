"""The grammar of the page, rule by rule. All text is made up."""

import json
from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from archive.dump.grammar import ENGLISH_MONTHS
from archive.dump.reader import parse_dump, parse_menu
from archive.dump.wrapping import wrap
from archive.dump.writer import write_dump
from archive.errors import DumpError, PageError
from archive.model import Article, Kind, Layout, Line, Link, Menu, PageKey, Paragraph, Subhead, Teaser
from archive.renditions.decode import read_page
from benchmarks.hostile import LINES, hostile_lines
from tests.support.samples.golden_pages import BROKEN, GOOD, MENUS, PAGES, article_json, menu_json, page

TITLE = "# taz.de -- Murr: Es regnet"
DATE = "10 Apr 2025"
# Lines of a paragraph that fill the line, so that the next word would not have fitted.
FULL = "Am Montag stieg das Wasser über die Ufer, und am Dienstag standen die Keller"
FULL_75 = FULL[:75]


def dump(*lines: str | Line) -> Article:
    """An article of these lines, under a title."""
    return parse_dump([line if isinstance(line, Line) else Line(line) for line in (TITLE, *lines)])


def body(*lines: str) -> list[str]:
    """What the lines of a body read as; a date follows them."""
    return [f"## {b.text}" if isinstance(b, Subhead) else b.text for b in dump(*lines, DATE).blocks]


def wrapped(text: str) -> list[str]:
    return wrap(text)


@pytest.mark.parametrize("name", GOOD)
def test_a_page_is_read_as_its_sample(name: str) -> None:
    expected = json.loads((PAGES / name / "article.json").read_text())
    article = read_page(page(name), key=None)
    assert isinstance(article, Article)
    assert article_json(article) == expected


@pytest.mark.parametrize("name", MENUS)
def test_a_menu_is_read_as_its_sample(name: str) -> None:
    menu = read_page(page(name), key=PageKey(Kind.SECTION, 4611))
    assert isinstance(menu, Menu)
    assert menu_json(menu) == json.loads((PAGES / name / "menu.json").read_text())


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_page_raises_the_error_of_its_sample(name: str) -> None:
    with pytest.raises(PageError) as caught:
        read_page(page(name), key=None)
    expected = (PAGES / name / "problem.txt").read_text().strip()
    assert f"{type(caught.value).__name__}: {caught.value}" == expected


def test_lost_blank_lines_change_nothing() -> None:
    with_blanks, without = page("everything-with-blanks"), page("everything-without-blanks")
    assert b"\n\n" not in without
    article = read_page(without, key=None)
    assert isinstance(article, Article)
    assert article.paragraphs_inferred
    assert replace(article, paragraphs_inferred=False) == read_page(with_blanks, key=None)


# -- Title, lead, caption ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "kicker", "headline"),
    [
        ("Es regnet", None, "Es regnet"),
        ("Murr: Es regnet", "Murr", "Es regnet"),
        ("Murr: Teil 2: Es regnet", "Murr: Teil 2", "Es regnet"),
        ("+++ Neues von der Murr +++: Pegel: 3 Meter", "+++ Neues von der Murr +++", "Pegel: 3 Meter"),
        ("Murr: „Wasser: ja“", "Murr", "„Wasser: ja“"),
        ("Um 18:30 Uhr", None, "Um 18:30 Uhr"),
        ("", None, ""),
    ],
)
def test_the_title_is_whole_and_splits_at_the_kicker(title: str, kicker: str | None, headline: str) -> None:
    article = parse_dump([Line(f"# taz.de -- {title}")])
    assert (article.title, article.kicker, article.headline) == (title, kicker, headline)


def test_a_title_of_any_length_stays_one_line() -> None:
    title = "Ein sehr langer Titel " * 50 + "Ende"
    assert parse_dump([Line(f"# taz.de -- {title}")]).title == title


@pytest.mark.parametrize(
    ("lines", "lead"),
    [
        ([], None),
        (["> Ein Satz."], "Ein Satz."),
        (["> Ein Satz, der", "> weitergeht."], "Ein Satz, der weitergeht."),
        (["> Eins", "> zwei", "> drei", "> vier."], "Eins zwei drei vier."),
        ([">", "> Nach einer leeren Zeile."], "Nach einer leeren Zeile."),
    ],
)
def test_lead_lines_are_one_line(lines: list[str], lead: str | None) -> None:
    assert dump(*lines, "Text.").lead == lead


def test_a_body_line_with_an_angle_later_is_not_a_lead() -> None:
    assert dump("Drei > zwei.", "> Zitat").lead is None


def test_the_caption_is_without_its_mark() -> None:
    assert dump("> Lead.", Line("Bild: Die Murr: hoch", item="I"), "Text.").caption == "Die Murr: hoch"


def test_a_second_caption_is_text() -> None:
    article = dump("Bild: Eins", "Bild: Zwei", DATE)
    assert (article.caption, article.text) == ("Eins", "Bild: Zwei")


def test_an_empty_caption_is_ignored() -> None:
    assert dump("Bild:", "Text.").caption is None


# -- Dateline ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "dateline", "text"),
    [
        ("Berlin taz | Es regnet.", "Berlin taz", "Es regnet."),
        ("Bozen/Tunis taz | Es regnet.", "Bozen/Tunis taz", "Es regnet."),
        ("St. Gallen taz | Es regnet.", "St. Gallen taz", "Es regnet."),
        ("Frankfurt (Oder) taz | Es regnet.", "Frankfurt (Oder) taz", "Es regnet."),
        ("Ägypten taz | Es regnet.", "Ägypten taz", "Es regnet."),
        ("taz | Es regnet.", "taz", "Es regnet."),
        ("BERLIN taz Es regnet.", "BERLIN taz", "Es regnet."),
        ("KÖLN/BAD ÜBEN taz Es regnet.", "KÖLN/BAD ÜBEN taz", "Es regnet."),
        ("Berlin taz |", "Berlin taz", ""),
        ("ISTANBUL ap | Es regnet.", "ISTANBUL ap", "Es regnet."),
        ("GAZA afp/taz ■ Es regnet.", "GAZA afp/taz", "Es regnet."),
        ("BREMEN taz ■ Es regnet.", "BREMEN taz", "Es regnet."),
        ("taz ■ Es regnet.", "taz", "Es regnet."),
        ("dpa | Es regnet.", "dpa", "Es regnet."),
        ("Berlin (taz) – Es regnet.", "Berlin (taz)", "Es regnet."),
        ("Frankfurt am Main (dpa/taz) – Es regnet.", "Frankfurt am Main (dpa/taz)", "Es regnet."),
        ("Łódź (ap) – Es regnet.", "Łódź (ap)", "Es regnet."),
        ("BONN dpa Es regnet.", "BONN dpa", "Es regnet."),
        ("BERLIN taz – Es regnet.", "BERLIN taz", "Es regnet."),
        ("Es regnet | und schneit.", None, "Es regnet | und schneit."),
        ("Sie liest die Zeitung (taz) – jeden Tag.", None, "Sie liest die Zeitung (taz) – jeden Tag."),
        ("Die taz – so heißt es – schreibt.", None, "Die taz – so heißt es – schreibt."),
        ("Rot ■ Grün regiert.", None, "Rot ■ Grün regiert."),
        ("Rot | Grün regiert.", None, "Rot | Grün regiert."),
        ("Es regnet, schreibt die taz | Seite 2.", "Es regnet, schreibt die taz", "Seite 2."),
        ("Er sagte: „Die taz | lügt“.", None, "Er sagte: „Die taz | lügt“."),
        ("Die taz schreibt.", None, "Die taz schreibt."),
        ("tazze | Text.", None, "tazze | Text."),
    ],
)
def test_the_dateline_opens_the_body(line: str, dateline: str | None, text: str) -> None:
    article = dump(line, DATE)
    assert (article.dateline, article.text) == (dateline, text)


def test_only_the_first_paragraph_has_a_dateline() -> None:
    article = dump("Berlin taz | Eins.", "Köln taz | Zwei.", DATE)
    assert (article.dateline, article.text) == ("Berlin taz", "Eins.\n\nKöln taz | Zwei.")


def test_a_bar_in_running_text_stays() -> None:
    assert dump("taz | Rot | Grün.", DATE).text == "Rot | Grün."


def test_a_dateline_may_stand_under_a_subhead() -> None:
    assert dump("## 18 Uhr", "Berlin taz | Text.", DATE).dateline == "Berlin taz"


def test_a_dateline_may_stand_over_verse() -> None:
    article = dump("", "Berlin taz |", "Ein Reim", "kein Keim", "", DATE)
    assert (article.dateline, article.text) == ("Berlin taz", "Ein Reim\nkein Keim")


# -- Paragraphs -------------------------------------------------------------------------------------


def test_lines_that_fill_the_line_are_one_paragraph() -> None:
    assert body(FULL_75, "und blieben.") == [f"{FULL_75} und blieben."]


@pytest.mark.parametrize(
    ("room", "paragraphs"), [(0, 2), (-1, 1)], ids=["would have fitted", "would not have fitted"]
)
def test_a_paragraph_ends_exactly_where_the_next_word_would_have_fitted(room: int, paragraphs: int) -> None:
    line = "Es stand " + "x" * (75 - len("Es stand ") - len(" Wasser") - room)
    assert len(body(line, "Wasser im Keller.")) == paragraphs


def test_characters_are_counted_and_not_bytes() -> None:
    line = "Öl " + "ü" * 65
    assert body(line, "Wasser lief.") == [line, "Wasser lief."]  # 75 characters with the next word


def test_blank_lines_part_paragraphs_whatever_their_length() -> None:
    assert body("", FULL_75, "", "Und dann.") == [FULL_75, "Und dann."]


def test_blank_lines_at_the_end_do_not_mean_that_blanks_were_kept() -> None:
    article = dump("Kurz.", "Knapp.", "", "")
    assert article.text == "Kurz.\n\nKnapp."


def test_a_line_longer_than_any_is_a_paragraph_of_its_own() -> None:
    long = "Das ist eine Zeile, die niemand umbrochen hat, und sie ist länger als fünfundsiebzig Zeichen."
    assert body(long, "Noch eine.") == [long, "Noch eine."]


def test_a_word_longer_than_the_line_does_not_end_a_paragraph() -> None:
    assert body("Siehe", "https://example.org/" + "x" * 80, "dort.") == [
        f"Siehe https://example.org/{'x' * 80} dort."
    ]


@pytest.mark.parametrize("word", ["Wissenschaftler:innen", "Leser*innen", "Bewohner_innen", "MieterInnen"])
def test_an_early_break_before_a_gendered_word_ends_nothing(word: str) -> None:
    line = "Es kamen " + "x" * (75 - len("Es kamen ") - len(word) - len(" ") - 10)
    assert body(line, f"{word} auch.") == [f"{line} {word} auch."]


def test_an_early_break_after_a_gendered_word_ends_nothing() -> None:
    line = "Es kamen Leser:innen " + "x" * 40
    assert body(line, "gestern.") == [f"{line} gestern."]


def test_a_very_early_break_next_to_a_gendered_word_ends_a_paragraph() -> None:
    assert body("Es kamen Leser:innen.", "Gestern.") == ["Es kamen Leser:innen.", "Gestern."]


def test_soft_hyphens_that_are_still_there_count_as_the_wrapper_counted_them() -> None:
    line = "Es kamen " + "x" * 50 + "\u00ad" * 12  # 71 with them, so "nicht" did not fit
    assert body(line, "nicht.") == [f"Es kamen {'x' * 50} nicht."]


def test_a_space_at_the_end_of_a_line_is_dropped() -> None:
    line = "Es stand " + "x" * (75 - len("Es stand ") - len(" Wasser"))
    assert body(line + "  ", "Wasser im Keller.") == [line, "Wasser im Keller."]


def test_verse_keeps_its_lines_where_blanks_are_kept() -> None:
    assert body("", "Der Fluss", "ist fort", "", "Wer geht") == ["Der Fluss\nist fort", "Wer geht"]


def test_three_short_lines_that_end_no_sentence_are_verse_where_blanks_are_lost() -> None:
    assert body("Der Fluss", "ist fort", "und alles.") == ["Der Fluss\nist fort\nund alles."]


def test_two_short_lines_are_paragraphs_where_blanks_are_lost() -> None:
    assert body("Zwischentitel", "Ein Satz.") == ["Zwischentitel", "Ein Satz."]


def test_a_paragraph_after_verse_is_its_own() -> None:
    lines = wrapped(
        "Danach kam ein Satz, der so lang war, dass er über zwei Zeilen ging und erst dort endete."
    )
    assert len(lines) == 2
    assert body("Der Fluss", "ist fort", "und weg", *lines) == [
        "Der Fluss\nist fort\nund weg",
        " ".join(lines),
    ]


def test_interview_turns_are_paragraphs() -> None:
    assert body("taz: Frau Blüm, regnet es?", "Erika Blüm: Ja.", "Immer noch?", "Blüm: Ja.") == [
        "taz: Frau Blüm, regnet es?",
        "Erika Blüm: Ja.",
        "Immer noch?",
        "Blüm: Ja.",
    ]


VERSE = (
    *("Der Topf ist leer", "und niemand kocht,", "es brennt der Docht."),
    *("Die Nacht wird schwer,", "und keiner geht.", "Der Wind, er weht."),
)


def test_a_body_of_short_lines_that_lost_its_blanks_is_one_poem_though_lines_end_sentences() -> None:
    assert body(*VERSE) == ["\n".join(VERSE)]


def test_a_filler_line_parts_the_stanzas_of_a_poem_that_lost_its_blanks() -> None:
    assert body(*VERSE[:3], "\u2800", *VERSE[3:]) == ["\n".join(VERSE[:3]), "\n".join(VERSE[3:])]


def test_a_body_of_three_short_sentences_is_not_a_poem() -> None:
    assert body("Es regnet.", "Es schneit.", "Es taut.") == ["Es regnet.", "Es schneit.", "Es taut."]


def test_short_lines_that_end_sentences_next_to_a_wrapped_paragraph_are_not_a_poem() -> None:
    lines = wrapped("Der Topf ist leer, und niemand kocht, und es brennt der Docht bis in den Morgen hinein.")
    assert len(lines) == 2
    assert body(*VERSE[2:], *lines)[0] == VERSE[2]


def test_lines_that_were_never_wrapped_are_not_a_poem() -> None:
    long = "Das ist eine Zeile, die niemand umbrochen hat, und sie ist länger als fünfundsiebzig Zeichen."
    assert body(*[long] * 4) == [long] * 4


# A turn that ends in a line so full that no word would have fitted behind it.
FULL_TURN = f"Es {'x' * 62} in Rente."


@pytest.mark.parametrize(
    ("turn", "elsewhere"),
    [
        ("Bea Halm: Wir sind bereit.", ["Halm: Nein."]),
        ("Dr. Bea-Lu van Halm: Wir sind bereit.", ["Halm: Nein."]),
        ("Halm: Wir sind bereit.", ["Halm: Nein.", "Halm: Doch."]),
        ("Halm: Wir sind bereit.", ["Bea Halm: Nein."]),
    ],
)
def test_a_turn_after_a_full_line_is_recognised_by_a_name_that_opens_others(
    turn: str, elsewhere: list[str]
) -> None:
    lines = ["taz: Frau Halm, gehen Sie?", FULL_TURN, turn, *elsewhere]
    assert body(*lines) == lines


@pytest.mark.parametrize("after", ["Bea Halm: Wir sind bereit.", "Das Ergebnis: Wir sind bereit."])
def test_a_colon_after_a_full_line_starts_a_turn_only_if_the_name_starts_another(after: str) -> None:
    assert body(FULL_TURN, after, "Und dann?") == [f"{FULL_TURN} {after}", "Und dann?"]


@pytest.mark.parametrize("filler", ["\u2800", "\u2800\u2800 \u2800", "\u200b", "\u00ad"])
def test_a_filler_line_is_not_text_and_parts_paragraphs(filler: str) -> None:
    assert body(FULL_75, filler, "Und dann.") == [FULL_75, "Und dann."]


def test_fillers_do_not_mean_that_blanks_were_kept() -> None:
    assert body("Eins.", "\u2800", "Zwei.", "Drei.") == ["Eins.", "Zwei.", "Drei."]


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Wis\u00adsen\u200bschaft", "Wissenschaft"),
        ("Mu\u2060rr\ufeff", "Murr"),
        ("Murr \u202eflow", "Murr flow"),
        ("Murr\x1b[31m steigt", "Murr [31m steigt"),
        ("Murr\x00\x07steigt", "Murr steigt"),
        ("Murr\u00a0steigt  sehr", "Murr steigt sehr"),
        ("Murr \ud800 steigt", "Murr steigt"),
        ("👩\u200d🚒 kommt", "👩\u200d🚒 kommt"),
    ],
)
def test_invisible_characters_are_not_text(raw: str, clean: str) -> None:
    assert dump(raw, DATE).text == clean


# -- References -------------------------------------------------------------------------------------


def linked(*lines: str) -> tuple[str, list[tuple[int, str | None]]]:
    """The text of a body with these lines, and its references; each must be where it says."""
    article = dump("", *lines, "", DATE)
    for link in article.links:
        assert article.text[link.start : link.end] == link.text
    return article.text, [(link.position, link.text) for link in article.links]


@pytest.mark.parametrize(
    ("raw", "text", "refs"),
    [
        ("Die [1][Murr] steigt.", "Die Murr steigt.", [(1, "Murr")]),
        ("[1][Murr] steigt.", "Murr steigt.", [(1, "Murr")]),
        ("Ja. [1][Die Murr steigt.] Nein.", "Ja. Die Murr steigt. Nein.", [(1, "Die Murr steigt.")]),
        ("[1][Murr][2][Elbe]", "MurrElbe", [(1, "Murr"), (2, "Elbe")]),
        ("[2][Murr] und [1][Elbe]", "Murr und Elbe", [(1, "Elbe"), (2, "Murr")]),
        ("[1][Murr] und [1][Elbe]", "Murr und Elbe", [(1, "Murr"), (1, "Elbe")]),
        ("Die [1][Murr [sic] hoch] da.", "Die Murr [sic] hoch da.", [(1, "Murr [sic] hoch")]),
        (
            "Die [1][Murr [2][steigt] sehr].",
            "Die Murr steigt sehr.",
            [(1, "Murr steigt sehr"), (2, "steigt")],
        ),
        ("Die [1][Murr steigt.", "Die [1][Murr steigt.", []),
        ("Die [1][Murr [2][steigt].", "Die [1][Murr steigt.", [(2, "steigt")]),
        ("Die Murr] steigt.", "Die Murr] steigt.", []),
        ("Die [1] Murr [steigt].", "Die [1] Murr [steigt].", []),
        ("Die [x][Murr] steigt.", "Die [x][Murr] steigt.", []),
        ("Die [9999999][Murr] steigt.", "Die [9999999][Murr] steigt.", []),
        ("Die [1][] Murr.", "Die Murr.", []),
        ("Die [1][ Murr ] steigt.", "Die Murr steigt.", [(1, "Murr")]),
        ("Die[1][ Murr ]steigt.", "Die Murr steigt.", [(1, "Murr")]),
        ("[1][ Murr]", "Murr", [(1, "Murr")]),
    ],
)
def test_a_reference_is_reduced_to_what_it_underlines(
    raw: str, text: str, refs: list[tuple[int, str]]
) -> None:
    assert linked(raw) == (text, refs)


def test_a_reference_runs_over_as_many_lines_as_it_needs() -> None:
    sentence = "steht seit dem Morgen in den Kellern der Altstadt, und niemand weiß, wann die Pumpen kommen"
    lines = wrapped(f"Das Wasser [1][{sentence}.] Das ist alles.")
    assert len(lines) == 2
    assert linked(*lines) == (f"Das Wasser {sentence}. Das ist alles.", [(1, f"{sentence}.")])


def test_a_reference_in_a_later_block_counts_from_the_start_of_the_text() -> None:
    assert linked("Eins.", "## [1][Zwei] drei", "[2][Vier]")[1] == [(1, "Zwei"), (2, "Vier")]


def test_a_reference_behind_the_dateline_counts_without_it() -> None:
    assert linked("Berlin taz | Die [1][Murr].") == ("Die Murr.", [(1, "Murr")])


@pytest.mark.parametrize(
    ("cut", "following", "text", "refs"),
    [
        ("Die [1][Mu…", "am Ufer.", "Die Mu… am Ufer.", [(1, "Mu")]),
        ("Die [1][Mu…", "Aue] steigt.", "Die Mu… Aue steigt.", [(1, "Mu… Aue")]),
        ("Die [1][…", "Aue] steigt.", "Die … Aue steigt.", [(1, "… Aue")]),
        ("Die [1]…", "Aue] steigt.", "Die … Aue steigt.", [(1, "… Aue")]),
        ("Die [1…", "Aue] steigt.", "Die … Aue steigt.", []),
        ("Die […", "Aue] steigt.", "Die … Aue steigt.", []),
        ("Die …", "Aue] steigt.", "Die … Aue steigt.", []),
    ],
)
def test_a_reference_with_a_bracket_in_a_cut_is_reduced_all_the_same(
    cut: str, following: str, text: str, refs: list[tuple[int, str]]
) -> None:
    article = dump(Line(cut, truncated=True), following, DATE)
    assert article.text == text
    assert [(link.position, link.text) for link in article.links] == refs


def test_two_references_close_in_two_cuts() -> None:
    article = dump(Line("Die [1][Mu…", truncated=True), Line("Aue [2][El…", truncated=True), "Ende.", DATE)
    assert article.text == "Die Mu… Aue El… Ende."
    assert [(link.position, link.text) for link in article.links] == [(1, "Mu"), (2, "El")]


# -- Subheads ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("## Später", "Später"),
        ("## „Wie bitte?“", "„Wie bitte?“"),
        ("##", ""),
        ("## ", ""),
        ("## TAGS", "TAGS"),
    ],
)
def test_a_subhead_parts_the_text(line: str, text: str) -> None:
    assert dump("Vorher.", line, "Nachher.", DATE).blocks == (
        Paragraph("Vorher."),
        Subhead(text),
        Paragraph("Nachher."),
    )


@pytest.mark.parametrize("before", [" ", "\ufeff", "\u200b", "\x01"])
def test_an_unseen_character_hides_no_heading(before: str) -> None:
    article = dump(f"{before}## Später", DATE, f"{before}## TAGS", "Murr")
    assert (article.blocks, len(article.tags)) == ((Subhead("Später"),), 1)


@pytest.mark.parametrize("line", ["### Später", "#hashtag", "##Später"])
def test_other_sharps_are_text(line: str) -> None:
    assert body(line) == [line]


def test_a_subhead_that_looks_like_a_section_counts_only_after_the_date() -> None:
    article = dump("Vorher.", "## LINKS", "[1] /Murr/!5", DATE, "## TAGS", "Murr")
    assert (article.links, [tag.name for tag in article.tags]) == ((), ["Murr"])
    assert Subhead("LINKS") in article.blocks


# -- Date -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("8 Oct 2020", date(2020, 10, 8)),
        ("08 Oct 2020", date(2020, 10, 8)),
        ("1 Feb 2024", date(2024, 2, 1)),
        ("29 Feb 2024", date(2024, 2, 29)),
        ("3 Mai 2021", date(2021, 5, 3)),
        ("3. Mai 2021", date(2021, 5, 3)),
        ("31. Dezember 2019", date(2019, 12, 31)),
        ("5 Mär 2021", date(2021, 3, 5)),
        ("5 Mrz 2021", date(2021, 3, 5)),
        ("1 Jänner 2021", date(2021, 1, 1)),
        ("9 Sept 2021", date(2021, 9, 9)),
        ("  8 Oct 2020 ", date(2020, 10, 8)),
        ("29 Feb 2023", None),
        ("0 Oct 2020", None),
        ("32 Oct 2020", None),
        ("8 Foo 2020", None),
        ("8 Oct 20", None),
        ("8 Oct 0000", None),
        ("８ Oct 2020", None),
        ("Am 8 Oct 2020", None),
    ],
)
def test_a_date_line_is_the_date(line: str, day: date | None) -> None:
    assert dump("Text.", line).published == day


@pytest.mark.parametrize("month", ENGLISH_MONTHS)
def test_every_month_is_read(month: str) -> None:
    written = dump("Text.", f"8 {month} 2020").published
    assert written is not None
    assert written.strftime("%b") == month


def test_the_last_date_before_the_sections_is_the_date() -> None:
    article = dump("Der Rat tagte am", "3 May 2019", "und am", "4 May 2019", "Ende.", DATE, "## TAGS")
    assert article.published == date(2025, 4, 10)
    assert "3 May 2019" in article.text
    assert "4 May 2019" in article.text


def test_a_date_in_a_section_is_not_the_date() -> None:
    article = dump("Text.", DATE, "## TAGS", "1 May 2024")
    assert (article.published, article.tags[0].name) == (date(2025, 4, 10), "1 May 2024")


def test_a_date_in_a_section_of_an_undated_page_is_not_the_date() -> None:
    article = dump("Text.", "## TAGS", "1 May 2024", "Murr")
    assert (article.published, len(article.tags), article.text) == (None, 2, "Text.")


# -- Missing parts, sections ------------------------------------------------------------------------

PARTS: dict[str, list[str | Line]] = {
    "lead": ["> Ein Satz."],
    "caption": ["Bild: Die Murr"],
    "text": ["Berlin taz | Die [1][Murr] steigt."],
    "published": [DATE],
    "links": ["## LINKS", "[1] /Murr/!5"],
    "authors": ["## AUTOREN", "Anna Äpfel"],
    "tags": ["## TAGS", "Murr"],
    "related": ["## ARTIKEL ZUM THEMA", "Elbe: Auch hoch", "Sie steigt."],
}


@pytest.mark.parametrize("blanks", [False, True])
def test_every_part_but_the_title_may_be_missing(blanks: bool) -> None:
    for there in product([False, True], repeat=len(PARTS)):
        names = [name for name, is_there in zip(PARTS, there, strict=True) if is_there]
        lines = [line for name in names for line in ([*PARTS[name], ""] if blanks else PARTS[name])]
        article = dump(*[""] * blanks, *lines)
        found = {name for name in PARTS if getattr(article, name)}
        # A reference in the text makes a link, listed or not.
        assert found | {"links"} == {*names, "links"}, names


@pytest.mark.parametrize("heading", ["## LINKS", "## AUTOREN", "## TAGS", "## ARTIKEL ZUM THEMA"])
def test_a_heading_may_have_nothing_below_it(heading: str) -> None:
    article = dump("Text.", DATE, heading)
    assert (article.text, article.links, article.authors, article.tags, article.related) == (
        "Text.",
        *((),) * 4,
    )


def test_all_headings_may_have_nothing_below_them() -> None:
    article = dump("Text.", DATE, "## LINKS", "## AUTOREN", "## TAGS", "## ARTIKEL ZUM THEMA")
    assert article == dump("Text.", DATE)


def test_links_that_are_malformed_are_passed_over() -> None:
    article = dump(
        *(
            "Text.",
            DATE,
            "## LINKS",
            "[1] /Murr/!5",
            "[2]",
            "[x] /a",
            "3 /b",
            "[4]/c",
            "[5] https://x.de/ä b",
            "[",
            "",
        ),
    )
    assert article.links == (Link(1, "/Murr/!5"), Link(5, "https://x.de/ä b"))


def test_a_reference_that_is_not_listed_has_no_target() -> None:
    assert dump("Die [3][Murr].", DATE).links == (Link(3, None, "Murr", 4, 8),)


def test_the_first_of_two_targets_with_one_number_counts_and_both_are_stored() -> None:
    article = dump("Die [1][Murr].", DATE, "## LINKS", "[1] /a/!1", "[1] /b/!2")
    assert article.links == (Link(1, "/a/!1", "Murr", 4, 8), Link(1, "/b/!2"))


def test_a_target_can_be_that_of_its_line_only() -> None:
    assert dump("T.", DATE, "## LINKS", Line("[1]", "/a/!1", "1")).links == (Link(1, "/a/!1"),)


def test_tags_are_distinct_and_in_the_pages_order() -> None:
    tags = dump("Text.", DATE, "## TAGS", "Murr", "Rat", "Murr", "Elbe", "Rat").tags
    assert [tag.name for tag in tags] == ["Murr", "Rat", "Elbe"]


def test_a_tag_takes_its_number_from_whichever_line_has_it() -> None:
    tags = dump(
        "T.", DATE, "## TAGS", "Murr", Line("Murr", "/Murr/!t51", "1"), Line("Rat", "/!6000", "1")
    ).tags
    assert [(tag.name, tag.number) for tag in tags] == [("Murr", 51), ("Rat", None)]


def test_an_author_has_the_number_of_the_authors_page() -> None:
    (author,) = dump("T.", DATE, "## AUTOREN", Line("Anna Äpfel", "/!a31", "1")).authors
    assert (author.name, author.number) == ("Anna Äpfel", 31)


# -- Related articles -------------------------------------------------------------------------------

LONG_TITLE = "Elbe: Auch hier steigt das Wasser seit Tagen, und die Pumpen stehen seit Freitag still"
TEASER = wrap("Der Pegel in Großau hat am Morgen die Marke von sieben Metern überschritten, sagt das Amt.")
RELATED = [LONG_TITLE, *TEASER, "Murr: Kurz", "Ein Satz."]
EXPECTED = (Teaser(LONG_TITLE, " ".join(TEASER)), Teaser("Murr: Kurz", "Ein Satz."))


def related(*lines: str | Line) -> tuple[Teaser, ...]:
    return dump("T.", DATE, "## ARTIKEL ZUM THEMA", *lines).related


def test_without_links_a_title_is_a_line_with_a_kicker_after_a_sentence() -> None:
    assert related(*RELATED) == EXPECTED


def test_without_links_a_blank_line_ends_a_block() -> None:
    assert related("", LONG_TITLE, *TEASER, "", "Murr: Kurz", "Ein Satz.", "") == EXPECTED


def test_without_links_a_line_longer_than_any_is_a_title() -> None:
    assert related("Murr: Kurz", FULL_75, LONG_TITLE, "Ein Satz.") == (
        Teaser("Murr: Kurz", FULL_75),
        Teaser(LONG_TITLE, "Ein Satz."),
    )


def test_a_link_line_is_a_title() -> None:
    lines: list[str | Line] = [
        Line(LONG_TITLE, "/Elbe/!7", "1"),
        *TEASER,
        Line("Murr: Kurz", "/!8", "1"),
        "Ein Satz.",
    ]
    assert related(*lines) == (
        Teaser(LONG_TITLE, " ".join(TEASER), "/Elbe/!7"),
        Teaser("Murr: Kurz", "Ein Satz.", "/!8"),
    )


def test_link_lines_without_teasers_are_titles_too() -> None:
    assert related(Line("Eins", "/!7", "1"), Line("Zwei", "/!8", "1")) == (
        Teaser("Eins", None, "/!7"),
        Teaser("Zwei", None, "/!8"),
    )


def test_a_teaser_of_a_cut_line_goes_on() -> None:
    cut = Line("Der Pegel in Großau hat am Morgen die Marke von sieben Metern über…", truncated=True)
    (teaser,) = related("Elbe: Hoch", cut, "sagt das Amt.")
    assert teaser.text == "Der Pegel in Großau hat am Morgen die Marke von sieben Metern über… sagt das Amt."


def test_without_links_a_title_after_a_full_line_is_recognised_by_its_kicker() -> None:
    assert related(
        "Das Blatt: Der kleine Koch",
        "Jeden Montag ist Backtag im Blatt: Diesmal freut sich die hungrige Runde",
        "Kundschaft auf ein Brot nach Art eines alten Bäckers aus der Nachbarschaft.",
        "Das Blatt: Noch ein Brot",
        "Der Bäcker redet über seine Öfen, das Mehl, die Nacht und den Sauerteig",
        "und die deutsche Kruste. Ein Gespräch.",
    ) == (
        Teaser(
            "Das Blatt: Der kleine Koch",
            "Jeden Montag ist Backtag im Blatt: Diesmal freut sich die hungrige Runde"
            " Kundschaft auf ein Brot nach Art eines alten Bäckers aus der Nachbarschaft.",
        ),
        Teaser(
            "Das Blatt: Noch ein Brot",
            "Der Bäcker redet über seine Öfen, das Mehl, die Nacht und den Sauerteig"
            " und die deutsche Kruste. Ein Gespräch.",
        ),
    )


# A whole sentence in a line so full that no word would have fitted behind it.
FULL_SENTENCE = f"{FULL[:70]}voll."


@pytest.mark.parametrize(
    ("line", "is_title"),
    [
        ("Elbe: Auch hoch", True),
        ("Auch die Elbe steigt", True),
        ("„Auch die Elbe steigt“", True),
        ("Auch die Elbe steigt.", False),
        ("und sagt: nein", True),
    ],
)
def test_without_links_a_line_after_a_full_sentence_is_a_title_by_its_own_end(
    line: str, is_title: bool
) -> None:
    found = related("Murr: Kurz", FULL_SENTENCE, line, "Ein Satz.")
    assert [teaser.title for teaser in found] == ["Murr: Kurz", *[line] * is_title]


def test_without_links_a_full_line_with_a_colon_within_a_sentence_is_not_a_title() -> None:
    text = f"{FULL_75} sagte das Amt in Großau: Das Wasser bleibt."
    (teaser,) = related("Murr: Kurz", *wrap(text))
    assert teaser.text == text


def test_without_links_a_title_may_follow_a_truncated_line() -> None:
    cut = Line(f"{FULL_75[:60]} die Ufer der …", truncated=True)
    found = related("Murr: Kurz", cut, "Auch die Elbe steigt", "Ein Satz.")
    assert [teaser.title for teaser in found] == ["Murr: Kurz", "Auch die Elbe steigt"]


# -- Menus ------------------------------------------------------------------------------------------

SECTION = [
    Line("# taz.de -- Politik"),
    Line(""),
    Line("Elbe: Hoch", "/Elbe/!7", "1"),
    Line(""),
    *map(Line, TEASER),
    Line(""),
    Line("Murr: Kurz", "/!8", "1"),
    Line(""),
    Line("Ein Satz."),
    Line(""),
]
ENTRIES = (Teaser("Elbe: Hoch", " ".join(TEASER), "/Elbe/!7"), Teaser("Murr: Kurz", "Ein Satz.", "/!8"))


def test_a_menu_is_a_title_and_teasers() -> None:
    assert parse_menu(SECTION) == Menu(title="Politik", entries=ENTRIES)


def test_a_menu_without_blanks_reads_the_same() -> None:
    assert parse_menu([line for line in SECTION if line.text]) == parse_menu(SECTION)


def test_a_menu_without_links_reads_the_same_but_for_them() -> None:
    entries = parse_menu([Line(line.text) for line in SECTION]).entries
    assert [(entry.title, entry.text) for entry in entries] == [
        (entry.title, entry.text) for entry in ENTRIES
    ]


def test_the_root_has_no_title_and_its_search_item_is_not_an_entry() -> None:
    root = [
        Line("# taz.de"),
        Line("Die Zeitung"),
        Line("Suche", "/suche", "7"),
        Line("Themen des Tages", "/!t5", "1"),
        *SECTION[2:],
        Line("Politik", "/!p4", "1"),
        *SECTION[2:4],
    ]
    menu = parse_menu(root)
    assert menu.title is None
    assert menu.entries == (
        Teaser("Themen des Tages", None, "/!t5"),
        *ENTRIES,
        Teaser("Politik", None, "/!p4"),
        Teaser("Elbe: Hoch", None, "/Elbe/!7"),
    )


def test_a_menus_lines_are_as_long_as_umlauts_written_out_make_them() -> None:
    text = "Ilse Öhm hat für den Kohl über Jahre gesucht und ging früh am Morgen übers Feld zum Zählen aller."
    lines = [
        line.replace("ü", "ue").replace("Ö", "Oe").replace("ö", "oe").replace("ä", "ae")
        for line in wrap(text)
    ]
    assert len(lines[0]) > 75
    menu = [Line("# taz.de -- Kraut"), *map(Line, ["Beet: Der Kohl", *lines, "Beet: Der Lauch", "Ein Satz."])]
    entries = parse_menu(menu, Layout(transliterated=True)).entries
    assert [entry.title for entry in entries] == ["Beet: Der Kohl", "Beet: Der Lauch"]


def test_long_lines_of_an_unwrapped_menu_are_not_titles() -> None:
    text = f"{FULL} {FULL}."
    menu = [
        Line("# taz.de -- Kraut"),
        *map(Line, ["Beet: Der Kohl", text, text, "Beet: Der Lauch", "Ein Satz."]),
    ]
    entries = parse_menu(menu, Layout(wrapped=False)).entries
    assert [entry.title for entry in entries] == ["Beet: Der Kohl", "Beet: Der Lauch"]


@pytest.mark.parametrize("lines", [SECTION, [Line("# taz.de"), *SECTION[2:]]], ids=["section", "root"])
def test_a_menu_is_not_an_article(lines: list[Line]) -> None:
    with pytest.raises(DumpError, match="expected an article"):
        parse_dump(lines)


@pytest.mark.parametrize(
    ("lines", "at", "found"),
    [
        ([], 1, "nothing"),
        (["", " "], 1, "nothing"),
        (["", "-----"], 2, '"-----"'),
        (["x" * 100], 1, f'"{"x" * 40}…"'),
        (["# taz.de.evil -- Murr"], 1, '"# taz.de.evil -- Murr"'),
    ],
)
def test_an_error_names_the_line_that_is_not_a_dump(lines: list[str], at: int, found: str) -> None:
    with pytest.raises(DumpError) as caught:
        parse_dump([Line(line) for line in lines])
    assert (caught.value.line, caught.value.found) == (at, found)


# -- The writer -------------------------------------------------------------------------------------


def test_body_and_lead_are_wrapped_at_75_characters_with_their_mark() -> None:
    text = "Häuser " * 60 + "Ende."
    lines = [line.text for line in write_dump(Article(title="T", lead=text, blocks=(Paragraph(text),)))]
    lead = [line for line in lines if line.startswith("> ")]
    assert max(map(len, lines)) == 75
    assert len(lead[0]) == 75 - (75 - 2 - 6) % 7


def test_title_caption_and_related_titles_are_never_wrapped() -> None:
    long = "Häuser " * 60 + "Ende"
    article = Article(title=long, caption=long, related=(Teaser(long, "Kurz.", "/!1"),))
    lines = [line.text for line in write_dump(article)]
    assert {f"# taz.de -- {long}", f"Bild: {long}", long} <= set(lines)


def test_a_dateline_over_no_paragraph_is_written_all_the_same() -> None:
    article = Article(title="T", dateline="Berlin taz", blocks=(Subhead("Später"),))
    assert parse_dump(write_dump(article)) == article


# -- Hostile pages ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", LINES)
@pytest.mark.slow
def test_a_page_made_to_be_slow_is_read(kind: str) -> None:
    """In linear time: benchmarks/hostile.py measures; a square of this size would not end."""
    assert parse_dump(hostile_lines(kind, 100_000)).title == "Murr: Es regnet"


@pytest.mark.parametrize("cut", [False, True])
def test_a_hundred_thousand_nested_references_are_read(cut: bool) -> None:
    text = "[1][" * 100_000
    assert dump(Line(text + "…" * cut, truncated=cut), DATE).title == "Murr: Es regnet"


def test_a_line_of_a_megabyte_is_read_whole() -> None:
    line = "wörter " * 150_000
    assert dump(line, DATE).text == line.strip()


@pytest.mark.slow
def test_two_hundred_thousand_lines_are_read() -> None:
    assert dump(*["Es regnet."] * 200_000, DATE).text.count("Es regnet.") == 200_000
