"""Speed of commands by the size of the archive.

``SIZES=10000,100000,1000000`` sets the sizes in versions, ``HEAVY`` the largest for which commands that
process the whole archive are run too. ``CHARTS=docs`` draws the curves as ``growth-*.svg`` in that folder.
"""

import os
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter

from click.testing import CliRunner

from archive.cli.main import cli
from benchmarks.chart import Axis, Panel, chart
from benchmarks.measured_command import run_measured
from benchmarks.multiplied_archive import FIRST, SYLLABLES, fill
from benchmarks.timing import show

SIZES = [int(size) for size in os.environ.get("SIZES", "4000,40000").split(",")]
HEAVY = int(os.environ.get("HEAVY", "40000"))
CHARTS = os.environ.get("CHARTS")
LOOKUPS = 40  # of each kind
Figures = dict[str, list[tuple[float, float]]]


def main() -> None:
    lookups: Figures = {}
    rates: Figures = {}
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            archive = Path(folder, "taz.db")
            fill(archive, size)
            _measure_lookups(archive, size, lookups)
            if size <= HEAVY:
                _measure_whole(archive, size, rates)
    if CHARTS:
        _draw(Path(CHARTS), lookups, rates)


# -- Lookups ----------------------------------------------------------------------------------------------


def _measure_lookups(archive: Path, size: int, lookups: Figures) -> None:
    """Measure in this process, warm, without starting the program."""
    dice = Random(1)
    articles = [str(FIRST + dice.randrange(size // 2)) for _ in range(LOOKUPS)]
    common = [dice.choice(SYLLABLES) for _ in range(LOOKUPS)]
    rare = [f"{FIRST + dice.randrange(size // 2)}" for _ in range(LOOKUPS)]
    for name, lines in {
        "show": [["show", article] for article in articles],
        "show --as-of": [["show", article, "--as-of", "2023-12-31"] for article in articles],
        "log": [["log", article] for article in articles],
        "search, a common word": [["search", word] for word in common],
        "search, a rare word": [["search", word] for word in rare],
    }.items():
        times = sorted(_seconds(partial(_invoke, archive, words)) * 1000 for words in lines)
        lookups.setdefault(name, []).append((size, median(times)))
        p95 = quantiles(times, n=20)[-1]
        show(f"{name}, {size:,} versions", median(times), "ms", f"p95 {p95:.1f} ms")


def _invoke(archive: Path, words: Sequence[str]) -> None:
    command, *rest = words
    done = CliRunner().invoke(cli, [command, str(archive), *rest])
    assert done.exit_code == 0, done.output


def _seconds(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


# -- Processing the whole archive -------------------------------------------------------------------------


def _measure_whole(archive: Path, size: int, rates: Figures) -> None:
    merged, backup = archive.with_name("merged.db"), archive.with_name("backup.db")
    lines: dict[str, list[str | Path]] = {
        "verify": ["--all", archive],
        "reparse": [archive],
        "merge": [merged, archive],
        "backup": [archive, backup],
    }
    for command, others in lines.items():
        done = run_measured([command, *others])
        rate = size / 2 / done.busy  # CPU time, since other programs slow it down
        rates.setdefault(command, []).append((size, rate))
        show(f"{command}, {size:,} versions", rate, "articles/s", f"by CPU time; {done.note}")


# -- Charts -----------------------------------------------------------------------------------------------


# Curves of the chart of lookups; `log` equals `show`.
SHORT = {
    "show": "show",
    "show --as-of": "as-of",
    "search, a common word": "common",
    "search, a rare word": "rare",
}


def _draw(folder: Path, lookups: Figures, rates: Figures) -> None:
    across = Axis(min(SIZES) / 1.3, max(SIZES) * 1.3, SIZES, log=True)
    for name, title, up, curves in (
        ("lookups", "Milliseconds per lookup", [1, 10, 100], {SHORT[name]: lookups[name] for name in SHORT}),
        ("processing", "Articles per CPU second", [100, 1000, 10_000, 100_000], rates),
    ):
        panel = Panel(title, "versions", across, Axis(up[0], up[-1], up, log=True), curves)
        drawn = chart([panel], f"{title}, by size of the archive")
        (folder / f"growth-{name}.svg").write_text(drawn, encoding="utf-8")
