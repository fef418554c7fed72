"""What worker processes prepare changes nothing about what is recorded."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from archive.model import Capture
from archive.store import TABLES, open_writer
from archive.worker_processes import Workers
from tests.support.samples.captures import BASE, capture
from tests.support.samples.histories import READINGS, histories
from tests.support.tables import is_sound, rows

CLOCKED = ("_sqlite_migrations", "roots")  # which say when they were made
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)  # which would start workers for minutes
Tables = dict[str, list[tuple[object, ...]]]


def recorded(path: Path, found: Sequence[Capture], batch: int, jobs: int) -> Tables:
    """Every row of the archive after captures were prepared by ``jobs`` processes and recorded in batches."""
    batches = [found[at : at + batch] for at in range(0, len(found), batch)]
    with open_writer(path) as archive:
        for captures, prepared in archive.prepared(batches, Workers(jobs, min_tasks=0)):
            archive.record(captures, prepared=prepared)
    assert is_sound(path)
    return {
        table: sorted(rows(path, f"SELECT * FROM {table}"), key=repr)
        for table in TABLES
        if table not in CLOCKED
    }


@pytest.mark.slow
@settings(max_examples=10, deadline=None, phases=NO_SHRINKING, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.randoms(use_true_random=False), st.sampled_from([1, 7, 200]))
def test_any_number_of_processes_gives_one_archive(found: list[Capture], random: Random, batch: int) -> None:
    shuffled = random.sample([*found, *found[:2]], len(found) + len(found[:2]))
    with tempfile.TemporaryDirectory() as folder:
        one = recorded(Path(folder, "one.db"), shuffled, batch, 1)
        assert recorded(Path(folder, "two.db"), shuffled, batch, 2) == one


@pytest.mark.slow
def test_bytes_that_were_read_before_are_not_prepared(tmp_path: Path) -> None:
    found = [capture(BASE, 1), capture(READINGS[4], 2, 6080001), capture(BASE, 3, None)]
    recorded(tmp_path / "taz.db", found, 7, 1)
    again = [capture(BASE, 5), capture(BASE, 6, 6080001), capture(BASE, 7, None)]
    with open_writer(tmp_path / "taz.db") as archive:
        [(captures, prepared)] = archive.prepared([again], Workers(2, min_tasks=0))
        assert captures == again
        assert [one is None for one in prepared] == [True, False, False]
        archive.record(captures, prepared=prepared)
