"""Pages a second of a whole crawl, beside a bare Scrapy spider on default settings in the same run.

The bare spider fetches the same bytes over HTTP, since Scrapy alone speaks no gopher, and only counts.
Servers and crawls are processes of their own; start-up is left out by asking each crawl for its own time.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from archive.store import runs
from archive.store.archive import Archive
from benchmarks.timing import show
from crawler.newspaper.newspaper import Newspaper
from crawler.newspaper.server import serving_apart

ARTICLES = 1000


def main() -> None:
    newspaper = Newspaper(seed=1, articles=ARTICLES, daily=0)
    with tempfile.TemporaryDirectory() as folder, serving_apart(newspaper) as server:
        archive = Path(folder) / "taz.db"
        crawl = ["crawl", str(archive), "--seed", server.url, "--delay", "0"]
        _command("archive", *crawl)  # the newspaper writes its articles at the first request: not measured
        archive.unlink()
        _command("archive", *crawl)
        ours = _last_run(archive)
        _command("archive", *crawl, "--ignore-schedule")
        unchanged = _last_run(archive)
        bare = _bare(archive)
    show("crawl, all new: fetch, parse, versions, search, frontier", ours, "pages/s")
    show("crawl, nothing changed", unchanged, "pages/s")
    show("bare Scrapy spider, default settings, HTTP, only counts", bare, "pages/s")
    show("  ours to that", ours / bare, "×")


def _last_run(path: Path) -> float:
    with Archive.to_read(path) as archive:
        (run,) = runs.recent(archive.db, 1)
    assert run.finished
    seconds = datetime.fromisoformat(run.finished) - datetime.fromisoformat(run.started)
    return run.pages / seconds.total_seconds()


def _bare(archive: Path) -> float:
    with _web_server(archive) as url:
        said = _command("benchmarks.bare_spider", url, str(archive))
    counted = json.loads(said)
    return float(counted["pages"]) / float(counted["seconds"])


@contextmanager
def _web_server(archive: Path) -> Iterator[str]:
    """The pages of the archive over HTTP, from a process of its own."""
    command = [sys.executable, "-m", "benchmarks.web_server", str(archive)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _command(module: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *words], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout
