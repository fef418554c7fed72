"""Connections to a cluster: who is let in, and what happens when the scheduler or a worker is another one."""

import gc
import os
import signal
import socket
import weakref
from collections import UserList
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import dask
import pytest

from archive.bulk.cluster.batches import ClusterBatches
from archive.bulk.cluster.connecting import local_tasks, running_cluster, running_tasks
from archive.bulk.cluster.dask_tasks import DaskTasks
from archive.bulk.cluster.scheduler_address import SchedulerAddress, TlsFiles
from archive.bulk.derive.derive_run import derive_dataset
from archive.errors import ClusterError, ClusterUnreachable
from tests.support.running.crawls import LOOPBACK, run
from tests.support.running.dask_clusters import dask_cluster, make_certificates
from tests.support.running.derive_scenes import NUMBERS, Scene, files_of, write_captures
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BASE, capture
from tests.support.servers.free_ports import free_port

pytestmark = pytest.mark.slow


def test_workers_with_another_parser_are_refused_before_the_start(
    scene: Scene, cluster: str, tmp_path: Path
) -> None:
    done = run(scene.command(tmp_path / "derived", "--scheduler", cluster), env={**os.environ})
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("taz-archive: worker tcp://127.0.0.1:")
    assert done.stderr.count("has another parser (sources)") >= 1  # the other may join later
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "derived").exists()


def test_a_worker_with_another_parser_that_joins_later_does_nothing(cluster: str, tmp_path: Path) -> None:
    folder = tmp_path / "there"
    folder.mkdir()
    with running_cluster(SchedulerAddress(cluster)) as client, pytest.raises(ClusterError) as refused:
        list(DaskTasks(client, cluster).as_done(os.rmdir, [folder]))  # here is no plugin as the workers have
    assert "has another parser (sources)" in str(refused.value)
    assert folder.exists()


# -- A scheduler that ends --------------------------------------------------------------------------------


def test_a_scheduler_that_ends_between_two_results_is_one_line(tmp_path: Path) -> None:
    captures = write_captures(tmp_path / "captures", *(capture(BASE, 1, number) for number in NUMBERS))
    with dask_cluster(tmp_path, os.environ, workers=1) as url:
        address = SchedulerAddress(url)
        with running_cluster(address) as client:
            scheduler = client.run_on_scheduler(os.getpid)

        @contextmanager
        def killing(_: int) -> Iterator[Callable[[int], object]]:
            yield lambda _: os.kill(scheduler, signal.SIGKILL)

        with running_tasks(address) as tasks:
            batches = ClusterBatches(tasks)(abs, ([-number] for number in range(9)))
            assert next(batches) == ([0], [0])
            with pytest.raises(ClusterUnreachable, match=f"^{url}: the scheduler has ended; start it and"):
                derive_dataset(
                    str(captures), str(tmp_path / "derived"), workers=1, scheduler=address, watching=killing
                )
            with (
                dask.config.set({"distributed.comm.timeouts.connect": "100ms"}),
                pytest.raises(ClusterUnreachable, match=f"^{url}: the scheduler has ended; start it and"),
            ):
                list(batches)


def test_batches_that_are_sent_ahead_are_kept_compressed_only() -> None:
    sent = list["weakref.ref[object]"]()

    def batches() -> Iterator[Sequence[int]]:
        for number in range(5):
            batch = UserList([number])
            sent.append(weakref.ref(batch))
            yield batch
            del batch

    with local_tasks(1) as tasks:
        done = ClusterBatches(tasks)(abs, batches())
        assert [list(part) for part in next(done)] == [[0], [0]]
        gc.collect()
        assert [one() for one in sent[:-1]] == [None, None]
        assert [results for _, results in done] == [[1], [2], [3], [4]]


# -- Connections ------------------------------------------------------------------------------------------


def test_a_cluster_with_tls_is_used_only_with_its_certificates(scene: Scene, tmp_path: Path) -> None:
    ours, others = (make_certificates(tmp_path, name) for name in ("ours", "others"))
    with dask_cluster(tmp_path, scene.env, workers=1, tls=ours) as url:
        done = scene.derive(tmp_path / "derived", "--scheduler", url, *as_our_options(ours))
        assert (done.returncode, done.stderr) == (0, "")
        assert files_of(tmp_path / "derived") == scene.expected
        with pytest.raises(
            ClusterUnreachable, match=f"^{url}: its certificate is not signed by --tls-ca: self-signed"
        ):
            connect(url, *others[1::2])
        with pytest.raises(ClusterUnreachable, match=f"^{url}: the scheduler closes the connection; check"):
            connect(url, ours[1], *others[3::2])
        with pytest.raises(ClusterUnreachable, match="the scheduler closes the connection; check"):
            connect(url.replace("tls://", "tcp://"))


def as_our_options(dask: Sequence[str]) -> list[str]:
    return [word.replace("--tls-ca-file", "--tls-ca") for word in dask]


def test_a_scheduler_that_cannot_be_reached_is_one_line() -> None:
    with pytest.raises(ClusterUnreachable, match=r"tcp://.*: Connection refused$"):
        connect(f"tcp://{LOOPBACK}:{free_port()}")
    with socket.socket() as silent:
        silent.bind((LOOPBACK, 0))
        silent.listen()
        with pytest.raises(ClusterUnreachable, match=r"tcp://.*: no answer$"):
            connect(f"tcp://{LOOPBACK}:{silent.getsockname()[1]}", seconds=1)


def connect(url: str, *tls: str, seconds: float = LONGEST) -> None:
    """Connect to a scheduler, with files for TLS."""
    files = TlsFiles(*map(Path, tls)) if tls else None
    with running_cluster(SchedulerAddress(url, files), seconds=seconds):
        pass


def test_a_broken_key_is_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("no key")
    with pytest.raises(ClusterError, match=f"{broken}: not certificates and a key for TLS"):
        connect(f"tls://{LOOPBACK}:1", *[str(broken)] * 3)
