"""No edit goes unseen, and nothing is taken for one, through whatever mix of sources an article comes."""

import pytest

from benchmarks.edits import simulate
from crawler.demo.newspaper.pages.newspaper import Newspaper


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 4])
def test_a_year_through_all_sources_shows_every_edit_and_no_other(seed: int) -> None:
    """The same as ``python -m benchmarks edits``, in small."""
    counts = simulate(Newspaper(seed=seed, articles=45, daily=0), 24)
    assert counts["captures"] > 1000
    assert counts["edits"] > 10
    assert counts["false"] == 0
    assert counts["missed"] == 0
    assert counts["hidden"] <= counts["edits"] // 10
