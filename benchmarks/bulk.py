"""CPU time of recording captures in batches, relative to parsing their pages."""

import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import process_time

from archive.model import Capture
from archive.renditions.decode import read_page
from archive.store import Writer, open_writer
from benchmarks.pages import HOME, WirePage, wire_pages
from benchmarks.timing import show
from crawler.demo.newspaper.pages.newspaper import START

ARTICLES = 2_000
BATCH = 200
ROUNDS = 7  # of all three, in turn, since other programs slow the machine down


def main() -> None:
    pages = wire_pages(ARTICLES)
    rounds = [_round(pages) for _ in range(ROUNDS)]
    parsing, new, unchanged = (median(times) for times in zip(*rounds, strict=True))
    by_parsing = [(new / parsing, unchanged / parsing) for parsing, new, unchanged in rounds]
    ratio_new, ratio_unchanged = (median(ratios) for ratios in zip(*by_parsing, strict=True))
    each = 1000 / len(pages)
    show("parsing a page", parsing * each, "ms", "CPU time")
    show("recording a new capture in bulk", new * each, "ms")
    show("  relative to parsing", ratio_new, "×", "goal: at most 3.0 ×")
    show("recording an unchanged capture in bulk", unchanged * each, "ms", "goal: at most 0.10 ms")
    show("  relative to parsing", ratio_unchanged, "×")


def _round(pages: Sequence[WirePage]) -> tuple[float, float, float]:
    """Return the CPU seconds of parsing all pages, of recording them, and of recording them again."""
    with tempfile.TemporaryDirectory() as folder, open_writer(Path(folder, "taz.db")) as archive:
        parsing = _seconds(lambda: _parse(pages))
        new, again = ([page.capture(START + timedelta(hours=hours)) for page in pages] for hours in (0, 1))
        return parsing, _seconds(lambda: _record(archive, new)), _seconds(lambda: _record(archive, again))


def _seconds(work: Callable[[], object]) -> float:
    started = process_time()
    work()
    return process_time() - started


def _parse(pages: Sequence[WirePage]) -> None:
    for page in pages:
        read_page(page.body, key=page.key, rendition="gopher", home=HOME)


def _record(archive: Writer, captures: Sequence[Capture]) -> None:
    for at in range(0, len(captures), BATCH):
        archive.record(captures[at : at + BATCH])


if __name__ == "__main__":
    main()
