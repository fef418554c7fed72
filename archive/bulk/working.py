"""Who does tasks: this process, worker processes of this machine, or a running cluster."""

from collections.abc import Iterator
from contextlib import contextmanager

from archive.bulk.scheduler_address import SchedulerAddress
from archive.bulk.tasks import InThisProcess, Tasks


@contextmanager
def working(workers: int, scheduler: SchedulerAddress | None, *, tasks: int) -> Iterator[Tasks]:
    """Do so many tasks on a running cluster, or else in so many processes; a single one is this process.

    Raise :exc:`ClusterError` if the cluster cannot be used.
    """
    if tasks == 0 or (scheduler is None and workers == 1):
        yield InThisProcess()
        return
    from archive.bulk.cluster import local_cluster, running_cluster  # noqa: PLC0415 - one process needs no Dask
    from archive.bulk.cluster_tasks import ClusterTasks  # noqa: PLC0415 - the same

    with running_cluster(scheduler) if scheduler else local_cluster(min(workers, tasks)) as client:
        cluster = ClusterTasks(client, scheduler.url if scheduler else "workers of this machine")
        cluster.refuse_other_parsers()
        yield cluster
