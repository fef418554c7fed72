"""Preloaded by the process that starts workers of Dask: what each worker would import is imported once."""

from distributed.utils import get_mp_context

WARM = "tests.support.running.warm_worker"

get_mp_context().set_forkserver_preload([WARM])
