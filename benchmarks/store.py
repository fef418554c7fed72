"""Captures per second that the store records, and the size of an article on disk."""

import tempfile
import zlib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from archive.model import Capture
from archive.renditions.decode import read_page
from archive.store import Writer, open_writer
from benchmarks.pages import HOME, WirePage, wire_pages
from benchmarks.raw_inserts import seconds_of_raw_inserts
from benchmarks.timing import show
from crawler.demo.newspaper.pages.newspaper import START

ARTICLES = 2000
BATCH = 50


def main() -> None:
    pages = wire_pages(ARTICLES)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "taz.db"
        with open_writer(path) as archive:
            new = _recorded(archive, [page.capture(START) for page in pages])
            size = _size(path, archive)
            inserts = seconds_of_raw_inserts(archive.path, Path(folder) / "raw.db", BATCH)
            again = [_recorded(archive, _captures(pages, hours)) for hours in (1, 2, 3)]
            grown = _size(path, archive) - size
    parsing = _seconds_parsing(pages)
    raw = sum(len(page.body) for page in pages)
    packed = sum(len(zlib.compress(page.body)) for page in pages)
    show("store, new articles (parse, derive, search index)", len(pages) / new, "captures/s")
    show("  share of time spent parsing", parsing / new, "×")
    show("  time of raw inserts, relative", inserts / new, "×", "same rows, indexes and batches")
    show("  time of raw inserts and parsing, relative", (inserts + parsing) / new, "×")
    show("store, the same pages again", len(pages) / sorted(again)[1], "captures/s")
    show("  times as fast as new articles", new / sorted(again)[1], "×")
    show("archive file", size / len(pages), "bytes/article")
    show("  relative to raw pages", size / raw, "×", f"gzip of each page: {packed / raw:.2f} ×")
    show("a capture identical to the last", grown / len(pages) / len(again), "bytes")


def _captures(pages: Sequence[WirePage], hours: int) -> list[Capture]:
    return [page.capture(START + timedelta(hours=hours)) for page in pages]


def _recorded(archive: Writer, captures: Sequence[Capture]) -> float:
    """Return the seconds to record ``captures`` in batches."""
    started = perf_counter()
    for at in range(0, len(captures), BATCH):
        archive.record(captures[at : at + BATCH])
    return perf_counter() - started


def _seconds_parsing(pages: Sequence[WirePage]) -> float:
    started = perf_counter()
    for page in pages:
        read_page(page.body, key=page.key, rendition="gopher", home=HOME)
    return perf_counter() - started


def _size(path: Path, archive: Writer) -> int:
    archive.maintenance.checkpoint()
    return path.stat().st_size
