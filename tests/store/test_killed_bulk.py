"""Imports, merges and reparses of many pages that are killed, all processes or some of them."""

from pathlib import Path

import pytest

from benchmarks.bulk_scenes import Scene, scenes
from benchmarks.killed_bulk import kill
from tests.support.running.crawls import KILLS

pytestmark = pytest.mark.slow

ARTICLES = 200  # with their menus enough for worker processes


@pytest.fixture(scope="module")
def bulk_scenes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scene]:
    return scenes(tmp_path_factory.mktemp("scenes"), ARTICLES)


@pytest.mark.parametrize("command", ["import", "merge", "reparse"])
def test_a_command_killed_at_any_instant_loses_nothing_and_goes_on(
    bulk_scenes: dict[str, Scene], tmp_path: Path, command: str
) -> None:
    tally = kill(bulk_scenes[command], tmp_path / "killed", max(2, KILLS // 2))
    assert tally.faults == []
