"""Sections and placements of an archive, however the captures of their pages arrive."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.model import Capture
from archive.pagekey import ROOT
from archive.store import Writer, open_writer
from tests.support.running.maintenance import MEMORY
from tests.support.samples.captures import BASE, capture
from tests.support.samples.menus import SECTION, menu_capture
from tests.support.tables import Row, Rows, change, derived_rows, is_sound, rows

A, B, C = 6080001, 6080002, 6080003
TITLES = ("Verkehr", "Verkehr und Wege", "Verkehr und …")


@st.composite
def menus(draw: st.DrawFn) -> list[Capture]:
    """Captures of two menus, some at one instant, some of fewer articles, and of articles that they list."""
    found = []
    for hour in draw(st.lists(st.integers(0, 9), min_size=2, max_size=9)):
        listed = draw(st.permutations([A, B, C]))[: draw(st.integers(1, 3))]
        key = draw(st.sampled_from([SECTION, SECTION, ROOT]))
        title = None if key == ROOT else draw(st.sampled_from(TITLES))
        source = draw(st.sampled_from(["gopher", "gopher", "mirror"]))
        found.append(menu_capture(listed, hour, key, title=title, source=source))
    there = draw(st.sets(st.sampled_from([A, B])))
    return found + [capture(BASE, draw(st.integers(0, 9)), number) for number in there]


def derived(found: list[Capture], batch: int) -> Rows:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, open_writer(Path(folder) / "taz.db") as archive:
        for at in range(0, len(found), batch):
            archive.record(found[at : at + batch])
        assert is_sound(archive)
        return {name: derived_rows(archive)[name] for name in ("sections", "placements")}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(menus(), st.randoms(use_true_random=False), st.integers(1, 5))
@pytest.mark.slow
def test_any_order_of_arrival_gives_one_history(found: list[Capture], random: Random, batch: int) -> None:
    shuffled = random.sample(found, len(found))
    assert derived(shuffled, batch) == derived(sorted(found, key=lambda one: one.captured_at), 1)


def test_many_generated_menus_come_out_of_order_and_have_several_placements() -> None:
    shares: Counter[str] = Counter()

    @settings(
        max_examples=60,
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(menus(), st.randoms(use_true_random=False))
    def count(found: list[Capture], random: Random) -> None:
        shares["all"] += 1
        shuffled = random.sample(found, len(found))
        shares["shuffled"] += shuffled != sorted(found, key=lambda one: one.captured_at)
        shares["moving"] += len({one.body for one in found if one.key == SECTION}) > 1

    count()
    assert shares["shuffled"] > 0.3 * shares["all"], shares
    assert shares["moving"] > 0.3 * shares["all"], shares


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Writer]:
    with open_writer(tmp_path / "taz.db") as archive:
        yield archive


def placements(archive: Writer) -> list[Row]:
    return derived_rows(archive)["placements"]


T0, T1, T2 = "2025-04-10T06:00:00.000Z", "2025-04-10T07:00:00.000Z", "2025-04-10T08:00:00.000Z"


def test_the_front_page_is_section_0(archive: Writer) -> None:
    archive.record([menu_capture([A, B], 0, ROOT)])
    archive.record([menu_capture([A, B], 1)])
    assert derived_rows(archive)["sections"] == [(0, "front page"), (4611, "Verkehr")]
    assert placements(archive) == [
        (0, 1, None, A, T0, T0),
        (0, 2, None, B, T0, T0),
        (4611, 1, None, A, T1, T1),
        (4611, 2, None, B, T1, T1),
    ]


def test_an_unchanged_menu_only_extends_its_placements(archive: Writer) -> None:
    archive.record([menu_capture([A, B], 0)])
    archive.record([menu_capture([A, B], 2)])
    assert placements(archive) == [(4611, 1, None, A, T0, T2), (4611, 2, None, B, T0, T2)]


def test_a_capture_between_others_splits_a_placement(archive: Writer) -> None:
    archive.record([menu_capture([A], 0)])
    archive.record([menu_capture([A], 2)])
    archive.record([menu_capture([B], 1)])
    splits = [(A, T0), (B, T1), (A, T2)]
    assert placements(archive) == [(4611, 1, None, article, at, at) for article, at in splits]


def test_an_article_is_referred_to_as_soon_as_it_is_in_the_archive(archive: Writer) -> None:
    archive.record([menu_capture([A, B], 0)])
    archive.record([capture(BASE, 0, A)])
    archive.record([menu_capture([B, A], 1)])
    assert {(number, article) for _, _, article, number, *_ in placements(archive)} == {(A, A), (B, None)}


def test_topics_and_unreadable_pages_are_not_sections(archive: Writer) -> None:
    archive.record([menu_capture([A], 0, body=b"3Not found\t\tx\t70\r\n.\r\n")])
    archive.record([replace(menu_capture([A], 0), key=None, source="import", url="menu.txt")])
    assert (derived_rows(archive)["sections"], placements(archive)) == ([], [])


def test_damage_in_an_earlier_capture_stops_no_later_one(archive: Writer) -> None:
    archive.record([menu_capture([A], 0), menu_capture([B], 2)])
    change(archive, "UPDATE payloads SET body = zeroblob(9)")
    archive.record([menu_capture([C], 1)])
    assert rows(archive, "SELECT count(*) FROM captures") == [(3,)]
