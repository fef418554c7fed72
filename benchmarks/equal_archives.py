"""Merge of two equal archives. ``SIZES=10000,100000`` sets their sizes in versions."""

import os
import shutil
import tempfile
from pathlib import Path

from archive.store import open_writer
from benchmarks.measured_command import Measured, run_measured
from benchmarks.multiplied_archive import fill
from benchmarks.timing import show

SIZES = [int(size) for size in os.environ.get("SIZES", "10000,100000").split(",")]


def main() -> None:
    start = _merge(0).busy
    for size in SIZES:
        merged = _merge(size)
        show(f"merge of an equal archive, {size:,} versions", merged.busy, "CPU seconds", merged.note)
        each = 1000 * (merged.busy - start) / (size / 2)
        show("  without the time for empty archives", each, "ms an article", f"{start:.1f} s")


def _merge(size: int) -> Measured:
    """Merge an archive of ``size`` versions into its copy."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "taz.db")
        if size:
            fill(archive, size)
        else:
            with open_writer(archive):  # creates it
                pass
        return run_measured(["merge", shutil.copy(archive, archive.with_name("copy.db")), archive])
