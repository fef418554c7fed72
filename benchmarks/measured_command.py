"""Run a command and measure its time and memory, those of its worker processes included."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from benchmarks.process_tree import descendants, own_memory, peak_memory

SAMPLE_SECONDS = 0.1  # between two samples of memory
MIB = 2**20


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
    """Run a command line in ``folder``. Raise :exc:`subprocess.CalledProcessError` if it fails."""
    started = perf_counter()
    largest = together = 0
    with subprocess.Popen(line, cwd=folder, stdout=subprocess.DEVNULL) as process:
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            tree = [process.pid, *descendants(process.pid)]
            largest = max(largest, *map(peak_memory, tree))
            together = max(together, sum(map(own_memory, tree)))
            time.sleep(SAMPLE_SECONDS)
        process.returncode = os.waitstatus_to_exitcode(ended[1])
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    usage = ended[2]  # of the process, and of those that it waited for
    return Measured(perf_counter() - started, usage.ru_utime + usage.ru_stime, largest, together)
