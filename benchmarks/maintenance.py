"""Speed and peak memory of `merge`, `verify --all`, `reparse` and `backup`, each in a separate process."""

import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from archive.store import open_writer
from benchmarks.pages import wire_pages
from benchmarks.timing import show
from crawler.demo.newspaper.pages.newspaper import START

ARTICLES = (1_000, 10_000)
BATCH = 50
# Run a command; print the CPU seconds of it and its child processes, and its peak memory in KiB. getrusage's
# own peak includes that of the parent process before exec.
MEASURED = """
import resource, sys
from archive.cli.main import cli
try:
    cli(sys.argv[1:])
finally:
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    busy = own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime
    [memory] = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
    print(busy, memory, file=sys.stderr)
"""


def main() -> None:
    for count in ARTICLES:
        with tempfile.TemporaryDirectory() as folder:
            _measure(Path(folder), count)


def _measure(home: Path, count: int) -> None:
    archive, merged, backup = home / "taz.db", home / "merged.db", home / "backup.db"
    _fill(archive, count)
    size = archive.stat().st_size / 2**20
    for name, words in {
        "merge, all new": ["merge", merged, archive],
        "merge, all known": ["merge", merged, archive],
        "verify --all": ["verify", "--all", merged],
        "reparse": ["reparse", merged],
    }.items():
        seconds, busy, memory = run_measured([*map(str, words)])
        note = f"{busy:.1f} CPU seconds, {memory:.0f} MiB"
        show(f"{name}, of {count:,} articles", count / seconds, "articles/s", note)
    for name in ("backup", "backup again"):
        seconds, busy, memory = run_measured(["backup", str(archive), str(backup)])
        note = f"{busy:.1f} CPU seconds, {memory:.0f} MiB"
        show(f"{name}, of {size:,.0f} MiB", size / seconds, "MiB/s", note)


def _fill(path: Path, count: int) -> None:
    pages = wire_pages(count)
    with open_writer(path) as archive:
        for at in range(0, count, BATCH):
            archive.record([page.capture(START) for page in pages[at : at + BATCH]])


def run_measured(words: list[str]) -> tuple[float, float, float]:
    """Run a command; return wall seconds, CPU seconds and peak memory in MiB."""
    started = perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *words], capture_output=True, text=True, check=True
    )
    busy, memory = done.stderr.splitlines()[-1].split()
    return perf_counter() - started, float(busy), int(memory) / 1024
