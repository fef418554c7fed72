"""Run commands in processes of their own and measure their memory."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.running.time_limit import LONGEST

MOST_MEMORY = 300_000  # kB
DONE, FAILED, PROBLEMS, DAMAGED = 0, 1, 3, 5


class Ended(NamedTuple):
    """How a process of the program ended: its exit code, peak memory in kB, and output."""

    code: int
    memory: int
    output: str


# A small process in between: Linux reports no less memory than that of the process that starts another.
MEASURE = """
import os, subprocess, sys
with open(sys.argv[1], "wb") as output:
    words = [sys.executable, "-m", "archive", *sys.argv[2:]]
    process = subprocess.Popen(words, stdout=output, stderr=subprocess.STDOUT)
    _, status, usage = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
"""


def run(folder: Path, *words: object) -> Ended:
    """Run a command in a process of its own. Fail if it does not end."""
    output = folder / "output.txt"
    line = [sys.executable, "-c", MEASURE, str(output), *map(str, words)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            found, _ = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            pytest.fail(f"{words[0]} does not end")
    code, memory = map(int, found.split())
    return Ended(code, memory, output.read_text(errors="replace"))
