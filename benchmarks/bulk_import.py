"""Time of importing new page files, relative to the plainest program that archives the same text."""

import sys
import tempfile
from pathlib import Path
from statistics import median

from archive.worker_processes import processors
from benchmarks.measured_command import MIB, Measured, measured, run_measured
from benchmarks.pages import wire_pages
from benchmarks.timing import show

FILES = 10_000
ROUNDS = 5  # of both, in turn


def main(files: int = FILES, rounds: int = ROUNDS) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        pages = _write_pages(home / "pages", files)
        both = [(_import(home, pages), _plainest(home, pages)) for _ in range(rounds)]
    ours, plain = zip(*both, strict=True)
    _show(f"import of {files:,} new pages", ours, files, f"{processors()} processors")
    _show("the plainest program", plain, files, "hash, compress, store and index, in one process")
    by_clock = median(one.seconds / other.seconds for one, other in both)
    busy = median(one.busy / other.busy for one, other in both)
    show("import relative to the plainest program", by_clock, "×", "goal: at most 2.0 ×")
    show("  in CPU time", busy, "×")
    show("  memory of all processes", max(one.together for one in ours) / MIB, "MiB")


def _write_pages(folder: Path, files: int) -> Path:
    folder.mkdir()
    for page in wire_pages(files):
        (folder / f"!{page.key.number}").write_bytes(page.body)
    return folder


def _import(home: Path, pages: Path) -> Measured:
    with tempfile.TemporaryDirectory(dir=home) as folder:
        return run_measured(["import", Path(folder, "taz.db"), pages])


def _plainest(home: Path, pages: Path) -> Measured:
    with tempfile.TemporaryDirectory(dir=home) as folder:
        return measured(
            [sys.executable, "-m", "benchmarks.plainest_program", Path(folder, "plain.db"), pages]
        )


def _show(what: str, times: tuple[Measured, ...], files: int, note: str) -> None:
    seconds = median(one.seconds for one in times)
    note = f"{median(one.busy for one in times):.1f} CPU seconds, took {seconds:.1f} s; {note}"
    show(what, files / seconds, "pages/s", note)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
