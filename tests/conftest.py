"""For all tests: in CI nothing may be skipped, and what starts processes, servers or browsers is slow."""

import gc
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import find, settings
from hypothesis.strategies import none

pytest_plugins = ["tests.support.running.no_skips"]
if sys.version_info >= (3, 13):  # where an unclosed SQLite connection is a warning
    pytest_plugins.append("tests.support.servers.datasette_connections")

if os.environ.get("WITHOUT_SEED_PAGE"):  # a CI that does not have the page may leave out its tests
    collect_ignore = ["renditions/test_seed_page.py"]

settings.register_profile("busy machine", deadline=None)  # no test depends on how busy the machine is
settings.load_profile("busy machine")

# Modules that start processes, servers or browsers.
STARTERS = frozenset(
    {
        "subprocess",
        "tests.support.running.crawls",
        "tests.support.running.crawls_of_sources",
        "tests.support.running.shared_crawls",
        "tests.support.running.shared_frontiers",
        "tests.support.servers.cron_daemon",
        "tests.support.servers.gemini_faults",
        "tests.support.servers.gopher_faults",
        "tests.support.servers.logged_servers",
        "tests.support.servers.object_stores",
        "tests.support.servers.other_servers",
        "tests.support.servers.postgres",
        "tests.support.servers.reading_room",
    }
)


def pytest_xdist_auto_num_workers() -> int:
    """Run two tests for each processor, as half of the time a test waits for servers."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what `verify` remembers out of the user's cache, which stays that of installers."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("pip", "uv"):
            variable = f"{name.upper()}_CACHE_DIR"
            patch.setenv(variable, os.environ.get(variable) or str(cache / name))
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module", autouse=True)
def unclosed_connections_are_seen() -> Iterator[None]:
    """Have Python 3.13 warn of an unclosed SQLite connection in the module that left it, not later."""
    yield
    if sys.version_info >= (3, 13):
        gc.collect()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow the tests of each module that uses one of :data:`STARTERS`; the rest takes a minute."""
    for item in items:
        if isinstance(item, pytest.Function) and _uses(item.module) & STARTERS:
            item.add_marker(pytest.mark.slow)


def pytest_collection_finish() -> None:
    """Leave what was imported out of later garbage collections, which each took a third of a second.

    Hypothesis asks the collector about generators of random numbers when it first runs an example.
    """
    find(none(), lambda _: True, settings=settings(database=None))
    gc.collect()
    gc.freeze()


@cache
def _uses(module: ModuleType) -> frozenset[str]:
    """Return the modules that the names of a module come from."""
    values = vars(module).values()
    return frozenset(
        str(getattr(value, "__module__", None) or getattr(value, "__name__", "")) for value in values
    )
