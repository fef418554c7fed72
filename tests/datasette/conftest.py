"""A client of the reading room."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.running.time_limit import LONGEST
from tests.support.servers.reading_room import serving


@pytest.fixture(scope="module")
def client(path: Path) -> Iterator[httpx.Client]:
    """Serve the archive that a module's fixture ``path`` names."""
    with serving(path) as home, httpx.Client(base_url=home, timeout=LONGEST) as client:
        yield client
