"""Broken pages give a page that holds together, or one of our errors, soon.

``tests/fuzz`` has those that once gave something else, and odd ones, each named for its rendition. For
more: ``python -m benchmarks.fuzz``.
"""

from functools import cache
from pathlib import Path
from random import Random

import pytest

from archive.renditions.decode import RENDITIONS
from benchmarks.broken_pages import sound_pages
from benchmarks.fuzz import article_of, check, draw
from tests.support import ROOT

SAMPLES = sorted((ROOT / "tests" / "fuzz").iterdir())
PAGES = 25  # of each of so many seeds
SEEDS = range(12)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_page_that_broke_something_breaks_nothing(sample: Path) -> None:
    rendition = sample.name.split("-")[0]
    check(sample.read_bytes(), rendition if rendition in RENDITIONS else None)


@cache
def pages() -> list[tuple[str, bytes]]:
    return sound_pages(articles=4)


@pytest.mark.parametrize("seed", SEEDS)
def test_pages_broken_at_random_break_nothing(seed: int) -> None:
    random = Random(seed)
    for _ in range(PAGES):
        check(*draw(pages(), random))


def test_many_broken_pages_are_still_read() -> None:
    drawn = [draw(pages(), Random(seed)) for seed in range(200)]
    read = sum(article_of(page, rendition) is not None for page, rendition, _ in drawn)
    assert 0.2 * len(drawn) < read < 0.8 * len(drawn)
