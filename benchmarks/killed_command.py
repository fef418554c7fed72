"""Run a command in several processes, kill some of them at an instant, and check what it leaves."""

import json
import os
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner

from archive.cli.main import cli
from archive.store import FaultKind
from benchmarks.process_tree import descendants, fork_servers_of, is_running, workers_of
from tests.support.running.crawls import count_in
from tests.support.tables import Row, rows

MAX_SHOWN = 3  # faults of an archive
MAX_SECONDS = 300  # that a command may take to end, and its workers after it
FACTS = (
    "SELECT source, url, captured_at, rendition, digest, iif(digest IS NULL, outcome, NULL) FROM captures c"
    " LEFT JOIN payloads p ON p.id = c.payload_id"
)


class Victim(Enum):
    """The processes that are killed."""

    COMMAND = "of all its processes"
    PARENT = "of its main process"
    WORKER = "of a worker"
    FORK_SERVER = "of the process that workers are forked from"


class Progress(NamedTuple):
    """How much of an archive is committed, seen from outside."""

    captures: int
    versions: int
    reparsed: int
    pending: int
    facts: frozenset[Row]


class Attempt(NamedTuple):
    """How a command ended.

    ``victim`` was killed, None if the command ended before. A negative ``code`` is a signal. ``before`` is
    what was committed at the start, ``seen`` just before the kill. The command then had so many ``workers``,
    and ``started`` are all processes that it had started.
    """

    victim: Victim | None
    code: int
    errors: str
    before: Progress
    seen: Progress
    workers: int = 0
    started: Sequence[int] = ()

    @property
    def phase(self) -> str:
        """What had been committed when it was killed, and whether it had workers then."""
        committed = "before its first commit" if self.seen == self.before else "after a commit"
        workers = "with workers" if self.workers else "without workers"
        return f"{committed}, {workers}{', articles pending' if self.seen.pending else ''}"


def attempt(
    line: Sequence[str], archive: Path, seconds: float, victim: Victim, dice: random.Random
) -> Attempt:
    """Run a command; kill ``victim`` after ``seconds`` if it has not ended, all if it has no such process."""
    before = _progress(archive)
    with tempfile.TemporaryFile("w+") as errors:
        with subprocess.Popen(
            line, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
        ) as process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
            done = Attempt(None, 0, "", before, before)
            if process.poll() is None:
                done = _kill(process, archive, victim, dice, done)
            code = _wait(process)
        errors.seek(0)
        return done._replace(code=code, errors=errors.read())


def _progress(archive: Path) -> Progress:
    captures, versions = count_in(archive, "captures"), count_in(archive, "versions")
    facts = frozenset(rows(archive, FACTS))
    return Progress(captures, versions, _reparsed(archive), pending_in(archive), facts)


def pending_in(archive: Path) -> int:
    """Return how much of an archive is pending."""
    return count_in(archive, "pending")


def _reparsed(archive: Path) -> int:
    found = rows(archive, "SELECT ifnull(sum(done_count), 0) FROM reparses")
    return int(found[0][0])


def _kill(
    process: "subprocess.Popen[bytes]", archive: Path, victim: Victim, dice: random.Random, done: Attempt
) -> Attempt:
    seen = _progress(archive)
    started, workers = descendants(process.pid), workers_of(process.pid)
    chosen = {
        Victim.PARENT: [process.pid],
        Victim.WORKER: workers,
        Victim.FORK_SERVER: fork_servers_of(process.pid),
    }.get(victim, [])
    with suppress(ProcessLookupError):  # it ended in the meantime
        if chosen:
            os.kill(dice.choice(chosen), signal.SIGKILL)
        else:
            victim = Victim.COMMAND
            os.killpg(process.pid, signal.SIGKILL)
    return done._replace(victim=victim, seen=seen, workers=len(workers), started=started)


def _wait(process: "subprocess.Popen[bytes]") -> int:
    try:
        return process.wait(MAX_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise


# -- Afterwards -------------------------------------------------------------------------------------------


def faults_after(done: Attempt, archive: Path, *, accepted: Collection[FaultKind] = ()) -> list[str]:
    """Return what is wrong with an archive after a command was killed or ended, one line each.

    ``accepted`` are parts of the archive that may be as faulty as they were before the command.
    """
    lost = (done.before.facts | done.seen.facts) - _progress(archive).facts
    faults = [f"{len(lost)} captures are lost, such as {fact}" for fact in list(lost)[:1]]
    faults += [f"verify: {fault}" for fault in _verified(archive) if fault["part"] not in accepted][
        :MAX_SHOWN
    ]
    return faults + [f"process {process} goes on without its parent" for process in _stay(done.started)]


def _verified(archive: Path) -> list[dict[str, str]]:
    checked = CliRunner().invoke(cli, ["verify", "--again", "--json", str(archive)])
    faults: list[dict[str, str]] = json.loads(checked.stdout)["faults"]
    return faults


def _stay(processes: Sequence[int]) -> list[int]:
    """Return those of the processes of a command that do not end by themselves."""
    deadline = time.monotonic() + MAX_SECONDS
    while any(map(is_running, processes)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return [process for process in processes if is_running(process)]
