"""Dask clusters: processes of this machine, or a running scheduler with workers on any machines."""

import asyncio
import logging
import socket
import ssl
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import resource_tracker
from urllib.parse import urlsplit

import dask
from distributed import Client, LocalCluster, Security
from distributed.comm import CommClosedError, connect

from archive.bulk.cluster.dask_tasks import DaskTasks
from archive.bulk.cluster.scheduler_address import SchedulerAddress, TlsFiles
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
    "distributed.worker.multiprocessing-method": "forkserver",  # imports once what each process needs
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
    security = _security(address.tls) if address.tls else Security()
    with dask.config.set(_SETTINGS):
        try:
            _reach(address.url, seconds)
            asyncio.run(asyncio.wait_for(_greet(address.url, security), seconds))
            client = Client(address.url, security=security, timeout=seconds, set_as_default=False)
        except OSError as error:
            raise ClusterUnreachable(f"{address.url}: {_reason(error)}") from error
        with client:
            yield client


def _reach(url: str, seconds: float) -> None:
    """Raise :exc:`OSError` if no server listens at an address; Dask would not say why it cannot connect."""
    parts = urlsplit(url)
    socket.create_connection((parts.hostname or "", parts.port or 0), timeout=seconds).close()


async def _greet(url: str, security: Security) -> None:
    """Connect to a scheduler and exchange greetings, for which a client of Dask would wait for ever."""
    comm = await connect(url, **security.get_connection_args("client"))
    await comm.close()


@contextmanager
def local_tasks(workers: int) -> Iterator[DaskTasks]:
    """Do tasks in worker processes of this machine."""
    with local_cluster(workers) as client:
        yield DaskTasks(client, "workers of this machine")


@contextmanager
def running_tasks(address: SchedulerAddress) -> Iterator[DaskTasks]:
    """Do tasks on a running cluster. Raise :exc:`ClusterError` if it cannot be used."""
    with running_cluster(address) as client:
        tasks = DaskTasks(client, address.url)
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


def _reason(error: OSError) -> str:
    """Return why a scheduler cannot be reached, in one line."""
    if isinstance(error.__cause__, ssl.SSLCertVerificationError):
        return f"its certificate is not signed by --tls-ca: {error.__cause__.verify_message}"
    if isinstance(error, CommClosedError):
        return "the scheduler closes the connection; check whether it has TLS, and the certificates"
    return error.strerror or "no answer"


def _silence() -> None:
    """Print none of Dask's messages: errors reach this program, and workers that die are replaced."""
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", module=r"distributed\..*")
