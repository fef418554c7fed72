"""Dask clusters: processes of this machine, or a running scheduler with workers on any machines."""

import logging
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import resource_tracker

import dask
from distributed import Client, LocalCluster, Security

from archive.bulk.cluster_tasks import ClusterTasks
from archive.bulk.scheduler_address import SchedulerAddress, TlsFiles
from archive.errors import ClusterError, ClusterUnreachable
from archive.worker_processes import interrupts_blocked

SECONDS_TO_CONNECT = 10
MEMORY_PER_WORKER = 2**30  # bytes; more kills the process

# Workers return little, so there is nothing to write to disk when memory is short, and nothing to wait for.
_SETTINGS: Mapping[str, object] = {
    "distributed.scheduler.allowed-failures": 1,  # a page that kills its process is found soon
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.large-graph-warning-threshold": "1GB",
}
_LOGGERS = (
    "distributed",
    "distributed.client",
    "distributed.gc",
    "tornado",
    "tornado.application",
    "asyncio",
)


@contextmanager
def local_cluster(workers: int) -> Iterator[Client]:
    """Start worker processes, which end with the block or with this process."""
    _silence()
    resource_tracker.ensure_running()  # it unblocks signals
    with dask.config.set(_SETTINGS):
        with interrupts_blocked():
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address=None,
                memory_limit=MEMORY_PER_WORKER,
                security=Security.temporary(),  # other users of this machine cannot connect
                local_directory=tempfile.gettempdir(),
                silence_logs=logging.CRITICAL,
            )
        with cluster, Client(cluster, set_as_default=False) as client:
            yield client


@contextmanager
def running_cluster(address: SchedulerAddress, *, seconds: float = SECONDS_TO_CONNECT) -> Iterator[Client]:
    """Connect to a running scheduler. Raise :exc:`ClusterUnreachable` if that takes longer."""
    _silence()
    security = _security(address.tls) if address.tls else None
    with dask.config.set(_SETTINGS):
        try:
            client = Client(address.url, security=security, timeout=seconds, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ClusterUnreachable(f"{address.url}: {_reason(error)}") from error
        with client:
            yield client


@contextmanager
def local_tasks(workers: int) -> Iterator[ClusterTasks]:
    """Do tasks in worker processes of this machine."""
    with local_cluster(workers) as client:
        yield ClusterTasks(client, "workers of this machine")


@contextmanager
def running_tasks(address: SchedulerAddress) -> Iterator[ClusterTasks]:
    """Do tasks on a running cluster. Raise :exc:`ClusterError` if it cannot be used."""
    with running_cluster(address) as client:
        tasks = ClusterTasks(client, address.url)
        tasks.refuse_other_parsers()
        yield tasks


def _security(tls: TlsFiles) -> Security:
    """Return settings for TLS. Raise :exc:`ClusterError` if a file is not what it should be."""
    security = Security(
        tls_ca_file=str(tls.ca),
        tls_client_cert=str(tls.cert),
        tls_client_key=str(tls.key),
        require_encryption=True,
    )
    try:
        security.get_connection_args("client")
    except OSError as error:
        files = ", ".join(map(str, tls))
        raise ClusterError(
            f"{files}: not certificates and a key for TLS: {error.strerror or error}"
        ) from error
    return security


def _reason(error: BaseException) -> str:
    """Return why a scheduler cannot be reached, in one line."""
    cause = error.__cause__
    text = " ".join(str(error).split())
    return text if cause is None or str(cause) in text else f"{text} ({' '.join(str(cause).split())})"


def _silence() -> None:
    """Print none of Dask's messages: errors reach this program, and workers that die are replaced."""
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", module=r"distributed\..*")
