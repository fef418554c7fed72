"""The same captures give the same archive, in whatever order they came."""

import tempfile
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.model import Capture
from archive.pagekey import ROOT
from archive.policy.revisit import DAY
from archive.store import open_writer
from crawler.demo.newspaper.gateways.miga import MIGA
from crawler.demo.newspaper.gateways.phoxy import PHOXY
from tests.support.running.maintenance import MEMORY
from tests.support.samples.captures import BASE, NOON, NUMBER, capture, failure_of
from tests.support.samples.histories import histories, through
from tests.support.samples.menus import menu_capture
from tests.support.tables import derived_rows, is_sound, rows


def derived(found: list[Capture], batch: int) -> dict[str, list[tuple[object, ...]]]:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, open_writer(Path(folder) / "taz.db") as archive:
        for at in range(0, len(found), batch):
            archive.record(found[at : at + batch])
        assert is_sound(archive)
        return derived_rows(archive)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.randoms(use_true_random=False), st.sampled_from([1, 3, 7, 200]))
def test_any_order_of_arrival_gives_one_history(found: list[Capture], random: Random, batch: int) -> None:
    shuffled = random.sample(found, len(found))
    assert derived(shuffled, batch) == derived(sorted(found, key=lambda capture: capture.captured_at), 1)


def frontier(found: list[Capture], batch: int) -> list[tuple[object, ...]]:
    """The pages, and how often articles changed, after captures were recorded in batches."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, open_writer(Path(folder) / "taz.db") as archive:
        for at in range(0, len(found), batch):
            archive.record(found[at : at + batch])
        pages = "id, kind, number, priority, due_at, discovered_at, checked_at, changed_at, check_count"
        return [
            *rows(
                archive, f"SELECT {pages}, change_count, failure_count, change_score FROM pages ORDER BY id"
            ),
            *rows(archive, "SELECT * FROM change_rates ORDER BY age_hours"),
        ]


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.randoms(use_true_random=False), st.sampled_from([2, 7, 200]))
def test_any_size_of_batch_gives_one_frontier(found: list[Capture], random: Random, batch: int) -> None:
    shuffled = random.sample(found, len(found))
    assert frontier(shuffled, batch) == frontier(shuffled, 1)


def test_a_page_is_rescheduled_by_what_was_known_when_its_capture_came() -> None:
    """The menu is older than the failed fetch of an article that it links to, but comes after it."""
    found = [failure_of(NUMBER, "refused", NOON + 40 * DAY), menu_capture([NUMBER], 0, ROOT)]
    assert frontier(found, 2) == frontier(found, 1)


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
