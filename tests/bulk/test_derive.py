"""``derive``: the same bytes from one process, several, and a cluster, whatever is killed meanwhile."""

import os
import shutil
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from archive.bulk.cluster.connecting import running_cluster
from archive.bulk.cluster.scheduler_address import SchedulerAddress
from archive.bulk.cluster.tasks import InThisProcess, Result
from archive.bulk.derive.derive_plan import plan_derive
from archive.bulk.derive.derive_run import DeriveRun
from archive.bulk.storage import open_storage
from archive.errors import DatasetError
from tests.support.running.crawls import COMMAND, run, wait_for
from tests.support.running.derive_scenes import NUMBERS, Scene, files_of, write_captures
from tests.support.samples.captures import BASE, capture
from tests.support.servers.object_stores import BUCKET, rclone_store

pytestmark = pytest.mark.slow


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_cluster_derives_the_same_though_a_worker_is_killed(
    scene: Scene, cluster: str, tmp_path: Path
) -> None:
    out = tmp_path / "derived"
    with scene.at_the_gate(out, "--scheduler", cluster) as (driver, worker):
        await_release(cluster)
        others = times_of(out)
        os.kill(worker, signal.SIGKILL)
        scene.open_gate()
        printed, problems = driver.communicate()
    assert others.items() <= times_of(out).items()  # no other part was derived again
    assert (driver.returncode, problems) == (0, "")
    assert printed == "6 parts derived, 19 captures, 5 articles, 15 versions\n"
    assert files_of(out) == scene.expected
    again = scene.derive(out, "--scheduler", cluster)
    assert (again.returncode, again.stdout) == (0, "nothing to do, 6 parts unchanged\n")
    assert files_of(out) == scene.expected


def await_release(cluster: str) -> None:
    """Wait until a cluster keeps no results, which it would make again if their worker is killed."""
    with running_cluster(SchedulerAddress(cluster)) as client:
        wait_for(lambda: not any(client.has_what().values()), "results to be released")


def times_of(out: Path) -> dict[Path, int]:
    return {file: file.stat().st_mtime_ns for file in out.rglob("*.parquet")}


def test_an_interrupted_run_leaves_no_process_and_is_resumed(scene: Scene, tmp_path: Path) -> None:
    out = scene.unfinished(tmp_path / "derived")
    for end, problems in ((signal.SIGTERM, ""), (signal.SIGKILL, None)):
        with scene.at_the_gate(out, "--workers", 2) as (driver, worker):
            driver.send_signal(end)
            _, printed = driver.communicate()
            assert driver.returncode != 0
            assert problems in (printed, None)
            wait_for(lambda: not is_running(worker), "the worker to end")
    done = scene.derive(out, "--workers", 1)
    assert done.stdout == "1 part derived, 3 captures, 1 article, 3 versions, 5 parts unchanged\n"
    assert files_of(out) == scene.expected


def test_an_interrupt_by_the_user_is_one_line(scene: Scene, cluster: str, tmp_path: Path) -> None:
    out = scene.unfinished(tmp_path / "derived")
    with scene.at_the_gate(out, "--scheduler", cluster) as (driver, _):
        driver.send_signal(signal.SIGINT)
        _, problems = driver.communicate()
    assert (driver.returncode, problems) == (1, "\nAborted!\n")


def test_an_object_store_gets_the_same_files(scene: Scene, tmp_path: Path) -> None:
    shutil.copytree(scene.captures, tmp_path / BUCKET / "captures")
    with rclone_store(tmp_path) as store, store.in_environment() as url:
        keys = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        words = [*COMMAND, "derive", url, f"s3://{BUCKET}/derived", "--workers", "1"]
        done = run(words, env={**scene.env, **keys})
    assert (done.returncode, done.stderr) == (0, "")
    assert files_of(tmp_path / BUCKET / "derived") == scene.expected


class Namesakes(InThisProcess):
    """Machines of one name, of which the second one has another folder where the dataset should be."""

    def __init__(self, elsewhere: Path) -> None:
        self._elsewhere = elsewhere

    def as_done(self, work: Callable[[Any], Result], tasks: Iterable[Any], /) -> Iterator[tuple[Any, Result]]:
        first, second = tasks
        yield first, in_another_process(work, first)
        yield second, in_another_process(work, second._replace(out=str(self._elsewhere)))


def in_another_process(work: Callable[[Any], Result], task: Any) -> Result:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(work, task).result()


def test_a_machine_without_the_folder_is_refused_though_another_has_its_name(tmp_path: Path) -> None:
    captures = write_captures(tmp_path / "captures", *(capture(BASE, 1, number) for number in NUMBERS[:2]))
    plan = plan_derive(open_storage(str(captures)), open_storage(str(tmp_path / "derived")))
    with pytest.raises(DatasetError, match="this machine finds nothing that"):
        DeriveRun(plan, Namesakes(tmp_path / "elsewhere"), lambda _: None).result()
