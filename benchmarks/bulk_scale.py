"""Rate and memory of ``merge`` and ``reparse`` by the size of the archive.

``python -m benchmarks.bulk_scale 10000 1000000`` for these sizes in versions; the first is run after each of
the others too, since the machine may become busier. ``ARCHIVES=FOLDER`` keeps the archives as
``FOLDER/SIZE/taz.db``, and uses those that are there.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measured_command import MIB, Measured, run_measured
from benchmarks.multiplied_archive import fill
from benchmarks.timing import show

SIZES = (10_000, 100_000)
MAX_MIB = 300
MIN_RATE = 0.8  # of that of the first size
VERSIONS_PER_ARTICLE = 2
ARCHIVES = os.environ.get("ARCHIVES")


def main(sizes: Sequence[int] = SIZES) -> None:
    with tempfile.TemporaryDirectory() as folder:
        archives = Path(ARCHIVES or folder)
        first = _measure(archives, sizes[0])
        for size in sizes[1:]:
            larger, again = _measure(archives, size), _measure(archives, sizes[0])
            for command, done in larger.items():
                _compare(command, size, done, [one[command] for one in (first, again)], sizes[0])


def _measure(archives: Path, size: int) -> dict[str, Measured]:
    """Merge an archive into an empty one, and reparse what came of it."""
    archive = _archive(archives, size)
    with _room(archive) as room:
        merged = room / "merged.db"
        found = {
            "merge": run_measured(["merge", merged, archive]),
            "reparse": run_measured(["reparse", merged]),
        }
    for command, done in found.items():
        show(f"{command}, {size:,} versions", _rate(size, done.seconds), "articles/s", done.note)
    return found


def _archive(archives: Path, size: int) -> Path:
    path = archives / str(size) / "taz.db"
    if not path.exists():
        path.parent.mkdir(parents=True)
        fill(path.with_name("making.db"), size)
        path.with_name("making.db").rename(path)
    return path


@contextmanager
def _room(archive: Path) -> Iterator[Path]:
    """Yield a folder next to an archive that is large."""
    folder = Path(tempfile.mkdtemp(dir=archive.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _rate(size: int, seconds: float) -> float:
    return size / VERSIONS_PER_ARTICLE / seconds


def _compare(command: str, size: int, done: Measured, small: Sequence[Measured], first: int) -> None:
    what = f"{command}, {size:,} versions: rate relative to {first:,}"
    by_clock, busy = (
        _rate(size, of_large) / _rate(first, sum(of_small) / len(of_small))
        for of_large, of_small in (
            (done.seconds, [one.seconds for one in small]),
            (done.busy, [one.busy for one in small]),
        )
    )
    show(what, by_clock, "×", f"by the clock; {busy:.2f} × in CPU time; goal: at least {MIN_RATE} ×")
    show(f"  memory of the largest process (goal: {MAX_MIB})", done.largest / MIB, "MiB")
    show("  memory of all its processes", done.together / MIB, "MiB")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or SIZES)
