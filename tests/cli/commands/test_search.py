"""``search``: what is found, and how it is shown."""

import json

import pytest

from tests.cli.conftest import Run
from tests.support.samples.cli_archives import EDITED


def test_search_shows_where_it_found_the_words(run: Run) -> None:
    head, snippet = run("search", "klagen", "--limit", 1).stdout.splitlines()
    assert head.startswith("!")
    assert "will klagen;" in snippet
    (row,) = json.loads(run("search", "geklagt", "--json").stdout)
    assert (row["id"], row["version"], row["title"]) == (700001, 2, EDITED.title)


@pytest.mark.parametrize("query", ["gibtesnicht", "!!!", '"', "rot-schwarz"])
def test_nothing_found_is_not_an_error(run: Run, query: str) -> None:
    result = run("search", query)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "No articles found.\n"
    assert json.loads(run("search", query, "--json").stdout) == []
