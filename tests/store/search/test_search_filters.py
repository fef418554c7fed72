"""Search with filters finds the same, whichever is read first: the words or the filter."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from archive.model import Tag
from archive.store import Reader, open_reader
from archive.store.query.listing import ArticleFilter, ArticleOrder
from tests.support.samples.captures import BRIDGE, archive_of, capture_of
from tests.support.samples.sample_archive import PAPER, make_sample_archive

ALL = 10_000
WANTED = {
    "all": ArticleFilter(),
    "from a day": ArticleFilter(since=date(2025, 4, 2)),
    "to a day": ArticleFilter(until=date(2025, 4, 1)),
    "edited": ArticleFilter(edited=True),
    "by an author": ArticleFilter(author="Straßer"),
    "of a topic": ArticleFilter(tag="Verkehr"),
    "of a part of topics": ArticleFilter(tag="er"),
    "of both": ArticleFilter(tag="Verkehr", author="Ännchen Straßer", since=date(2025, 3, 1)),
    "of nothing": ArticleFilter(tag="gibt es nicht"),
}
QUERIES = [
    "die",
    "gesperrt",
    "quarzstrasse",
    "der OR die",
    "title: verkehr",
    "Kiesgrube",
    "wort AND",
    "",
    "...",
]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    path = tmp_path_factory.mktemp("sifting") / "paper.db"
    make_sample_archive(path)
    with open_reader(path) as archive:
        yield archive


def found(archive: Reader, query: str, wanted: ArticleFilter, **how: Any) -> list[tuple[int, int]]:
    hits = archive.search.versions(query, wanted, limit=ALL, **how).hits
    return [(hit.article, hit.number) for hit in hits]


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("name", WANTED)
def test_common_words_are_found_as_rare_ones_are(archive: Reader, name: str, query: str, every: bool) -> None:
    rare = found(archive, query, WANTED[name], all_versions=every)
    common = found(archive, query, WANTED[name], all_versions=every, max_ranked=1)
    assert sorted(common) == sorted(rare)
    assert len(set(rare)) == len(rare)


@pytest.mark.parametrize("order", ["newest", "oldest", "most-edited"])
@pytest.mark.parametrize("name", ["all", "edited", "by an author", "of a topic"])
@pytest.mark.parametrize("query", ["", "die"])
@pytest.mark.parametrize("max_ranked", [1, 5000])
def test_results_are_in_the_order_asked_for(
    archive: Reader, name: str, order: str, query: str, max_ranked: int
) -> None:
    """Those of common words, in a topic or by an author, are in the order of numbers instead of days."""
    sort = ArticleOrder(order)
    hits = archive.search.versions(query, WANTED[name], limit=ALL, order=sort, max_ranked=max_ranked).hits
    edits, days = [hit.version_count for hit in hits], [hit.published or "" for hit in hits]
    numbers = [hit.article for hit in hits]
    wanted = {"newest": (days, numbers), "oldest": (days, numbers), "most-edited": (edits,)}[order]
    assert any(list(keys) == sorted(keys, reverse=order != "oldest") for keys in wanted)
    assert sorted(numbers) == sorted(found_articles(archive, query, WANTED[name]))


def found_articles(archive: Reader, query: str, wanted: ArticleFilter) -> list[int]:
    return [article for article, _ in found(archive, query, wanted)]


@pytest.mark.parametrize("name", WANTED)
@pytest.mark.parametrize("query", QUERIES)
def test_results_are_counted(archive: Reader, name: str, query: str) -> None:
    exact = archive.search.versions(query, WANTED[name], limit=5)
    assert (exact.count, exact.exact) == (len(found(archive, query, WANTED[name])), True)
    rough = archive.search.versions(query, WANTED[name], limit=5, max_ranked=3)
    assert rough.count <= exact.count
    assert rough.exact <= (rough.count == exact.count)
    assert rough.count >= len(rough.hits)


@pytest.mark.parametrize("name", ["all", "from a day", "to a day", "edited", "by an author"])
def test_without_words_all_articles_are_listed_as_the_list_has_them(archive: Reader, name: str) -> None:
    listed = [row.id for row in archive.articles.listed(WANTED[name], limit=0)]
    sifted = [article for article, _ in found(archive, "", WANTED[name])]
    assert sorted(sifted) == sorted(listed)
    if name != "by an author":  # which are in the order of their numbers
        assert sifted == listed


def test_earlier_versions_are_found_only_on_request(archive: Reader) -> None:
    assert found(archive, "Kiesgrube", ArticleFilter()) == []
    assert found(archive, "Kiesgrube", ArticleFilter(), all_versions=True) == [(900001, 1)]


def test_a_topic_of_exactly_that_name_is_preferred(tmp_path: Path) -> None:
    tagged = [(1, "Verkehr"), (2, "Verkehrswende")]
    captures = [capture_of(replace(BRIDGE, tags=(Tag(name),)), number) for number, name in tagged]
    with open_reader(archive_of(tmp_path / "paper.db", captures)) as archive:
        assert found(archive, "", ArticleFilter(tag="verkehr")) == [(1, 1)]
        assert found(archive, "", ArticleFilter(tag="verkehrs")) == [(2, 1)]
        assert found(archive, "brücke", ArticleFilter(tag="verke")) == [(2, 1), (1, 1)]


def test_pages_of_results_follow_one_another(archive: Reader) -> None:
    whole = found(archive, "die", ArticleFilter())
    pages = [
        (hit.article, hit.number)
        for at in range(0, len(whole) + 10, 10)
        for hit in archive.search.versions("die", ArticleFilter(), limit=10, offset=at).hits
    ]
    assert pages == whole
    assert len(whole) > PAPER.articles // 2


def test_of_too_many_to_rank_the_newest_are_first(archive: Reader) -> None:
    query = "gesperrt OR verkehr"
    best = archive.search.versions(query, ArticleFilter(), limit=10)
    many = archive.search.versions(query, ArticleFilter(), limit=10, max_ranked=1)
    newest = archive.search.versions(
        query, ArticleFilter(), limit=10, max_ranked=1, order=ArticleOrder.NEWEST
    )
    assert (best.order, many.order) == (ArticleOrder.BEST, ArticleOrder.NEWEST)
    assert many == newest
