"""The root of the first captures by number, whatever was added later."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.model import Capture
from archive.store import open_reader, open_writer
from archive.timestamps import stamp
from tests.support.samples.captures import BRIDGE, NOON, absence_of, archive_of, capture_of

AGES = [timedelta(), timedelta(seconds=20), timedelta(minutes=50), timedelta(hours=9), timedelta(days=12)]
CAPTURES = [
    *(capture_of(BRIDGE, at=NOON + age) for age in AGES),
    *(absence_of(700002, NOON + timedelta(days=days, minutes=days % 3)) for days in range(40, 400, 30)),
]


@settings(max_examples=12, deadline=None)
@given(st.permutations(CAPTURES), st.lists(st.integers(1, len(CAPTURES)), min_size=1, max_size=4))
def test_the_root_up_to_a_number_is_that_of_the_archive_at_that_time(
    tmp_path_factory: pytest.TempPathFactory, captures: Sequence[Capture], limits: Sequence[int]
) -> None:
    path = tmp_path_factory.mktemp("roots") / "taz.db"
    then = {}
    for at, capture in enumerate(captures, 1):
        with open_writer(path) as archive:
            archive.record([capture])
        if at in limits:
            with open_reader(path) as archive:
                then[at] = archive.tree.root()
    with open_reader(path) as archive:
        found = archive.witnessed.up_to(limits)
        times = {capture.captured_at for capture in captures[: len(limits)]}
        by_time = {stamp(time): archive.tree.root(time) for time in times}
        found_by_time = archive.witnessed.until(by_time)
    assert {limit: (bytes.fromhex(line.root), line.captures) for limit, line in found.items()} == then
    assert {
        time: (bytes.fromhex(line.root), line.captures) for time, line in found_by_time.items()
    } == by_time


def test_the_newest_root_says_what_it_is_the_root_of(tmp_path: Path) -> None:
    shuffled = Random(1).sample(CAPTURES, len(CAPTURES))
    with open_reader(archive_of(tmp_path / "taz.db", shuffled)) as archive:
        found, stored = archive.witnessed.newest(NOON), archive.tree.last_stored()
        assert found
        assert stored
        assert found.root == stored.digest.hex()
        assert (found.captures, found.last_capture) == (len(CAPTURES), len(CAPTURES))
        assert found.newest == stamp(CAPTURES[-1].captured_at)
        assert found.computed_at == stored.computed_at
        assert archive.witnessed.last_capture() == len(CAPTURES)


def test_an_archive_without_captures_has_no_root_to_publish(tmp_path: Path) -> None:
    with open_reader(archive_of(tmp_path / "taz.db", [])) as archive:
        assert archive.witnessed.newest(NOON) is None
        assert archive.witnessed.last_capture() == 0
        assert archive.witnessed.up_to([3])[3].captures == 0
