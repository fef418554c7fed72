"""A command that runs in several processes: which they are, and their memory. Reads Linux's /proc."""

from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
FORK_SERVER = b"multiprocessing.forkserver"  # in the command line of the process that workers are forked from
_ENDED = (FileNotFoundError, ProcessLookupError, PermissionError)


def children_of(process: int) -> list[int]:
    """Return the ids of the processes that a process started."""
    found: list[int] = []
    with suppress(*_ENDED):
        for thread in (PROC / str(process) / "task").iterdir():
            with suppress(*_ENDED):
                found += map(int, (thread / "children").read_text().split())
    return found


def descendants(process: int) -> list[int]:
    """Return the ids of the processes that a process started, and of those that they started."""
    return [one for child in children_of(process) for one in (child, *descendants(child))]


def workers_of(process: int) -> list[int]:
    """Return the ids of a process's descendants that do a part of its work."""
    return [
        worker for server in fork_servers_of(process) for worker in children_of(server) if is_running(worker)
    ]


def fork_servers_of(process: int) -> list[int]:
    """Return the ids of a process's child processes from which its workers are forked."""
    return [child for child in children_of(process) if FORK_SERVER in _command_line(child)]


def is_running(process: int) -> bool:
    """Return whether a process has not ended. A zombie has."""
    try:
        return (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except _ENDED:
        return False


def peak_memory(process: int) -> int:
    """Return the most memory in bytes that a process has had since its program started; 0 if it has ended."""
    return _kibibytes(process, "status", "VmHWM:")


def own_memory(process: int) -> int:
    """Return the memory of a process in bytes, where pages shared by several processes count in part."""
    return _kibibytes(process, "smaps_rollup", "Pss:")


def _kibibytes(process: int, file: str, name: str) -> int:
    try:
        lines = (PROC / str(process) / file).read_text().splitlines()
    except _ENDED:
        return 0
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith(name))


def _command_line(process: int) -> bytes:
    try:
        return (PROC / str(process) / "cmdline").read_bytes()
    except _ENDED:
        return b""
