"""Memory of a running crawl; ``python -m benchmarks.memory 100000`` for 100,000 pages.

The crawl runs in a separate process, sampled after a fifth of the pages, and until the end.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from archive.errors import StoreError
from archive.store.db.connection import open_to_read
from benchmarks.timing import show
from crawler.demo.newspaper.pages.newspaper import Newspaper
from crawler.demo.newspaper.serving.server import serving_apart

PAGES = 10_000
SAMPLE_SECONDS = 0.5  # between two samples
PAGE_SIZE = 4096  # bytes, in /proc/…/statm


def main(pages: int = PAGES) -> None:
    newspaper = Newspaper(articles=pages, daily=0)  # and their menus
    with tempfile.TemporaryDirectory() as folder, serving_apart(newspaper) as server:
        path = Path(folder) / "taz.db"
        words = ["--seed", server.url, "--delay", "0", "--max-pages", str(pages)]
        command = [sys.executable, "-m", "archive", "crawl", str(path), *words]
        with subprocess.Popen(command) as process:
            seen = list(_samples(process, path))
    early = max(size for done, size in seen if done <= pages / 5)
    late = max(size for done, size in seen if done < pages)
    show("memory of a crawl, first fifth of the pages", early / 1e6, "MB")
    show("  peak until the last page", late / 1e6, "MB", f"{seen[-1][0]:,} pages")
    show("  peak with the recompression after it", max(size for _, size in seen) / 1e6, "MB")


def _samples(process: "subprocess.Popen[bytes]", path: Path) -> Iterator[tuple[int, int]]:
    """Yield pages recorded so far, and bytes of memory."""
    yield 0, 0
    while process.poll() is None:
        size = int(Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[1]) * PAGE_SIZE
        if path.exists() and size:
            yield _recorded(path), size
        time.sleep(SAMPLE_SECONDS)
    yield _recorded(path), 0


def _recorded(path: Path) -> int:
    try:
        with closing(open_to_read(path)) as db:
            return int(db.execute("SELECT ifnull(max(id), 0) FROM captures").fetchone()[0])
    except StoreError:  # still being created
        return 0


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
