"""Rate, size and memory of ``export --format captures``, of an export with nothing new, and of ``import``.

``python -m benchmarks.capture_datasets 1000000`` for a million captures, without ``import``.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks.measured_command import MIB, run_measured
from benchmarks.multiplied_archive import fill
from benchmarks.timing import show

CAPTURES, MAX_IMPORTED = 20_000, 100_000


def main(captures: int = CAPTURES) -> None:
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), captures)


def measure(home: Path, captures: int) -> None:
    archive, dataset = home / "taz.db", home / "captures"
    fill(archive, captures)
    words: list[str | Path] = ["export", archive, dataset, "--format", "captures"]
    for what in ("new", "known"):
        done = run_measured(words)
        show(f"export of {captures:,} captures, all of them {what}", captures / done.seconds, "/s", done.note)
    size = sum(file.stat().st_size for file in dataset.rglob("*.parquet"))
    show("size of the dataset", size / captures, " bytes a capture", f"{size / MIB:,.0f} MiB")
    if captures <= MAX_IMPORTED:
        done = run_measured(["import", home / "back.db", dataset])
        show(f"import of {captures:,} captures", captures / done.seconds, "/s", done.note)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
