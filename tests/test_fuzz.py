"""Pages broken at random, in small; and samples of such pages, one for each way in which they ended.

``python -m benchmarks.fuzz`` does it for hours; what it finds becomes a sample in ``tests/fuzz``, whose name
begins with the rendition it is read in.
"""

from pathlib import Path
from random import Random

import pytest

from benchmarks.fuzz import broken_page, check, sound_pages

SAMPLES = sorted((Path(__file__).parent / "fuzz").iterdir())
PAGES = 300


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_harms_nothing(sample: Path) -> None:
    form = sample.name.partition("-")[0]
    check(sample.read_bytes(), None if form == "guessed" else form)


def test_pages_broken_at_random_harm_nothing() -> None:
    pages, random = sound_pages(), Random(3)
    read = [check(page, form) for form, page in (broken_page(pages, random) for _ in range(PAGES))]
    assert PAGES / 5 < sum(article is not None for article in read) < PAGES
