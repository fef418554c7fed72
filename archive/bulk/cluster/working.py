"""Who does tasks: this process, worker processes of this machine, or a running cluster."""

from collections.abc import Iterator
from contextlib import contextmanager

from archive.bulk.cluster.scheduler_address import SchedulerAddress
from archive.bulk.cluster.tasks import InThisProcess, Tasks
from archive.store import Elsewhere


@contextmanager
def working(workers: int, scheduler: SchedulerAddress | None, *, tasks: int) -> Iterator[Tasks]:
    """Do so many tasks on a running cluster, or else in so many processes; a single one is this process.

    Raise :exc:`ClusterError` if the cluster cannot be used.
    """
    if tasks == 0 or (scheduler is None and workers == 1):
        yield InThisProcess()
        return
    from archive.bulk.cluster.connecting import local_tasks, running_tasks  # noqa: PLC0415 - one process needs no Dask

    with running_tasks(scheduler) if scheduler else local_tasks(min(workers, tasks)) as cluster:
        yield cluster


@contextmanager
def batches_on_cluster(scheduler: SchedulerAddress) -> Iterator[Elsewhere]:
    """Do batches of tasks on a running cluster. Raise :exc:`ClusterError` if it cannot be used."""
    from archive.bulk.cluster.batches import ClusterBatches  # noqa: PLC0415 - the same
    from archive.bulk.cluster.connecting import running_tasks  # noqa: PLC0415 - most commands need no Dask

    with running_tasks(scheduler) as cluster:
        yield ClusterBatches(cluster)
