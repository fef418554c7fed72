"""The capture that kills its process is found among any number."""

from hypothesis import given
from hypothesis import strategies as st

from archive.bulk.derive.deadly_capture import deadly_place


@given(st.integers(1, 300), st.data())
def test_one_of_those_that_kill_is_found(count: int, data: st.DataObject) -> None:
    killers = data.draw(st.sets(st.integers(0, count - 1), min_size=1))
    found = deadly_place(lambda first, end: any(first <= one < end for one in killers), count)
    assert found in killers


@given(st.integers(0, 300))
def test_nothing_is_found_if_only_many_together_kill(count: int) -> None:
    assert deadly_place(lambda first, end: end - first > 1, count) is None
