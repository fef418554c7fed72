"""Parts and facts: which page is where, and what tells captures apart."""

from typing import Any

import pytest

from archive.model import Kind, PageKey
from archive.pagekey import ROOT
from archive.store import FactsSummary, Part, summary_of
from tests.support.samples.capture_facts import fact_of
from tests.support.samples.captures import BASE, capture


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (PageKey(Kind.ARTICLE, 6081430), "article-00006080000"),
        (PageKey(Kind.ARTICLE, 6079999), "article-00006078000"),
        (PageKey(Kind.TOPIC, 5008001), "topic-00005008000"),
        (PageKey(Kind.SECTION, 4611), "section-00000004611"),
        (ROOT, "root-00000000000"),
        (None, "unnumbered-00000000000"),
    ],
)
def test_a_page_belongs_to_a_part(key: PageKey | None, name: str) -> None:
    part = Part.of(key)
    assert part.name == name
    assert Part.named(name) == part
    assert part.has(key)
    assert not part.has(PageKey(Kind.ARTICLE, 1))


def test_each_section_is_a_part_of_its_own() -> None:
    part = Part.of(PageKey(Kind.SECTION, 4611))
    assert (part.first, part.last) == (4611, 4611)
    assert not part.has(PageKey(Kind.SECTION, 4612))


def test_names_sort_as_parts_do() -> None:
    parts = sorted(Part.of(PageKey(kind, number)) for kind in Kind for number in (1, 99_999, 10**11 - 1))
    assert sorted(part.name for part in parts) == [part.name for part in parts]


@pytest.mark.parametrize(
    "name", ["", "article", "article-1", "article-00006080001", "crawl-00006080000", "../article-00006080000"]
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="invalid name of a part"):
        Part.named(name)


def test_each_field_tells_captures_apart() -> None:
    fact = fact_of(capture(BASE, 0))
    others: dict[str, Any] = {
        "kind": "topic",
        "number": 2,
        "source": "x",
        "url": "x",
        "rendition": "text",
        "problem": "x",
    }
    others |= {"captured_at": "2026-01-01T00:00:00.000Z", "digest": bytes(32), "outcome": "failed"}
    identities = {fact._replace(**{name: value}).identity for name, value in others.items()}
    assert len(identities | {fact.identity}) == len(others) + 1


def test_the_summary_of_captures_does_not_depend_on_their_order() -> None:
    one, two, three = (fact_of(capture(BASE, hour)).identity for hour in range(3))
    assert summary_of([one, two, three]) == summary_of([three, one, two])
    assert summary_of([one]).joined(summary_of([two, three])) == summary_of([one, two, three])
    assert summary_of([]) == FactsSummary(0, bytes(32))
    assert summary_of([one, two]) != summary_of([one, three])
