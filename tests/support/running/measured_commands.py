"""Run commands in processes of their own and measure their memory."""

from typing import NamedTuple

from tests.support.running.forking import run_measured
from tests.support.running.time_limit import LONGEST

MOST_MEMORY = 300_000  # kB, of which the modules that all commands share are a third
DONE, FAILED, PROBLEMS, DAMAGED = 0, 1, 3, 5


class Ended(NamedTuple):
    """How a process of the program ended: its exit code, peak memory in kB, and output."""

    code: int
    memory: int
    output: str


def run(*words: object) -> Ended:
    """Run a command to its end."""
    done, memory = run_measured(list(map(str, words)), longest=LONGEST)
    return Ended(done.returncode, memory, done.stdout + done.stderr)
