"""What search finds, in which words it may be asked, and what it shows."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive.cli.main import cli
from archive.model import Article, Paragraph
from archive.store import MAX_RANKED, ArticleOrder, MatchSpan, SearchHit, open_reader
from archive.store.query.listing import ArticleFilter
from tests.support.samples.captures import BRIDGE, HOUR, NOON, archive_of, capture_of
from tests.support.tables import change

Find = Callable[..., list[SearchHit]]
RIVER = Article(
    title="Murr: Ein Fluss steigt",
    published=date(2025, 4, 12),
    blocks=(Paragraph("Am Ufer wird in C++ gerechnet, ob die Bruecke hält. Die Messe in Gießen sagt nein."),),
)
# As if that many more versions had the word in their title.
MANY_MATCHES = """
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?)
INSERT INTO versions_fts (rowid, title) SELECT 20000000000 + i, 'Murr' FROM n
"""
EDITED = replace(BRIDGE, blocks=(*BRIDGE.blocks[:3], Paragraph("Im Winter fällt ein Entscheid.")))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    captures = [capture_of(BRIDGE), capture_of(RIVER, 700002), capture_of(EDITED, at=NOON + HOUR)]
    return archive_of(tmp_path_factory.mktemp("search") / "taz.db", captures)


@pytest.fixture
def find(path: Path) -> Find:
    def find(
        query: str, *, limit: int = 20, newest: bool = False, all_versions: bool = False
    ) -> list[SearchHit]:
        order = ArticleOrder.NEWEST if newest else ArticleOrder.BEST
        with open_reader(path) as archive:
            found = archive.search.versions(
                query, ArticleFilter(), limit=limit or -1, order=order, all_versions=all_versions
            )
            return list(found.hits)

    return find


def ids(hits: list[SearchHit]) -> set[int]:
    return {hit.article for hit in hits}


@pytest.mark.parametrize(
    "query",
    ["straße", "strasse", "Häuser", "haeuser", "hauser", "Äpfel OR haus*", "GROSSAU", "title: straße"],
)
def test_an_article_is_found_in_any_spelling(find: Find, query: str) -> None:
    assert 700001 in ids(find(query))


@pytest.mark.parametrize("query", ["brücke", "bruecke", "giessen AND messe"])
def test_umlauts_written_out_in_the_text_are_found_too(find: Find, query: str) -> None:
    assert 700002 in ids(find(query))


@pytest.mark.parametrize("query", ["rot-grün*", "rot-grüne", "rot-gruene", "Rot-grüne Wege", "„Rot-grüne"])
def test_a_hyphen_is_not_an_operator(find: Find, query: str) -> None:
    assert ids(find(query)) <= {700001}


def test_a_word_with_a_hyphen_is_found_in_either_spelling(find: Find) -> None:
    assert ids(find("rot-grüne")) == ids(find("rot-gruene")) == {700001}


def test_characters_without_meaning_in_fts5_are_searched_as_words(find: Find) -> None:
    assert ids(find("C++ gerechnet")) == {700002}


@pytest.mark.parametrize("query", ['"', "!!!", "*", "(", "AND", "NEAR(", "'", "^", "NOT", "a\x00", "-"])
def test_no_query_is_an_error(find: Find, query: str) -> None:
    assert find(query) == []


def test_fts5_means_what_it_says(find: Find) -> None:
    assert ids(find("ufer NOT murr")) == set()
    assert ids(find("ufer AND klagen")) == {700001}
    assert ids(find('"am ufer"')) == {700001, 700002}


def test_earlier_versions_are_searched_only_on_request(find: Find) -> None:
    assert find("herbst") == []
    assert [hit.number for hit in find("herbst", all_versions=True)] == [1]
    assert [hit.number for hit in find("klagen", all_versions=True, newest=True)] == [2, 1]


def test_newest_is_by_date_of_publication(find: Find) -> None:
    assert [hit.article for hit in find("ufer", newest=True)] == [700002, 700001]


def test_with_5000_matches_the_newest_are_shown_with_a_note(path: Path, tmp_path: Path) -> None:
    """5,000 matches; those that only the index has are not shown."""
    archive = Path(shutil.copy(path, tmp_path / "many.db"))
    change(archive, MANY_MATCHES, MAX_RANKED)
    done = CliRunner().invoke(cli, ["search", str(archive), "murr"])
    assert done.stdout.index("!700002") < done.stdout.index("!700001")
    why = "since too many match to sort by relevance"
    assert done.stderr == f"2 articles, newest first, {why}.\n"
    done = CliRunner().invoke(cli, ["search", str(archive), "murr", "--limit", "1"])
    assert done.stderr == f"1 of 2 articles, newest first, {why}; --limit 0 shows all.\n"


def test_of_very_many_words_the_first_count(tmp_path: Path) -> None:
    """Each marks all it matches: with 160 of them SQLite took minutes for one long text."""
    text = " ".join(["a"] * 24_000)
    path = archive_of(tmp_path / "taz.db", [capture_of(replace(RIVER, blocks=(Paragraph(text),)))])
    with open_reader(path) as archive:
        found = archive.search.versions("a* " * 160, ArticleFilter(), limit=20)
    assert len(found.hits) == 1


@pytest.mark.parametrize("query", ["", " ", "\ud800"])
def test_an_empty_query_is_refused(path: Path, query: str) -> None:
    done = CliRunner().invoke(cli, ["search", str(path), query])
    assert (done.exit_code, "QUERY is empty" in done.stderr) == (2, True)


def test_a_word_of_the_title_ranks_above_one_of_the_text(find: Find) -> None:
    assert next(hit.article for hit in find("murr")) == 700002


def test_a_limit_of_0_shows_all_hits(find: Find) -> None:
    assert len(find("murr", limit=1)) == 1
    assert len(find("murr", limit=0)) == 2


def marked(spans: Sequence[MatchSpan]) -> list[str]:
    return [span.text for span in spans if span.hit]


def test_a_snippet_marks_what_was_searched_for(find: Find) -> None:
    (hit,) = find("klagen")
    assert marked(hit.snippet) == ["klagen"]
    assert "##" not in "".join(span.text for span in hit.snippet)


def test_a_snippet_is_of_the_lead_where_the_text_has_no_match(find: Find) -> None:
    (hit,) = find("seit jahren")
    assert marked(hit.snippet) == ["seit Jahren"] or marked(hit.snippet) == ["seit", "Jahren"]


def test_a_match_in_another_spelling_is_marked(find: Find) -> None:
    (hit,) = find("strasse")
    assert marked(hit.title) == ["Straße"]
    (hit,) = find("haeus*")
    assert marked(hit.snippet) == ["Häuser"]
    (hit,) = find("Bürgerinnen")
    assert marked(hit.title) + marked(hit.snippet) == ["Bürger*innen"]


def test_snippets_never_show_the_spellings(find: Find) -> None:
    for query in ("strasse", "haeuser", "gruene"):
        for hit in find(query):
            assert "haeuser" not in "".join(span.text for span in hit.snippet)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ufer -murr", set()),
        ("-murr", set()),
        ("ufer – klagen", {700001}),
        ("ufer -klagen", {700002}),
        ("klagen or gerechnet", {700001, 700002}),
        ("titel: steigt", {700002}),
        ("Bürgerinnen", {700001}),
        ("bürger:innen", {700001}),
        ("700002", {700002}),
        ("!700002", {700002}),
    ],
)
def test_a_search_means_what_people_mean(find: Find, query: str, found: set[int]) -> None:
    assert ids(find(query)) == found


def said(path: Path, *args: str) -> list[str]:
    """Return the lines that a search prints on stderr."""
    return CliRunner().invoke(cli, ["search", str(path), *args]).stderr.splitlines()


def test_another_reading_than_the_query_is_shown(path: Path) -> None:
    assert said(path, "ufer -klagen") == ["1 article, best first.", "Searched for: ufer NOT klagen"]


def test_longer_words_are_offered(path: Path) -> None:
    offer = "1 article has words that begin so; search for 'gerech*'."
    assert said(path, "gerech") == ["No articles found.", offer]
    assert said(path, "gerechnet") == ["1 article, best first."]


NO_AUTHOR = 'No author has "Aepfel" in the name; there are Anna Äpfel.'


@pytest.mark.parametrize(
    ("args", "lines"),
    [
        (["herbst"], ["With --all-versions: 1 result."]),
        (["klagen", "--since", "2026-01-01"], ["Without filters: 1 result."]),
        (["ort: Messe"], ["No field is called ort; words can be sought in title:, lead:, caption:, text:."]),
        (["klagen", "--author", "Aepfel"], [NO_AUTHOR, "Without filters: 1 result."]),
        (["klagen", "--topic", "Xyz"], ['No topic has "Xyz" in the name.', "Without filters: 1 result."]),
    ],
)
def test_a_search_that_finds_nothing_says_what_would_find_something(
    path: Path, args: list[str], lines: list[str]
) -> None:
    assert [line for line in said(path, *args) if "Searched for" not in line] == [
        "No articles found.",
        *lines,
    ]
