"""The same captures give the same archive, in whatever order they came."""

import tempfile
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.model import Capture
from archive.store import open_writer
from crawler.demo.newspaper.gateways.miga import MIGA
from crawler.demo.newspaper.gateways.phoxy import PHOXY
from tests.support.samples.captures import BASE, capture
from tests.support.samples.histories import histories, through
from tests.support.tables import derived_rows, is_sound


def derived(found: list[Capture], batch: int) -> dict[str, list[tuple[object, ...]]]:
    with tempfile.TemporaryDirectory() as folder, open_writer(Path(folder) / "taz.db") as archive:
        for at in range(0, len(found), batch):
            archive.record(found[at : at + batch])
        assert is_sound(archive)
        return derived_rows(archive)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.randoms(use_true_random=False), st.integers(1, 7))
def test_any_order_of_arrival_gives_one_history(found: list[Capture], random: Random, batch: int) -> None:
    shuffled = random.sample(found, len(found))
    assert derived(shuffled, batch) == derived(sorted(found, key=lambda capture: capture.captured_at), 1)


def test_a_capture_better_than_one_that_was_mended_is_the_versions_own_in_any_order() -> None:
    """What a second gave, paragraphs, makes the first no better than a third that never lost any."""
    found = [
        through(MIGA, "miga", BASE, 0, 6081430),
        through(PHOXY, "phoxy", BASE, 1, 6081430),
        capture(BASE, 2),
    ]
    assert derived(found, 1) == derived(found[::-1], 1)
    assert "gopher" in derived(found, 1)["bases"][0]


def test_most_generated_histories_have_an_edit_and_come_out_of_order() -> None:
    shares: Counter[str] = Counter()

    @settings(max_examples=100, database=None, deadline=None, derandomize=True)
    @given(histories(), st.randoms(use_true_random=False))
    def count(found: list[Capture], random: Random) -> None:
        shuffled = random.sample(found, len(found))
        shares["all"] += 1
        shares["edited"] += len({capture.body for capture in found if capture.body}) > 1
        shares["shuffled"] += shuffled != sorted(found, key=lambda capture: capture.captured_at)

    count()
    assert shares["edited"] > 0.5 * shares["all"], shares
    assert shares["shuffled"] > 0.5 * shares["all"], shares
