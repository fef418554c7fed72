"""Work on what has not changed: ``merge`` of equal archives, and ``verify --all`` again.

``SIZES=10000,100000`` sets the sizes of the archives in versions.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from archive.store import open_writer
from benchmarks.measured_command import run_measured
from benchmarks.multiplied_archive import fill
from benchmarks.timing import show

SIZES = [int(size) for size in os.environ.get("SIZES", "10000,100000").split(",")]


def main() -> None:
    with _archive(0) as empty:
        start = run_measured(["merge", _copy(empty), empty]).busy
    for size in SIZES:
        with _archive(size) as archive:
            _merge(archive, size, start)
            _verify(archive, size)


@contextmanager
def _archive(size: int) -> Iterator[Path]:
    """Create an archive of ``size`` versions, of which no check remembers anything."""
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, {"XDG_CACHE_HOME": folder}):
        path = Path(folder, "taz.db")
        if size:
            fill(path, size)
        else:
            with open_writer(path):  # creates it
                pass
        yield path


def _copy(archive: Path) -> Path:
    return Path(shutil.copy(archive, archive.with_name("copy.db")))


def _merge(archive: Path, size: int, start: float) -> None:
    done = run_measured(["merge", _copy(archive), archive])
    show(f"merge of an equal archive, {size:,} versions", done.busy, "CPU seconds", done.note)
    each = 1e6 * (done.busy - start) / (size / 2)
    show("  without the time for empty archives", each, "µs an article", f"{start:.1f} s")


def _verify(archive: Path, size: int) -> None:
    first, second = (run_measured(["verify", "--all", archive]) for _ in range(2))
    show(f"verify --all, {size:,} versions", first.busy, "CPU seconds", first.note)
    show("  again, with nothing changed", second.busy, "CPU seconds", second.note)
    show("  first to second", first.busy / second.busy, "times faster")
