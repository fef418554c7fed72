"""Backups put in place of an archive, and how many are damaged by it: none may be.

Some archives have the log of a killed run; to the others a run is still writing, which must notice.
``python -m benchmarks.restores 1000`` for 1,000 backups.
"""

import logging
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

from archive.errors import StoreError
from archive.model import Capture
from archive.store import open_writer
from archive.store.db.connection import open_to_read
from archive.store.maintenance import verifying
from benchmarks.pages import wire_pages
from benchmarks.restore_methods import ARCHIVE, WRITING, Scene, Way, by_command, by_cp, by_mv
from benchmarks.timing import show
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.server import serving_apart

TIMES = 100
ARTICLES = 600  # written by a run: some seconds of work
IN_BACKUP = 50
MAX_SECONDS = 1.0  # that a run writes before it is killed or its archive replaced
FACTS = "SELECT id, source, url, captured_at, outcome FROM captures ORDER BY id"


class Case(NamedTuple):
    """A method, and a command that writes to the archive or was killed while writing."""

    way: Way
    command: str
    is_killed: bool

    def __str__(self) -> str:
        return f"{self.way.__name__.removeprefix('by_')}, {self.command}{' killed' * self.is_killed}"


def cases() -> Iterator[Case]:
    """Yield each method after a killed run, and all but ``restore``, which refuses, during a run."""
    for command in WRITING:
        yield from (Case(way, command, is_killed=True) for way in (by_cp, by_mv, by_command))
        yield from (Case(way, command, is_killed=False) for way in (by_cp, by_mv))


def main(times: int = TIMES) -> None:
    logging.getLogger("archive").setLevel(logging.ERROR)  # hides the warning about logs set aside
    captures = [page.capture(START) for page in wire_pages(ARTICLES)]
    newspaper = Newspaper(articles=ARTICLES, daily=0)
    damaged, ends, dice = Counter[Case](), Counter[bool](), random.Random(1)
    with tempfile.TemporaryDirectory() as folder, serving_apart(newspaper) as server:
        backup = _backup(Path(folder), captures[:IN_BACKUP])
        for at, case in enumerate(islice(cycle(cases()), times)):
            home = Path(folder) / str(at)
            home.mkdir()
            scene = Scene(home, server.url)
            ends[_replace(scene, case, captures, backup, dice.uniform(0, MAX_SECONDS))] += 1
            damaged[case] += not is_same(scene.archive, backup)
    for case, count in damaged.items():
        if count:
            show(f"damaged: {case}", count, "backups")
    show(f"damaged of {times} backups put in place", damaged.total(), "backups")
    show("  during a run", ends[True], "times", "killed, or still writing")


def _backup(folder: Path, captures: list[Capture]) -> Path:
    with open_writer(folder / "first.db") as archive:
        archive.record(captures)
    subprocess.run([*ARCHIVE, "backup", str(folder / "first.db"), str(folder / "good.db"), "-q"], check=True)
    return folder / "good.db"


def _replace(scene: Scene, case: Case, captures: list[Capture], backup: Path, seconds: float) -> bool:
    """Put the backup in place of an archive; return whether that was during a run."""
    words = scene.prepare(case.command, captures)
    log = scene.archive.with_name(f"{scene.archive.name}-wal")
    with subprocess.Popen([*ARCHIVE, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as run:
        while run.poll() is None and not log.exists():
            time.sleep(0.01)
        time.sleep(seconds)
        is_running = run.poll() is None
        if case.is_killed:
            run.kill()
            run.wait()
        case.way(backup, scene.archive)
        run.communicate()
    return is_running


def is_same(path: Path, backup: Path) -> bool:
    """Whether an archive is valid and has the captures of a backup."""
    try:
        with closing(open_to_read(backup)) as good, closing(open_to_read(path)) as archive:
            same = archive.execute(FACTS).fetchall() == good.execute(FACTS).fetchall()
            plan = verifying.plan_verify(path, archive, every=True)
            return same and not any(verifying.find_faults(path, archive, plan))
    except StoreError:
        return False


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
