"""Methods to put a backup in place of an archive, and commands that write to the archive during it."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from archive.model import Capture
from archive.store import open_writer

ARCHIVE = (sys.executable, "-m", "archive")
WRITING = ("import", "merge", "reparse", "compact", "crawl")


def by_cp(source: Path, path: Path) -> None:
    shutil.copyfile(source, path)


def by_mv(source: Path, path: Path) -> None:
    shutil.copyfile(source, path.with_name("moved"))
    path.with_name("moved").replace(path)


def by_command(source: Path, path: Path) -> None:
    subprocess.run([*ARCHIVE, "restore", str(path), str(source), "--quiet"], check=True)


Way = Callable[[Path, Path], None]


@dataclass(frozen=True, slots=True)
class Scene:
    """A folder with an archive that a command of :data:`WRITING` writes to, and a newspaper to crawl."""

    folder: Path
    newspaper: str

    @property
    def archive(self) -> Path:
        return self.folder / "taz.db"

    def prepare(self, command: str, captures: Sequence[Capture]) -> list[str]:
        """Create the input that keeps a command writing for a while; return its arguments."""
        if command == "crawl":
            return ["crawl", str(self.archive), "--seed", self.newspaper, "--delay", "0.05"]
        if command == "import":
            return ["import", str(self.archive), str(self._pages(captures)), "--captured-at", "2025-04-10"]
        stored = self.folder / "other.db" if command == "merge" else self.archive
        with open_writer(stored) as archive:
            archive.record(captures)
        return ["merge", str(self.archive), str(stored)] if command == "merge" else [command, str(stored)]

    def _pages(self, captures: Sequence[Capture]) -> Path:
        """Write pages to files, as a browser saves them."""
        files = self.folder / "files"
        files.mkdir()
        for capture in captures:
            if capture.key and capture.body:
                (files / f"!{capture.key.number}").write_bytes(capture.body)
        return files
