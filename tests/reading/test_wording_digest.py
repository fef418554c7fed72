"""The digest of a wording changes only with the wording."""

from dataclasses import replace
from datetime import date

import pytest

from archive.model import Article, Author, Paragraph, Subhead, Tag, Truncation
from archive.reading.same_wording import same_wording
from archive.reading.wording_digest import canonical_wording, complete_wording_digest, wording_digest
from tests.support.samples.captures import BASE

SAME = [
    replace(BASE, tags=(Tag("Hafen", 5000001),)),
    replace(BASE, related=()),
    replace(BASE, links=()),
    replace(BASE, paragraphs_inferred=True),
]
OTHER = [
    replace(BASE, title="Die Brücke bleibt offen"),
    replace(BASE, title="", lead=BASE.title),
    replace(BASE, published=date(2001, 1, 1)),
    replace(BASE, authors=(*BASE.authors, Author("Mia Muster"))),
    replace(BASE, blocks=(*BASE.blocks, Subhead("Danach"))),
    replace(BASE, blocks=(Paragraph("Es regnet."),)),
]


@pytest.mark.parametrize("other", SAME)
def test_what_is_not_wording_leaves_the_digest(other: Article) -> None:
    assert same_wording(BASE, other)
    assert wording_digest(other) == wording_digest(BASE)


@pytest.mark.parametrize("other", OTHER)
def test_another_wording_has_another_digest(other: Article) -> None:
    assert not same_wording(BASE, other)
    assert wording_digest(other) != wording_digest(BASE)


@pytest.mark.parametrize(
    "partial",
    [replace(BASE, truncations=(Truncation("title", 3, 5),)), replace(BASE, transliterated=True)],
)
def test_a_partial_reading_is_compared_with_no_other(partial: Article) -> None:
    assert complete_wording_digest(partial) is None
    assert complete_wording_digest(BASE) == wording_digest(BASE)


def test_the_canonical_form_is_lines_of_words() -> None:
    article = Article(
        title="Verkehr: Die  Brücke",
        caption="Am Fluss",
        dateline="Berlin taz",
        blocks=(Paragraph("Es\nregnet."), Subhead("Und dann"), Paragraph("Schluss ## mit.")),
        published=date(2025, 4, 10),
        authors=(Author("Mia Muster", 7), Author("Ola Özil")),
    )
    assert canonical_wording(article).splitlines() == [
        "taz-archive wording 1",
        "title Verkehr: Die Brücke",
        "caption Am Fluss",
        "published 2025-04-10",
        "author Mia Muster",
        "author Ola Özil",
        "text Berlin taz Es regnet. Und dann Schluss mit.",
    ]
