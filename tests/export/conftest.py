"""The archive that most tests of exports read."""

from pathlib import Path

import pytest

from tests.support.samples.exported_archive import make_archive


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that no test changes."""
    return make_archive(tmp_path_factory.mktemp("exported") / "taz.db")
