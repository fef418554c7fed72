"""Size of payloads at the fast and best levels and as deltas, and of the whole file.

gzip means level 6 on each page separately; times are CPU time. The sample newspaper uses few words, which a
dictionary learns almost completely: on real pages it saves a quarter to a third, not two thirds. Deltas
depend on the edit only, and are similar for real pages.
"""

import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from time import process_time

from sqlite_utils import Database

from archive.model import Capture, PageKey
from archive.pagekey import selector
from archive.renditions.forms import gopher
from archive.store import Writer, open_writer
from archive.store.db.connection import open_to_write
from archive.store.db.transactions import transaction
from archive.store.payloads import payloads
from archive.store.payloads.compression import BEST_LEVEL, FAST_LEVEL, compress
from benchmarks.all_sources import SOURCES, written
from benchmarks.all_sources import pages as all_pages
from benchmarks.pages import HOST, PORT, WirePage, wire_pages
from benchmarks.timing import show
from crawler.demo.newspaper.newsroom.edits import EditKind
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock

ARTICLES = 2000
BATCH = 50
SMALL = frozenset({EditKind.TYPO, EditKind.COMMA, EditKind.FIGURE})
WEEK = timedelta(days=7)


def main() -> None:
    first_captures()
    all_sources()
    for name, edits in (("after a small edit", SMALL), ("after any edit", frozenset(EditKind))):
        later_captures(name, _edited(edits))
    later_captures("every six hours for a week", _a_week())


def first_captures() -> None:
    pages = [page.capture(START) for page in wire_pages(ARTICLES)]
    with _archive() as archive:
        fast = _seconds(lambda: _put(archive, pages)) / len(pages)
        show("payloads, first captures, fast, no dictionary", _share(archive), "× gzip")
        show("  storing one", 1000 * fast, "ms")
    with _archive() as archive:
        _record(archive, pages)
        best = _seconds(lambda: list(archive.maintenance.compact(at=START))) / len(pages)
        packed = _share(archive)
        without = sum(len(compress(_body(page), BEST_LEVEL)) for page in pages) / sum(map(_gzip, pages))
        show("payloads, first captures, best level", packed, "× gzip", f"no dictionary: {without:.2f} ×")
        show("  including the dictionary", packed + _dictionaries(archive, pages), "× gzip")
        show("  recompressing one, including training", 1000 * best, "ms")
        show("  reading one", 1000 * _seconds_reading(archive), "ms")
        show("  shrinking the file", _seconds(archive.maintenance.vacuum), "s")
        _show_file(archive, pages)
        size = archive.path.stat().st_size
        for hours in (1, 2, 3):
            _record(archive, [replace(page, captured_at=START + timedelta(hours=hours)) for page in pages])
        grown = archive.path.stat().st_size - size
        show("a capture identical to the last, with indexes", grown / len(pages) / 3, "bytes")
    with _archive() as archive:
        half = len(pages) // 2
        _record(archive, pages[:half])
        list(archive.maintenance.compact(at=START))
        fast = _seconds(lambda: _put(archive, pages[half:])) / (len(pages) - half)
        after = _number(archive, "SELECT sum(length(body)) FROM payloads WHERE level = ?", FAST_LEVEL)
        show("payloads, fast, with a dictionary", after / sum(map(_gzip, pages[half:])), "× gzip")
        show("  storing one", 1000 * fast, "ms")


def all_sources() -> None:
    newspaper = Newspaper(seed=1, articles=ARTICLES // 4, daily=0)
    found = [
        Capture(
            source=source,
            url=f"gopher://{HOST}:{PORT}/1{selector(key)}",
            captured_at=START + timedelta(minutes=minute),
            key=key,
            body=written(source, edition, key, page),
            rendition=rendition,
        )
        for edition, key, page in all_pages(newspaper, START)
        for minute, (source, (rendition, _)) in enumerate(SOURCES.items())
    ]
    with _archive() as archive:
        _record(archive, found)
        list(archive.maintenance.compact(at=START))
        show("payloads, each article from all sources", _share(archive), "× gzip")
        archive.maintenance.vacuum()
        _show_file(archive, found)


def later_captures(name: str, found: Iterable[tuple[Capture, Sequence[Capture]]]) -> None:
    """Measure later captures. ``found`` has first captures, each with the later ones of the same page."""
    firsts, laters = zip(*found, strict=True)
    later = [capture for captures in laters for capture in captures]
    with _archive() as archive:
        _record(archive, firsts)
        last = _number(archive, "SELECT max(id) FROM payloads")
        _record(archive, sorted(later, key=lambda capture: capture.captured_at))
        fast = _packed(archive, last)
        list(archive.maintenance.compact(at=START))
        gzip = sum(map(_gzip, later))
        show(f"payloads, later captures: {name}", _packed(archive, last) / gzip, "× gzip")
        show("  size of one", _packed(archive, last) / len(later), "bytes", f"of {len(later):,}")
        show("  fast", fast / gzip, "× gzip")
        show("  reading one", 1000 * _seconds_reading(archive, last), "ms")
        archive.maintenance.vacuum()
        raw = sum(len(_body(capture)) for capture in (*firsts, *later))
        show("  the whole file", archive.path.stat().st_size / raw, "× raw pages")


def _edited(edits: frozenset[EditKind]) -> Iterator[tuple[Capture, Sequence[Capture]]]:
    """Yield articles before and after an edit, with unchanged related articles and tags."""
    newspaper = Newspaper(seed=1, articles=ARTICLES, daily=0)
    edition = Edition(newspaper, PaperClock(START))
    made = {(event.key, event.moment): event.edit for event in newspaper.events(START)}
    for key in newspaper.articles_there(START):
        wordings = newspaper.wordings(key, START)
        for (_, before), (moment, after) in pairwise(wordings):
            if before and after and made[key, moment] in edits:
                later = replace(after, related=before.related, tags=before.tags)
                old, new = (
                    gopher.encode(edition.lines(one), host=HOST, port=PORT) for one in (before, later)
                )
                first = _capture(key, old, START)
                yield first, [replace(first, body=new, captured_at=START + timedelta(hours=1))]
                break


def _a_week() -> Iterator[tuple[Capture, Sequence[Capture]]]:
    newspaper = Newspaper(seed=1, articles=ARTICLES // 5, daily=0)
    clock = PaperClock(START)
    edition = Edition(newspaper, clock)
    for key in newspaper.articles_there(START):
        found: list[Capture] = []
        for hours in range(0, int(WEEK.total_seconds()) // 3600, 6):
            clock.set(START + timedelta(hours=hours))
            page = edition.page(key)
            body = page and gopher.encode(edition.lines(page), host=HOST, port=PORT)
            if body and (not found or body != found[-1].body):
                found.append(_capture(key, body, clock.now()))
        if len(found) > 1:
            yield found[0], found[1:]


def _capture(key: PageKey, body: bytes, at: datetime) -> Capture:
    return WirePage(key, body).capture(at)


# -- Archives -----------------------------------------------------------------------------------------


@contextmanager
def _archive() -> Iterator[Writer]:
    with tempfile.TemporaryDirectory() as folder, open_writer(Path(folder) / "taz.db") as archive:
        yield archive


def _database(archive: Writer) -> AbstractContextManager[Database]:
    return closing(open_to_write(archive.path))


def _number(archive: Writer, query: str, *values: object) -> int:
    with _database(archive) as db:
        return int(db.execute(query, values).fetchone()[0])


def _record(archive: Writer, captures: Sequence[Capture]) -> None:
    for at in range(0, len(captures), BATCH):
        archive.record(captures[at : at + BATCH])
    archive.maintenance.checkpoint()


def _put(archive: Writer, captures: Sequence[Capture]) -> None:
    with _database(archive) as db, transaction(db):
        for capture in captures:
            payloads.store(db, _body(capture))


def _body(capture: Capture) -> bytes:
    assert capture.body
    return capture.body


def _gzip(capture: Capture) -> int:
    return len(zlib.compress(_body(capture), 6, 31))


def _packed(archive: Writer, after: int = 0) -> int:
    return _number(archive, "SELECT sum(length(body)) FROM payloads WHERE id > ?", after)


def _share(archive: Writer) -> float:
    with _database(archive) as db:
        ids = [id_ for (id_,) in db.execute("SELECT id FROM payloads")]
        return _packed(archive) / sum(len(zlib.compress(payloads.load(db, id_), 6, 31)) for id_ in ids)


def _dictionaries(archive: Writer, pages: Sequence[Capture]) -> float:
    size = _number(archive, "SELECT ifnull(sum(length(body)), 0) FROM dictionaries")
    return size / sum(map(_gzip, pages))


def _seconds(work: Callable[[], object]) -> float:
    started = process_time()
    work()
    return process_time() - started


def _seconds_reading(archive: Writer, after: int = 0) -> float:
    with _database(archive) as db:
        ids = [id_ for (id_,) in db.execute("SELECT id FROM payloads WHERE id > ?", [after])]
        return _seconds(lambda: [payloads.load(db, id_) for id_ in ids]) / len(ids)


def _show_file(archive: Writer, pages: Sequence[Capture]) -> None:
    """Print the size of the file and of its largest tables and indexes."""
    raw = sum(len(_body(page)) for page in pages)
    show("  the whole file", archive.path.stat().st_size / raw, "× raw pages")
    with _database(archive) as db:
        for name, size in db.execute(PARTS, [raw / 50]):
            show(f"    {name}", size / raw, "× raw pages")


PARTS = "SELECT name, sum(pgsize) AS size FROM dbstat GROUP BY name HAVING size > ? ORDER BY size DESC"
