"""A cluster whose workers can parse special pages, and captures for it."""

from collections.abc import Iterator, Mapping

import pytest

from tests.support.running.dask_clusters import dask_cluster
from tests.support.running.derive_scenes import Scene, make_scene
from tests.support.running.special_pages import environment_with_special_pages


@pytest.fixture(scope="session")
def special_env(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The environment of programs that can parse special pages."""
    return environment_with_special_pages(tmp_path_factory.mktemp("plugin"))


@pytest.fixture(scope="package")
def cluster(special_env: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a scheduler with two workers."""
    env = {
        **special_env,
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
        "DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD": "forkserver",  # replaces killed workers sooner
        "DASK_DISTRIBUTED__NANNY__PRELOAD": '["tests.support.running.warm_workers"]',
        # An idle cluster observes itself, which takes an eighth of a processor.
        "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
        "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
    }
    with dask_cluster(tmp_path_factory.mktemp("cluster"), env) as url:
        yield url


@pytest.fixture(scope="session")
def scene(special_env: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return make_scene(tmp_path_factory.mktemp("derive"), special_env)
