"""Speed and peak memory of `merge`, `verify --all`, `reparse` and `backup`, each in a separate process."""

import tempfile
from pathlib import Path

from archive.store import open_writer
from benchmarks.measured_command import run_measured
from benchmarks.pages import wire_pages
from benchmarks.timing import show
from crawler.demo.newspaper.pages.newspaper import START

ARTICLES = (1_000, 10_000)
BATCH = 50


def main() -> None:
    for count in ARTICLES:
        with tempfile.TemporaryDirectory() as folder:
            _measure(Path(folder), count)


def _measure(home: Path, count: int) -> None:
    archive, merged, backup = home / "taz.db", home / "merged.db", home / "backup.db"
    _fill(archive, count)
    size = archive.stat().st_size / 2**20
    lines: dict[str, list[str | Path]] = {
        "merge, all new": ["merge", merged, archive],
        "merge, all known": ["merge", merged, archive],
        "verify --all": ["verify", "--all", merged],
        "reparse": ["reparse", merged],
    }
    for name, words in lines.items():
        done = run_measured(words)
        show(f"{name}, of {count:,} articles", count / done.seconds, "articles/s", done.note)
    for name in ("backup", "backup again"):
        done = run_measured(["backup", archive, backup])
        show(f"{name}, of {size:,.0f} MiB", size / done.seconds, "MiB/s", done.note)


def _fill(path: Path, count: int) -> None:
    pages = wire_pages(count)
    with open_writer(path) as archive:
        for at in range(0, count, BATCH):
            archive.record([page.capture(START) for page in pages[at : at + BATCH]])
