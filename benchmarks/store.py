"""How many captures a second the store records, and what an article takes on disk."""

import tempfile
import zlib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from archive.model import Capture
from archive.renditions.decode import read_page
from archive.store import Writer, open_writer
from benchmarks.floor import seconds_by_hand
from benchmarks.pages import HOME, WirePage, wire_pages
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
            by_hand = seconds_by_hand(archive, Path(folder) / "by-hand.db", BATCH)
            again = [_recorded(archive, _captures(pages, hours)) for hours in (1, 2, 3)]
            grown = _size(path, archive) - size
    parsing = _seconds_parsing(pages)
    raw = sum(len(page.body) for page in pages)
    packed = sum(len(zlib.compress(page.body)) for page in pages)
    show("store, new articles (parse, derive, search index)", len(pages) / new, "captures/s")
    show("  share of that spent parsing", parsing / new, "×")
    show("  to rows that are ready, written by hand", by_hand / new, "×", "same tables, index and batches")
    show("  to these, and parsing", (by_hand + parsing) / new, "×")
    show("store, the same pages again", len(pages) / sorted(again)[1], "captures/s")
    show("  times as quick as new ones", new / sorted(again)[1], "×")
    show("archive file", size / len(pages), "bytes/article")
    show("  of the raw pages", size / raw, "×", f"gzip of each page: {packed / raw:.2f} ×")
    show("a capture identical to the last", grown / len(pages) / len(again), "bytes")


def _captures(pages: Sequence[WirePage], hours: int) -> list[Capture]:
    return [page.capture(START + timedelta(hours=hours)) for page in pages]


def _recorded(archive: Writer, captures: Sequence[Capture]) -> float:
    """The seconds it takes to record ``captures``, in batches as a crawl does."""
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
    archive.checkpoint()
    return path.stat().st_size
