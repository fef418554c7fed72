"""Work in other processes is done in order, also if workers are killed."""

import multiprocessing
import os
import re
import signal
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from archive.errors import WorkerError
from archive.worker_processes import Work, Workers, work_ahead, work_meanwhile
from archive.worker_serving import WorkerFailure
from benchmarks.process_tree import PROC, fork_servers_of

TWO = Workers(jobs=2, min_tasks=0)
DEADLY, GREEDY, FRAIL = -1, -2, -3
marker: list[Path] = []


def begin(path: Path) -> None:
    marker.append(path)


def double(number: int) -> int | str:
    if number == DEADLY:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == GREEDY:
        raise MemoryError
    if number == FRAIL and not marker[0].exists():  # as when another process took the memory
        marker[0].touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number


def in_this_process(number: int) -> str:
    return f"here {number}"


def work(tmp_path: Path) -> Work[int, object]:
    return Work(here=in_this_process, there=double, begin=begin, arguments=(tmp_path / "marker",))


def results(tmp_path: Path, numbers: list[int], workers: Workers = TWO) -> list[object]:
    batches = [numbers[at : at + 3] for at in range(0, len(numbers), 3)]
    worked = list(work_ahead(work(tmp_path), batches, workers))
    assert [batch for batch, _ in worked] == batches
    return [result for _, found in worked for result in found]


def test_results_come_in_the_order_of_their_batches(tmp_path: Path) -> None:
    assert results(tmp_path, list(range(100))) == [2 * number for number in range(100)]


def test_few_tasks_are_worked_on_here_since_it_would_not_pay_to_start_workers(tmp_path: Path) -> None:
    assert results(tmp_path, [1, 2, 3, 4, 5, 6, 7], Workers(jobs=2, min_tasks=4)) == [
        *("here 1", "here 2", "here 3", "here 4", "here 5", "here 6"),
        14,
    ]
    assert results(tmp_path, [1, 2], Workers(jobs=1, min_tasks=0)) == ["here 1", "here 2"]
    assert not multiprocessing.active_children()


def test_a_task_that_kills_its_process_costs_no_other_task(tmp_path: Path) -> None:
    found = results(tmp_path, [*range(20), DEADLY, *range(20, 50), DEADLY, *range(50, 60)])
    killed = WorkerFailure("its process was killed twice")
    assert found == [
        *[2 * number for number in range(20)],
        killed,
        *[2 * number for number in range(20, 50)],
        killed,
        *[2 * number for number in range(50, 60)],
    ]


def test_a_task_whose_process_is_killed_once_is_worked_on_again(tmp_path: Path) -> None:
    assert results(tmp_path, [1, FRAIL, 2]) == [2, 2 * FRAIL, 4]


def test_a_task_that_needs_too_much_memory_fails_by_itself(tmp_path: Path) -> None:
    assert results(tmp_path, [1, GREEDY, 2]) == [2, WorkerFailure("its process ran out of memory"), 4]


def test_workers_killed_from_outside_are_replaced(tmp_path: Path) -> None:
    worked = work_ahead(work(tmp_path), ([number] for number in range(200)), TWO)
    found: list[object] = []
    for number, (_, result) in enumerate(worked):
        found += result
        if number in (20, 100):
            _kill_all(multiprocessing.active_children())
    assert found == [2 * number for number in range(200)]


@pytest.mark.skipif(not PROC.exists(), reason="needs Linux's /proc")
def test_a_killed_fork_server_is_replaced(tmp_path: Path) -> None:
    worked = work_ahead(work(tmp_path), ([number] for number in range(200)), TWO)
    found: list[object] = []
    for number, (_, result) in enumerate(worked):
        found += result
        if number in (0, 20, 100):
            for server in fork_servers_of(os.getpid()):
                os.kill(server, signal.SIGKILL)
            _kill_all(multiprocessing.active_children()[: number // 20])
    assert found == [2 * number for number in range(200)]


def blocked(process: int) -> bool:
    """Whether a process never gets interrupts."""
    found = re.search(r"^SigBlk:\s*(\w+)$", (PROC / str(process) / "status").read_text(), re.MULTILINE)
    return bool(found and int(found[1], 16) >> (signal.SIGINT - 1) & 1)


@pytest.mark.skipif(not PROC.exists(), reason="needs Linux's /proc")
def test_an_interrupt_reaches_no_process_but_this_one_however_early(tmp_path: Path) -> None:
    assert results(tmp_path, [1]) == [2]
    servers = fork_servers_of(os.getpid())
    assert servers
    assert all(map(blocked, servers))
    assert not blocked(os.getpid())


def test_workers_that_always_end_at_once_are_an_error(tmp_path: Path) -> None:
    ending = replace(work(tmp_path), begin=os._exit, arguments=(1,))
    with pytest.raises(WorkerError, match="try --jobs 1"):
        list(work_ahead(ending, [[1]], TWO))


def test_what_begin_raises_is_raised(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(
            work_ahead(replace(work(tmp_path), begin=Path.unlink, arguments=(Path("/missing"),)), [[1]], TWO)
        )


class Picky(Exception):
    """An error that cannot be unpickled."""

    def __init__(self, *, what: str) -> None:
        super().__init__(what)


def refuse(number: int) -> int:
    raise Picky(what=f"{number} is odd")


def test_an_error_that_cannot_be_pickled_is_raised_as_text(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="1 is odd"):
        list(work_ahead(replace(work(tmp_path), there=refuse), [[1]], TWO))


def test_large_batches_and_results_are_sent_while_the_other_side_is_busy() -> None:
    large: Work[bytes, bytes | WorkerFailure] = Work(here=twice, there=twice)
    worked = list(work_ahead(large, [[bytes(2**20)] for _ in range(20)], TWO))
    assert worked == [([bytes(2**20)], [bytes(2**21)])] * 20


def twice(body: bytes) -> bytes:
    return body + body


def _kill_all(workers: list[BaseProcess]) -> None:
    for process in workers:
        process.kill()


def test_what_a_task_raises_is_raised(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        results(tmp_path, [1, None, 2])  # type: ignore[list-item]
    assert not multiprocessing.active_children()


def test_a_task_is_done_meanwhile(tmp_path: Path) -> None:
    with work_meanwhile(work(tmp_path), 21) as result:
        assert multiprocessing.active_children()
        assert result() == 42
    assert not multiprocessing.active_children()


def test_what_prevents_a_task_that_is_done_meanwhile_is_raised(tmp_path: Path) -> None:
    prevented = {DEADLY: "was killed", GREEDY: "out of memory"}
    for number, problem in prevented.items():
        with work_meanwhile(work(tmp_path), number) as result, pytest.raises(WorkerError, match=problem):
            result()
    unable = replace(work(tmp_path), begin=Path.unlink, arguments=(Path("/missing"),))
    with work_meanwhile(unable, 1) as result, pytest.raises(FileNotFoundError):
        result()
