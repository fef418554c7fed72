"""``search``: what is found, and how it is shown."""

import json

import pytest

from tests.cli.conftest import Run
from tests.support.samples.cli_archives import EDITED


def test_search_shows_where_it_found_the_words(run: Run) -> None:
    result = run("search", "klagen", "--limit", 1)
    head, authors, snippet = result.stdout.splitlines()
    assert head.startswith("!")
    assert authors.strip().startswith("Anna Äpfel")
    assert "will klagen;" in snippet
    assert result.stderr == "1 of 2 articles, best first; --limit 0 shows all.\n"


def test_json_says_who_wrote_it_and_where_the_words_are(run: Run) -> None:
    (row,) = json.loads(run("search", "geklagt", "--json").stdout)
    assert (row["id"], row["version"], row["version_count"], row["state"]) == (700001, 2, 2, "present")
    assert (row["title"], row["authors"]) == (EDITED.title, ["Anna Äpfel"])
    [[start, end]] = row["title_hits"]
    assert row["title"][start:end] == "Geklagt"
    (row,) = json.loads(run("search", "klagen", "--json", "--limit", 1).stdout)
    assert [row["snippet"][start:end] for start, end in row["snippet_hits"]] == ["klagen"]


@pytest.mark.parametrize(
    ("args", "found"),
    [
        (["--order", "newest"], [700002, 700006, 700001]),
        (["--order", "oldest"], [700001, 700006, 700002]),
        (["--order", "most-edited"], [700001, 700006, 700002]),
        (["--state", "gone"], [700002]),
        (["--edited"], [700001]),
        (["--until", "2025-04-10", "--since", "2025-04-01"], [700001]),
        (["--author", "Äpfel", "--topic", "justiz"], [700001]),
    ],
)
def test_search_has_the_filters_and_orders_of_list(run: Run, args: list[str], found: list[int]) -> None:
    rows = json.loads(run("search", "ufer -fund", "--json", *args).stdout)
    listed = [row["id"] for row in json.loads(run("list", "--json", *args).stdout)]
    assert [row["id"] for row in rows if row["id"] > 0] == found
    assert [number for number in listed if number > 0] == found


@pytest.mark.parametrize("query", ["gibtesnicht", "!!!", '"', "rot-schwarz"])
def test_nothing_found_is_not_an_error(run: Run, query: str) -> None:
    result = run("search", query)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "No articles found.\n"
    assert json.loads(run("search", query, "--json").stdout) == []
