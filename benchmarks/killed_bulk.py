"""Imports, merges and reparses killed at random instants, compared with undisturbed ones.

``python -m benchmarks.killed_bulk 1000 merge`` kills 1,000 merges. A killed command is started again on what
it left, and killed again, until it ends; then its archive must equal that of an undisturbed command.
"""

import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from archive.store import FaultKind
from benchmarks.bulk_scenes import ARCHIVE, Scene, scenes
from benchmarks.killed_command import MAX_SECONDS, Attempt, Victim, attempt, faults_after, pending_in
from benchmarks.timing import show
from tests.support.running.maintenance import contents
from tests.support.tables import Rows, derived_rows

KILLS = 200  # of each command
ARTICLES = 250  # with their menus more pages than are parsed without workers
STALE = (FaultKind.ARTICLES, FaultKind.SECTIONS)  # until a reparse has ended
MAX_SHOWN = 200  # characters of a row that differs
OTHER_WRITERS = 0.25  # of the kills, after which another command writes to the archive
KILLS_PER_TIMING = 25  # the machine may become busier or less so


class Undisturbed(NamedTuple):
    """What a command makes of the archive that it starts from, its exit code, and the seconds it takes."""

    rows: Rows
    code: int
    seconds: float


class Tally:
    """Counts of the kills of one command, and what was wrong after them."""

    def __init__(self) -> None:
        self.kills: Counter[Victim] = Counter()
        self.phases: Counter[str] = Counter()
        self.on_leftovers = 0
        self.ended = 0
        self.others = 0
        self.faults: list[str] = []

    def add(self, done: Attempt, *, is_leftover: bool) -> None:
        if done.victim:
            self.kills[done.victim] += 1
            self.phases[done.phase] += 1
            self.on_leftovers += is_leftover


def main(kills: int = KILLS, commands: Sequence[str] = ()) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for command, scene in scenes(Path(folder), ARTICLES).items():
            if command in (commands or scene.command):
                _print(command, kill(scene, Path(folder, command), kills))


def kill(scene: Scene, home: Path, kills: int, *, seed: int = 1) -> Tally:
    """Kill a command ``kills`` times, and let it end in between and at last."""
    home.mkdir()
    tally, dice, archive = Tally(), random.Random(seed), home / "taz.db"
    undisturbed = undisturbed_run(scene, home)
    is_leftover, timed = False, 0
    scene.fresh(archive)
    while (count := tally.kills.total()) < kills or is_leftover:
        if count >= timed + KILLS_PER_TIMING:
            undisturbed, timed = undisturbed_run(scene, home), count
            print(f"{scene.command}: {count} kills, {len(tally.faults)} faults", file=sys.stderr, flush=True)
        seconds = dice.uniform(0, undisturbed.seconds) if count < kills else MAX_SECONDS
        done = attempt(scene.line(archive), archive, seconds, dice.choice(list(Victim)), dice)
        tally.add(done, is_leftover=is_leftover)
        is_leftover = done.code < 0
        stale = STALE if is_leftover and scene.command == "reparse" else ()
        found = faults_after(done, archive, accepted=stale)
        if not is_leftover:
            tally.ended += 1
            found += _differences(scene, archive, done, undisturbed)
        elif scene.command != "import" and dice.random() < OTHER_WRITERS:
            found += _after_another_command(scene, archive)
            tally.others += 1
        if found:
            _keep(archive, tally, found)
        if found or not is_leftover:
            is_leftover = False
            scene.fresh(archive)
    return tally


def _after_another_command(scene: Scene, archive: Path) -> list[str]:
    """Run a command that adds nothing. It derives what is pending, as each command that writes does."""
    done = subprocess.run(
        [*ARCHIVE, "merge", archive, scene.start], capture_output=True, text=True, check=False
    )
    faults = [f"merge: exit code {done.returncode}, {done.stderr}"] if done.returncode else []
    return faults + ([f"{pending_in(archive)} pending"] if pending_in(archive) else [])


def undisturbed_run(scene: Scene, home: Path) -> Undisturbed:
    """Run a command on a copy of the archive that it starts from."""
    archive = scene.fresh(home / "undisturbed.db")
    started = perf_counter()
    done = subprocess.run(scene.line(archive), capture_output=True, check=False)
    seconds = perf_counter() - started
    return Undisturbed(rows_of(scene, archive), done.returncode, seconds)


def rows_of(scene: Scene, archive: Path) -> Rows:
    """Return what must equal that of an undisturbed command."""
    # When pages are due again follows from the order of their captures, which a reparse does not repeat.
    return derived_rows(archive) if scene.command == "reparse" else contents(archive)


def _differences(scene: Scene, archive: Path, done: Attempt, undisturbed: Undisturbed) -> list[str]:
    if done.code != undisturbed.code:
        return [f"exit code {done.code} instead of {undisturbed.code}: {done.errors[-500:]}"]
    rows = rows_of(scene, archive)
    return [
        f"other rows in {name}: {_first_difference(rows[name], expected)}"
        for name, expected in undisturbed.rows.items()
        if rows[name] != expected
    ]


def _first_difference(found: list[tuple[object, ...]], expected: list[tuple[object, ...]]) -> str:
    extra, missing = set(found) - set(expected), set(expected) - set(found)
    return ", ".join(
        f"{len(differing)} {what} {str(list(differing)[:1])[:MAX_SHOWN]}"
        for what, differing in (("extra", extra), ("missing", missing))
    )


def _keep(archive: Path, tally: Tally, found: list[str]) -> None:
    """Report faults at once, and copy the archive out of the temporary folder."""
    kept = Path(tempfile.mkdtemp(prefix="killed-bulk-"))
    for path in archive.parent.glob(f"{archive.name}*"):
        with suppress(FileNotFoundError):
            shutil.copy(path, kept)
    tally.faults += found
    for fault in found:
        print(f"{kept}: {fault}", file=sys.stderr, flush=True)


def _print(command: str, tally: Tally) -> None:
    note = ", ".join(f"{count} {victim.value}" for victim, count in sorted(tally.kills.items(), key=str))
    show(f"{command} killed", tally.kills.total(), "kills", note)
    show("  continuing what an earlier kill left", tally.on_leftovers, "kills")
    for phase, count in sorted(tally.phases.items()):
        show(f"  killed {phase}", count, "kills")
    show("  another command wrote before it went on", tally.others, "times")
    show("  faults (goal: 0)", len(tally.faults), "faults", f"{tally.ended} ended and compared")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else KILLS, sys.argv[2:])
