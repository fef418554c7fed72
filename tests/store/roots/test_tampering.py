"""No random change of an archive is missed; benchmarks/tampering.py makes a thousand."""

import pytest

from benchmarks.tampering import CHANGES, SAME_BYTES, tampered


@pytest.mark.slow
def test_no_random_change_is_missed() -> None:
    made = list(tampered(60, seed=3))
    assert {name for name, _, _ in made} - {SAME_BYTES} == set(CHANGES)
    assert [change for change in made if not (change[1] and change[2])] == []
