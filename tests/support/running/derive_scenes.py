"""Captures to derive, of which one can wait at a gate, and what follows from them."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from archive.bulk.captures.dataset import write_facts, write_manifest
from archive.bulk.storage import open_storage
from archive.model import Capture
from tests.support.running.crawls import COMMAND, Done, Process, run, wait_for
from tests.support.running.special_pages import gated
from tests.support.samples.capture_facts import facts_by_part
from tests.support.samples.captures import BASE, MENU, capture, page_of

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

    def unfinished(self, out: Path) -> Path:
        """Make a dataset in which all parts but the last two are derived."""
        shutil.copytree(self.captures.parent / "one", out)
        for number in NUMBERS[-2:]:
            (out / "parts" / f"article-{number - 1:011}.json").unlink()
        return out


def make_scene(folder: Path, env: Mapping[str, str]) -> Scene:
    """Write captures, and derive them in one process."""
    gate = folder / "gate"
    gate.mkdir()
    captures = write_captures(folder / "captures", *story(), gated(capture(BASE, 3, LAST), gate))
    scene = Scene(captures, gate, {}, env)
    scene.open_gate()
    done = scene.derive(folder / "one", "--workers", 1)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "6 parts derived, 19 captures, 5 articles, 15 versions\n"
    return scene._replace(expected=files_of(folder / "one"))
