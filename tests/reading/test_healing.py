"""Readings of one wording that lost different things, and what they amount to together."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.dump.grammar import LINE_WIDTH, LINKS_HEADING, MISSING
from archive.dump.reader import parse_dump
from archive.dump.writer import write_dump
from archive.model import Article, Author, Layout, Line, Link, Paragraph, Subhead, Teaser, Truncation
from archive.reading.alignment import Pattern
from archive.reading.date_ranges import related_ranges
from archive.reading.history import Reading, Version, derive_versions
from archive.reading.same_wording import field_pattern, same_wording, transliterate
from archive.reading.truncation_merge import merge_patterns
from crawler.demo.newspaper.pages.newspaper import START as OUT
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support.samples.captures import BASE, START

FOLDED = Layout(transliterated=True)


@cache
def paper() -> list[Article]:
    """Articles of the sample newspaper, as their pages say."""
    newspaper = Newspaper(seed=11, articles=60, daily=0)
    pages = (newspaper.page(key, OUT) for key in newspaper.articles_there(OUT))
    return [page for page in pages if isinstance(page, Article)]


def history(*articles: Article) -> list[Version]:
    return derive_versions(
        [
            Reading(captured_at=START + timedelta(hours=hour), capture_id=hour, article=article)
            for hour, article in enumerate(articles)
        ]
    )


def healed(*articles: Article) -> Version:
    (version,) = history(*articles)
    return version


def cut_somewhere(article: Article, random: Random, share: float) -> Article:
    """The article's page as a source would give it that cuts lines of its wording at random."""
    lines = write_dump(article)
    body = next((at for at, line in enumerate(lines) if line.text == LINKS_HEADING), len(lines))
    kept = [
        _cut(line, random) if at < body and random.random() < share else line for at, line in enumerate(lines)
    ]
    return parse_dump([line for line in kept if line.text])


def _cut(line: Line, random: Random) -> Line:
    """A line that fills its row, cut near its end."""
    if len(line.text) < 60:
        return line
    return line._replace(
        text=line.text[: random.randint(len(line.text) - 12, len(line.text) - 1)] + "…", truncated=True
    )


def folded(article: Article) -> Article:
    """The article's page as the source gives it that writes umlauts out, its title intact."""
    lines = write_dump(article)
    return parse_dump(
        [
            lines[0],
            *(line if line.target else line._replace(text=transliterate(line.text)) for line in lines[1:]),
        ],
        FOLDED,
    )


def without_blanks(article: Article) -> Article:
    return parse_dump([line for line in write_dump(article) if line.text])


def wording(article: Article) -> list[object]:
    return [
        *(getattr(article, field) for field in ("title", "lead", "caption", "dateline", "published")),
        [author.name for author in article.authors],
        article.text,
        [(link.position, link.text, link.start, link.end) for link in article.links],
    ]


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.sampled_from(paper()), st.randoms(use_true_random=False), st.sampled_from([0.1, 0.5, 1.0]))
def test_a_cut_reading_is_healed_by_any_whole_one(article: Article, random: Random, share: float) -> None:
    whole = parse_dump(write_dump(article))
    cut = cut_somewhere(article, random, share)
    for readings in ((cut, whole), (whole, cut), (cut, whole, cut)):
        version = healed(*readings)
        assert not version.article.truncations
        assert wording(version.article) == wording(whole)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.sampled_from(paper()), st.randoms(use_true_random=False), st.sampled_from([0.1, 0.5]))
def test_readings_cut_at_different_places_heal_one_another(
    article: Article, random: Random, share: float
) -> None:
    """What none of them has stays cut, and nothing is put there that was not lost."""
    readings = [cut_somewhere(article, random, share) for _ in range(3)]
    version = healed(*readings)
    for field in ("title", "lead", "caption", "text"):
        best, true = field_pattern(version.article, field), field_pattern(article, field)
        both = merge_patterns(best, true)
        assert both is not None
        assert both.pattern == true
        least = min(len(field_pattern(reading, field).limits) for reading in readings)
        assert len(best.limits) <= least
    for link in version.article.links:
        if link.start is not None:
            assert version.article.text[link.start : link.end] == link.text


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.sampled_from(paper()), st.randoms(use_true_random=False))
def test_a_cut_reading_and_one_with_umlauts_written_out_make_a_whole_one(
    article: Article, random: Random
) -> None:
    cut = cut_somewhere(article, random, 0.5)
    version = healed(cut, folded(article))
    assert not [made for made in version.article.truncations if made.field == "text"]
    assert transliterate(version.article.text) == transliterate(article.text)
    lost = sum(made.field in ("title", "lead", "caption", "text") for made in cut.truncations)
    assert {words.reading_index for words in version.healed_ranges} <= {1}
    assert len(version.healed_ranges) <= lost


@pytest.mark.parametrize("article", paper()[::4])
def test_every_spelling_is_one_version_and_reads_as_the_best(article: Article) -> None:
    whole = parse_dump(write_dump(article))
    version = healed(folded(article), without_blanks(article), cut_somewhere(article, Random(1), 0.3), whole)
    assert wording(version.article) == wording(whole)
    assert version.capture_id == 3
    assert not version.article.paragraphs_inferred
    assert not version.article.transliterated


@pytest.mark.parametrize("article", paper()[::4])
def test_paragraphs_kept_by_a_reading_that_lost_its_spelling_are_taken_over(article: Article) -> None:
    whole = parse_dump(write_dump(article))
    version = healed(without_blanks(article), folded(article))
    assert wording(version.article) == wording(whole)


def test_words_that_heal_name_the_capture_they_are_from() -> None:
    text = "Die Brücke über die Murr bleibt noch lange gesperrt, sagt die Stadt."
    whole = replace(BASE, blocks=(Paragraph(text),), links=())
    one, other = _with_cut(whole, "Murr bl", "e gesperrt"), _with_cut(whole, "gesperrt, ", "Stadt.")
    version = healed(one, other)
    assert version.article.text == text
    assert version.capture_id == 0
    (words,) = version.healed_ranges
    assert (words.field, text[words.start : words.end], version.capture_ids[words.reading_index]) == (
        "text",
        "eibt noch lang",
        1,
    )


def _with_cut(article: Article, before: str, after: str) -> Article:
    """The article with what stands between two words of its one line cut."""
    text = article.text
    start = text.index(before) + len(before)
    left = text[:start] + text[text.index(after, start) :]
    cut = Truncation("text", start, LINE_WIDTH - len(left))
    return replace(article, blocks=(Paragraph(f"{left[:start]}…{left[start:]}"),), truncations=(cut,))


def test_a_link_over_a_healed_place_grows_with_it() -> None:
    text = "Der Rat will die Brücke im Herbst bauen, wie die Murrer es ja wünschen."
    link = Link(1, "/!6", "Brücke im Herbst", text.index("Brücke"), text.index(" bauen"))
    whole = replace(BASE, blocks=(Paragraph(text),), links=(link,))
    cut = _with_cut(replace(whole, links=()), "Brü", " Herbst")
    short = cut.text
    at = short.index("Brü")
    cut = replace(cut, links=(Link(1, "/!6", "Brü… Herbst", at, at + len("Brü… Herbst")),))
    version = healed(cut, _with_cut(whole, "Der R", " will"))
    assert version.article.text == text
    assert version.article.links == (link,)


def test_what_two_cut_readings_both_miss_is_as_short_as_the_stricter_allows() -> None:
    both = merge_patterns(Pattern(f"ab{MISSING}yz", (3,)), Pattern(f"abc{MISSING}z", (3,)))
    assert both
    assert both.pattern == Pattern(f"abc{MISSING}yz", (2,))


EDITS = [
    replace(BASE, lead="Am Dienstag stand das Wasser bis an die Tore."),
    replace(BASE, caption="Pfützen vor dem Rathaus."),
    replace(BASE, authors=(Author("Anne Groß", 22001),)),
    replace(
        BASE, blocks=(Paragraph("Es regnete den ganzen Tag sagten die Häuser der Straße."), *BASE.blocks[1:])
    ),
    replace(
        BASE, blocks=(Paragraph("Es regnete den ganzen Tag, sagten die Hauser der Straße."), *BASE.blocks[1:])
    ),
    replace(BASE, dateline="Hamburg taz"),
]


@pytest.mark.parametrize("edited", EDITS)
def test_an_edit_shows_through_every_spelling_that_can_show_it(edited: Article) -> None:
    base = replace(BASE, links=())
    edited = replace(edited, links=())
    for before in (base, folded(base), without_blanks(base)):
        for after in (edited, folded(edited), without_blanks(edited)):
            assert not same_wording(before, after)


def test_a_spelling_changed_from_oe_to_umlaut_is_seen_between_readings_that_spell_it() -> None:
    """A reading with umlauts written out in between, which is of both wordings, hides nothing."""
    before = replace(BASE, lead="Frau Mueller sagt nichts.")
    after = replace(BASE, lead="Frau Müller sagt nichts.")
    found = history(before, folded(after), after)
    assert [version.capture_ids for version in found] == [(0, 1), (2,)]


def test_old_datelines_are_the_same_in_every_spelling() -> None:
    """MÜNCHEN taz is no dateline to the grammar once it is MUeNCHEN."""
    article = replace(
        BASE, dateline=None, blocks=(Paragraph("MÜNCHEN taz Es regnet."), Subhead("Und morgen")), links=()
    )
    assert same_wording(parse_dump(write_dump(article)), folded(article))


def same_order(articles: Sequence[Article]) -> list[tuple[int, ...]]:
    return [version.capture_ids for version in history(*articles)]


def test_an_edit_that_is_taken_back_makes_three_versions() -> None:
    edited = EDITS[0]
    assert same_order([BASE, folded(BASE), edited, without_blanks(edited), BASE]) == [(0, 1), (2, 3), (4,)]


def test_a_related_article_keeps_the_title_that_a_later_copy_has_cut() -> None:
    target = "/Sturm/!6080002"
    whole = replace(BASE, related=(Teaser("Vom Winde: Der große Sturm", "Er kam, und er blieb.", target),))
    cut = replace(BASE, related=(Teaser("Vom Winde: Der gro…", "Er kam, und … blieb.", target),))
    other = replace(BASE, related=(Teaser("Vom Winde: Ein …", "Er ging.", target),))
    readings = [
        Reading(captured_at=START, capture_id=0, article=whole),
        Reading(captured_at=START, capture_id=1, article=cut),
    ]
    ((teaser, _),) = related_ranges(readings).values()
    assert teaser == whole.related[0]
    ((teaser, _),) = related_ranges(
        [*readings, Reading(captured_at=START, capture_id=2, article=other)]
    ).values()
    assert teaser == other.related[0]


def _shown(text: str, *cuts: Truncation) -> Article:
    return replace(BASE, blocks=(Paragraph(text),), links=(), truncations=cuts)


# Together "Der Regen fiel und fiel und blieb.", or "Der Regen fiel und fiel und fiel und blieb.".
BEGINS = _shown("Der Regen fiel und fiel…", Truncation("text", 23, 35))
ENDS = _shown("… und fiel und blieb.", Truncation("text", 0, 35))


def test_a_cut_for_which_two_readings_have_several_answers_stays_cut() -> None:
    for readings in ((BEGINS, ENDS), (ENDS, BEGINS)):
        version = healed(*readings)
        assert version.article == readings[0]
        assert version.healed_ranges == ()
        whole = _shown("Der Regen fiel und fiel und blieb.")
        assert healed(*readings, whole).article == whole


def test_what_fits_but_one_of_two_such_readings_is_of_another_wording() -> None:
    assert same_order([BEGINS, ENDS, _shown("Der Regen fiel und fiel um.")]) == [(0, 1), (2,)]
    assert same_order([BEGINS, ENDS, _shown("Ein Regen fiel und fiel und blieb.")]) == [(0, 1), (2,)]
