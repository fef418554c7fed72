"""An archive to write to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.store import Writer, open_writer


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Writer]:
    with open_writer(tmp_path / "taz.db") as opened:
        yield opened
