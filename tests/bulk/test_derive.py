"""``derive``: the same bytes from one process, several, and a cluster, whatever is killed meanwhile."""

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from archive.bulk.captures.dataset import write_facts, write_manifest
from archive.bulk.cluster.connecting import running_cluster
from archive.bulk.cluster.dask_tasks import DaskTasks
from archive.bulk.cluster.scheduler_address import SchedulerAddress, TlsFiles
from archive.bulk.derive.derived_dataset import read_records
from archive.bulk.storage import open_storage
from archive.errors import ClusterError, ClusterUnreachable
from archive.model import Capture
from tests.support.running.crawls import COMMAND, LOOPBACK, Done, Process, run, wait_for
from tests.support.running.dask_clusters import dask_cluster, make_certificates
from tests.support.running.special_pages import deadly, gated
from tests.support.samples.capture_facts import facts_by_part
from tests.support.samples.captures import BASE, MENU, capture, page_of
from tests.support.servers.gopher_faults import free_port
from tests.support.servers.object_stores import BUCKET, rclone_store

pytestmark = pytest.mark.slow

EDITED = replace(BASE, lead="Am Dienstag stand das Wasser bis an die Fenster.")
NUMBERS = range(6080001, 6090001, 2000)  # of articles, each in a part of its own
LAST = NUMBERS[-1]


def story() -> Iterator[Capture]:
    """Captures of which those of the last number are derived last, since they are fewest."""
    yield from (page_of(MENU, hours) for hours in range(4))
    for number in NUMBERS:
        yield capture(BASE, 1, number)
        yield capture(EDITED, 2, number)
        yield from [capture(BASE, 3, number)] if number != LAST else []


def write_captures(folder: Path, *captures: Capture) -> Path:
    """Add captures to a dataset."""
    storage = open_storage(str(folder))
    parts = facts_by_part(captures)
    write_manifest(
        storage, [file for part, facts in parts.items() for file in write_facts(storage, part, facts)]
    )
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


class Scene(NamedTuple):
    """Captures of which one waits at a gate, what follows from them, and how programs can parse them."""

    captures: Path
    gate: Path
    expected: Mapping[str, bytes]
    env: Mapping[str, str]

    def derive(self, out: Path, *words: object, captures: Path | None = None) -> Done:
        return run(self.command(out, *words, captures=captures), env=self.env)

    def command(self, out: Path, *words: object, captures: Path | None = None) -> list[str]:
        return [*COMMAND, "derive", *map(str, (captures or self.captures, out, *words))]

    @contextmanager
    def at_the_gate(self, out: Path, *words: object) -> Iterator[tuple[Process, int]]:
        """Run ``derive`` until all parts but one are derived; yield it, and the process that waits."""
        for file in self.gate.iterdir():
            file.unlink()
        with subprocess.Popen(
            self.command(out, *words), env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as driver:
            try:
                wait_for(lambda: any(self.gate.iterdir()) and self._others_are_done(out), "the last part")
                [waiting] = self.gate.iterdir()
                yield driver, int(waiting.name)
            finally:
                self.open_gate()
                driver.kill()

    def _others_are_done(self, out: Path) -> bool:
        return len(list(out.glob("parts/*.json"))) == len(NUMBERS)  # with the menu's

    def open_gate(self) -> None:
        (self.gate / "open").touch()


@pytest.fixture(scope="module")
def scene(special_env: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("derive")
    gate = folder / "gate"
    gate.mkdir()
    captures = write_captures(folder / "captures", *story(), gated(capture(BASE, 3, LAST), gate))
    scene = Scene(captures, gate, {}, special_env)
    scene.open_gate()
    done = scene.derive(folder / "one", "--workers", 1)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "6 parts derived, 19 captures, 5 articles, 15 versions\n"
    return scene._replace(expected=files_of(folder / "one"))


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
        os.kill(worker, signal.SIGKILL)
        scene.open_gate()
        printed, problems = driver.communicate()
    assert (driver.returncode, problems) == (0, "")
    assert printed == "6 parts derived, 19 captures, 5 articles, 15 versions\n"
    assert files_of(out) == scene.expected
    again = scene.derive(out, "--scheduler", cluster)
    assert (again.returncode, again.stdout) == (0, "nothing to do, 6 parts unchanged\n")
    assert files_of(out) == scene.expected


def test_an_interrupted_run_leaves_no_process_and_is_resumed(scene: Scene, tmp_path: Path) -> None:
    out = tmp_path / "derived"
    for end, problems in ((signal.SIGTERM, ""), (signal.SIGINT, "\nAborted!\n"), (signal.SIGKILL, None)):
        with scene.at_the_gate(out, "--workers", 2) as (driver, worker):
            driver.send_signal(end)
            _, printed = driver.communicate()
            assert driver.returncode != 0
            assert problems in (printed, None)
            wait_for(lambda: not is_running(worker), "the worker to end")
    done = scene.derive(out, "--workers", 1)
    assert done.stdout == "1 part derived, 3 captures, 1 article, 3 versions, 5 parts unchanged\n"
    assert files_of(out) == scene.expected


def test_an_object_store_gets_the_same_files(scene: Scene, tmp_path: Path) -> None:
    shutil.copytree(scene.captures, tmp_path / BUCKET / "captures")
    with rclone_store(tmp_path) as store, store.in_environment() as url:
        keys = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        words = [*COMMAND, "derive", url, f"s3://{BUCKET}/derived", "--workers", "1"]
        done = run(words, env={**scene.env, **keys})
    assert (done.returncode, done.stderr) == (0, "")
    assert files_of(tmp_path / BUCKET / "derived") == scene.expected


# -- Pages that kill their process ------------------------------------------------------------------------


def test_a_page_that_kills_its_process_is_named_and_skipped(
    scene: Scene, cluster: str, tmp_path: Path
) -> None:
    killers = [deadly(capture(EDITED, hours, LAST)) for hours in (4, 5)]
    harmless = [replace(one, body=b"No page", rendition=None) for one in killers]
    captures = write_captures(tmp_path / "captures", *story(), *killers)
    out = tmp_path / "derived"
    done = scene.derive(out, "--scheduler", cluster, captures=captures)
    times = ("2025-04-10T10:00:00.000Z", "2025-04-10T11:00:00.000Z")
    lines = [f"{killers[0].url}, {time}: cannot be parsed: its process was killed" for time in times]
    assert done.stderr == "".join(f"taz-archive: skipped: {line}\n" for line in lines)
    assert done.returncode == 3
    assert done.stdout == "6 parts derived, 20 captures, 5 articles, 14 versions, 2 pages skipped\n"
    skipped = {record.part.first: record.skipped for record in read_records(open_storage(str(out)))}
    assert skipped == {**dict.fromkeys(skipped, ()), LAST - 1: tuple(lines)}
    again = scene.derive(out, "--json", captures=captures)
    assert again.returncode == 3
    assert (json.loads(again.stdout)["unchanged"], json.loads(again.stdout)["skipped"]) == (6, lines)
    others = write_captures(tmp_path / "others", *story(), *harmless)
    scene.derive(tmp_path / "expected", "--workers", 1, captures=others)
    for table in ("articles", "versions", "links", "tags"):
        assert files_of(out / table) == files_of(tmp_path / "expected" / table)


# -- Workers with another parser --------------------------------------------------------------------------


def test_workers_with_another_parser_are_refused_before_the_start(
    scene: Scene, cluster: str, tmp_path: Path
) -> None:
    done = run(scene.command(tmp_path / "derived", "--scheduler", cluster), env={**os.environ})
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("taz-archive: worker tcp://127.0.0.1:")
    assert done.stderr.count("has another parser (sources)") == 2
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "derived").exists()


def test_a_worker_with_another_parser_that_joins_later_does_nothing(cluster: str, tmp_path: Path) -> None:
    folder = tmp_path / "there"
    folder.mkdir()
    with running_cluster(SchedulerAddress(cluster)) as client, pytest.raises(ClusterError) as refused:
        list(DaskTasks(client, cluster).as_done(os.rmdir, [folder]))  # here is no plugin as the workers have
    assert "has another parser (sources)" in str(refused.value)
    assert folder.exists()


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


def connect(url: str, *tls: str, seconds: float = 2) -> None:
    """Connect to a scheduler, with files for TLS."""
    files = TlsFiles(*map(Path, tls)) if tls else None
    with running_cluster(SchedulerAddress(url, files), seconds=seconds):
        pass


def test_a_broken_key_is_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("no key")
    with pytest.raises(ClusterError, match=f"{broken}: not certificates and a key for TLS"):
        connect(f"tls://{LOOPBACK}:1", *[str(broken)] * 3)
