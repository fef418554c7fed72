"""Pages per second of a complete crawl, compared with a bare Scrapy spider in the same run.

The bare spider has default settings, fetches the same bytes over HTTP (Scrapy has no gopher handler) and only
counts them. Each server and crawl is a process of its own, timed from Scrapy's start to its end. On a shared
machine, CPU time is more reliable than wall time: a crawl on loopback hardly waits.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import NamedTuple

from archive.pagekey import ROOT
from archive.store import open_writer
from archive.store.db.connection import open_to_write
from archive.timestamps import stamp
from benchmarks.timing import show
from crawler.demo.newspaper.pages.newspaper import Newspaper
from crawler.demo.newspaper.serving.server import serving_apart

ARTICLES, ROUNDS = 1000, 3
SCHEDULED = ("--max-time", "25m", "--quiet", "--notify", "-")  # what `schedule` adds, and a log


class Measured(NamedTuple):
    """One crawl: pages, wall seconds, CPU seconds."""

    pages: int
    seconds: float
    cpu: float


def main() -> None:
    newspaper = Newspaper(seed=1, articles=ARTICLES, daily=0)
    with tempfile.TemporaryDirectory() as folder, serving_apart(newspaper) as server:
        rounds = [_round(Path(folder) / f"{number}.db", server.url) for number in range(1 + ROUNDS)]
    # The newspaper generates articles on first request, so the first round is not counted.
    best = {name: min((found[name] for found in rounds[1:]), key=lambda one: one.cpu) for name in NAMES}
    for name, what in NAMES.items():
        one = best[name]
        show(what, one.pages / one.seconds, "pages/s", f"{one.pages / one.cpu:.0f} per CPU second")
    for other in ("bare", "gopher"):
        for unit, value in (("wall time", "seconds"), ("CPU time", "cpu")):
            show(f"  relative to {other}, {unit}", _rate(best["new"], value) / _rate(best[other], value), "×")
    show("  unchanged relative to all new, CPU time", best["unchanged"].cpu / best["new"].cpu, "×")
    for name, ratio in _idle().items():
        show(f"  nothing due, {name}, relative to `import scrapy`, CPU time", ratio, "×")


NAMES = {
    "new": "crawl, all pages new",
    "unchanged": "crawl, all pages unchanged",
    "bare": "bare Scrapy spider, default settings, HTTP",
    "gopher": "bare Scrapy spider, our settings, gopher",
}


def _round(archive: Path, seed: str) -> dict[str, Measured]:
    """Run all spiders in turn, so that each has similar conditions."""
    found = {"new": _measured("measured_crawl", str(archive), seed)}
    found["unchanged"] = _measured("measured_crawl", str(archive), seed, "again")
    found["gopher"] = _measured("gopher_spider", str(archive))
    with _web_server(archive) as url:
        found["bare"] = _measured("bare_spider", url, str(archive))
    return found


def _measured(module: str, *words: str) -> Measured:
    command = [sys.executable, "-m", f"benchmarks.{module}", *words]
    return Measured(
        **json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    )


def _rate(one: Measured, value: str) -> float:
    return one.pages / float(getattr(one, value))


def _idle() -> dict[str, float]:
    """Return the CPU time of crawls with nothing due, plain and scheduled, relative to importing Scrapy."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "taz.db"
        with open_writer(path) as archive:
            now = datetime.now(UTC)
            archive.frontier.discover([ROOT], at=now)
            archive.runs.finish(
                archive.runs.begin(source="gopher", at=now), at=now, reason="finished", stats={}
            )
        with closing(open_to_write(path)) as db:
            db.execute("UPDATE pages SET due_at = ?", [stamp(now + timedelta(days=1))])
        plain = ("-m", "archive", "crawl", str(path))
        scheduled = (*plain, *SCHEDULED, "--log", str(path.with_suffix(".log")))
        _busy(*scheduled)  # notes that the archive is healthy, which is no news from now on
        crawls = {"plain": _least_busy(*plain), "scheduled": _least_busy(*scheduled)}
    scrapy = _least_busy("-c", "import scrapy")
    return {name: crawl / scrapy for name, crawl in crawls.items()}


def _least_busy(*words: str) -> float:
    """Return the CPU seconds of a Python process, the best of five."""
    return min(_busy(*words) for _ in range(5))


def _busy(*words: str) -> float:
    """Return the CPU seconds of a Python process."""
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], check=True, stderr=subprocess.PIPE)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@contextmanager
def _web_server(archive: Path) -> Iterator[str]:
    """Serve the pages of the archive over HTTP from a separate process."""
    command = [sys.executable, "-m", "benchmarks.web_server", str(archive)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
