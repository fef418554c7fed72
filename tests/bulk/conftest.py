"""A cluster whose workers can parse special pages."""

from collections.abc import Iterator, Mapping

import pytest

from tests.support.running.dask_clusters import dask_cluster
from tests.support.running.special_pages import environment_with_special_pages


@pytest.fixture(scope="session")
def special_env(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The environment of programs that can parse special pages."""
    return environment_with_special_pages(tmp_path_factory.mktemp("plugin"))


@pytest.fixture(scope="session")
def cluster(special_env: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a scheduler with two workers."""
    env = {**special_env, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    with dask_cluster(tmp_path_factory.mktemp("cluster"), env) as url:
        yield url
