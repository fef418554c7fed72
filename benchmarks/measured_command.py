"""Run a command and measure its time and memory, those of its worker processes included."""

import ctypes
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from benchmarks.process_tree import children_of, descendants, own_memory, peak_memory

SAMPLE_SECONDS = 0.1  # between two samples of memory
MIB = 2**20
PR_SET_CHILD_SUBREAPER = 36  # of Linux's prctl()


class Measured(NamedTuple):
    """Seconds by the clock, CPU seconds of all processes, and bytes of memory.

    ``largest`` is the peak of the process that needed most; ``together`` is that of all at the same time,
    where memory that they share counts once. Both are sampled.
    """

    seconds: float
    busy: float
    largest: int
    together: int

    @property
    def note(self) -> str:
        return (
            f"{self.busy:.1f} CPU seconds, took {self.seconds:.1f} s,"
            f" {self.largest / MIB:.0f} MiB, all processes {self.together / MIB:.0f} MiB"
        )


def run_measured(words: Sequence[str | Path], *, checkout: Path | None = None) -> Measured:
    """Run ``taz-archive`` with these arguments, of this checkout or of another that has an environment."""
    python = checkout / ".venv/bin/python" if checkout else sys.executable
    return measured([python, "-m", "archive", *words], folder=checkout)


def measured(line: Sequence[str | Path], *, folder: Path | None = None) -> Measured:
    """Run a command line in ``folder``. Raise :exc:`subprocess.CalledProcessError` if it fails.

    This process must have no other children.
    """
    _adopt_orphans()
    started = perf_counter()
    largest = together = 0
    with subprocess.Popen(line, cwd=folder, stdout=subprocess.DEVNULL) as process:
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            tree = [process.pid, *descendants(process.pid)]
            largest = max(largest, *map(peak_memory, tree))
            together = max(together, sum(map(own_memory, tree)))
            time.sleep(SAMPLE_SECONDS)
        seconds = perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(ended[1])
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    busy = _busy(ended[2]) + sum(_busy(os.wait4(orphan, 0)[2]) for orphan in children_of(os.getpid()))
    return Measured(seconds, busy, largest, together)


def _adopt_orphans() -> None:
    """Have this process wait for others whose parent ends first, as that of worker processes does."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _busy(usage: resource.struct_rusage) -> float:
    """Return the CPU seconds of a process, and of those that it waited for."""
    return usage.ru_utime + usage.ru_stime
