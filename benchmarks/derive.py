"""Rate and memory of ``derive`` and ``assemble`` by the number of captures.

``python -m benchmarks.derive 10000 1000000`` for these numbers of captures. ``DATASETS=FOLDER`` keeps what is
made as ``FOLDER/SIZE/…``, and uses the captures that are there. ``CHARTS=docs`` draws ``growth-bulk.svg``.
``COMPARE=10000`` is the largest number for which one process is measured too, and `merge` and `reparse` of
the assembled archive.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.chart import Axis, Panel, chart
from benchmarks.measured_command import MIB, Measured, run_measured
from benchmarks.synthetic_captures import fill_dataset
from benchmarks.timing import show

SIZES = (10_000, 50_000)
CAPTURES_PER_ARTICLE = 2
MAX_WORKER_MIB, MIN_SPEED_UP = 500, 1.7
DATASETS, CHARTS = os.environ.get("DATASETS"), os.environ.get("CHARTS")
COMPARE = int(os.environ.get("COMPARE", "50000"))
# Curves of the chart, by what is measured.
LABELS = {"merge": "merge", "reparse": "reparse", "derive, 2 workers": "derive", "assemble": "assemble"}
Curves = dict[str, list[tuple[float, float]]]


def main(sizes: Sequence[int] = SIZES) -> None:
    curves: Curves = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            for what, done in _measure(Path(DATASETS or folder) / str(size), size).items():
                rate = size / CAPTURES_PER_ARTICLE / done.seconds
                curves.setdefault(what, []).append((size, rate))
                show(f"{what}, {size:,} captures", rate, "articles/s", done.note)
    if CHARTS and len(sizes) > 1:
        _draw(Path(CHARTS), sizes, curves)


def _measure(home: Path, size: int) -> dict[str, Measured]:
    captures = home / "captures"
    if not captures.exists():
        fill_dataset(str(home / "making"), size)
        (home / "making").rename(captures)
    found = {"derive, 2 workers": _derive(captures, home / "derived", 2)}
    largest = found["derive, 2 workers"].largest / MIB
    show(f"largest process, {size:,} captures", largest, "MiB", f"goal at most {MAX_WORKER_MIB}")
    archive = home / "taz.db"
    archive.unlink(missing_ok=True)
    found["assemble"] = run_measured(["assemble", archive, home / "derived"])
    if size <= COMPARE:
        found |= _compared(archive, home / "merged.db")
        found["derive, 1 process"] = _derive(captures, home / "derived-1", 1)
        shutil.rmtree(home / "derived-1")
        speed_up = found["derive, 1 process"].seconds / found["derive, 2 workers"].seconds
        show(f"speed-up of 2 workers, {size:,} captures", speed_up, "×", f"goal {MIN_SPEED_UP}")
    return found


def _derive(captures: Path, out: Path, workers: int) -> Measured:
    shutil.rmtree(out, ignore_errors=True)
    return run_measured(["derive", captures, out, "--workers", str(workers)])


def _compared(archive: Path, merged: Path) -> dict[str, Measured]:
    """Merge an archive into an empty one, and reparse what came of it."""
    found = {
        "merge": run_measured(["merge", merged, archive]),
        "reparse": run_measured(["reparse", merged]),
    }
    merged.unlink()
    return found


def _draw(folder: Path, sizes: Sequence[int], curves: Curves) -> None:
    across = Axis(min(sizes) / 1.3, max(sizes) * 1.3, sizes, log=True)
    title = "Articles per second"
    shown = {label: curves[name] for name, label in LABELS.items() if name in curves}
    panel = Panel(title, "captures", across, Axis(100, 10_000, [100, 1000, 10_000], log=True), shown)
    drawn = chart([panel], f"{title}, by number of captures")
    (folder / "growth-bulk.svg").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or SIZES)
