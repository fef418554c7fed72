"""Store the captures of a batch, and find what each changes about its article."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import NamedTuple

from sqlite_utils import Database

from archive.model import Article, Menu, Outcome, PageKey
from archive.reading.history import Reading
from archive.reading.placements import MenuReading, read_menu
from archive.renditions.read_capture import ParsedCapture
from archive.store.data_dictionary.fact_tables import CaptureRow
from archive.store.frontier.discovery import discover_all
from archive.store.frontier.known_pages import Shard, linked_pages
from archive.store.frontier.page_finder import LinkedPages
from archive.store.ingest.derived_rows import DerivedRows, repeated_capture
from archive.store.ingest.deriving import derive, form_of
from archive.store.ingest.known_captures import PAGE_RECEIVED, Fact
from archive.store.ingest.row_writer import ensure_articles
from archive.store.ingest.sections import SECTION_KINDS
from archive.store.roots.added_captures import next_capture, note_added
from archive.timestamps import parse_stamp


class BatchCapture(NamedTuple):
    """A capture of a batch, and how it is stored.

    ``found`` is what it was read as, None if it is known or repeats the last one; ``links`` are the pages
    that it links to, of which ``news`` are new; ``id`` is its own, ``page`` the id of its page, which was
    ``known_since`` that time when it was captured. ``repeated``: the page's last capture from the same source
    has the same bytes.
    """

    fact: Fact
    found: ParsedCapture | None
    links: Sequence[PageKey] = ()
    news: int = 0
    repeated: bool = False
    page: int | None = None
    known_since: str | None = None
    id: int | None = None

    @property
    def shown(self) -> Article | None:
        """The article that the capture shows."""
        return self.found.page if self.found and isinstance(self.found.page, Article) else None

    @property
    def article(self) -> int | None:
        """The article that the capture is stored with: none before it was read for the first time."""
        return self.fact.article if self.id is not None and (self.shown or self.fact.last) else None

    @property
    def claims(self) -> bool:
        """Whether the article is new, but the archive may hold captures of its page that were not read."""
        return self.shown is not None and self.fact.last is None and not self.fact.is_first


def discover_pages(
    db: Database, facts: Sequence[Fact], read: Sequence[ParsedCapture | None], shard: Shard
) -> list[BatchCapture]:
    """Add the captures' own pages and those that they link to, in order, to the frontier."""
    steps: list[LinkedPages] = []
    for fact, found in zip(facts, read, strict=True):
        key, at = fact.capture.key, fact.capture.captured_at
        page = found.page if found else None
        archived = fact.article if isinstance(page, Article) else None
        steps += [
            LinkedPages([key] if key else [], at),
            LinkedPages(linked_pages(page) if page else [], at, key.kind if key else None, archived),
        ]
    counts, since, ids = discover_all(db, steps, shard)
    return [
        BatchCapture(
            fact=fact,
            found=found,
            links=steps[at + 1].keys,
            news=counts[at + 1],
            repeated=found is not None and _repeats_bytes(db, fact, found),
            page=ids[fact.capture.key] if fact.capture.key else None,
            known_since=since[at],
        )
        for at, fact, found in zip(range(0, len(steps), 2), facts, read, strict=True)
    ]


def insert(db: Database, batch: Sequence[BatchCapture], crawl: int | None) -> list[BatchCapture]:
    """Insert the captures that are not known. Return all, with their ids."""
    first = next_capture(db)
    ids = count(first)
    stored = [one if one.fact.known else one._replace(id=next(ids)) for one in batch]
    new = [one for one in stored if one.id is not None]
    ensure_articles(db, [one.article for one in new if one.shown and one.article is not None])
    _insert_captures(db, [_capture_row(one, one.id, crawl) for one in new if one.id is not None])
    note_added(db, first, len(new))
    claim_captures(db, [(one.article, one.page) for one in new if one.claims])
    return stored


def _capture_row(one: BatchCapture, id_: int, crawl: int | None) -> CaptureRow:
    capture, last = one.fact.capture, one.fact.last
    found = one.found or ParsedCapture(None, Outcome.OK)
    return CaptureRow(
        id=id_,
        article_id=one.article,
        version_id=last.version if last and not one.found else None,
        crawl_id=crawl,
        page_id=one.page,
        source=capture.source,
        rendition=capture.rendition,
        url=capture.url,
        captured_at=one.fact.at,
        payload_id=one.fact.payload,
        outcome=found.outcome.value,
        problem=found.problem,
    )


def changes_of(db: Database, one: BatchCapture) -> DerivedRows | None:
    """Return what a capture changes about its article, or None: then only its outcome counts."""
    fact = one.fact
    if one.id is None or one.article is None:
        return None
    if one.found is None and fact.last and fact.last.version:
        return repeated_capture(one.article, fact.last.version, fact.last.captured_at, fact.at)
    if one.shown is None:
        return None
    form = form_of(fact.payload, fact.capture.rendition, fact.capture.url)
    reading = Reading(
        captured_at=parse_stamp(fact.at),
        capture_id=one.id,
        article=one.shown,
        form=form,
        indexed=fact.prepared and fact.prepared.indexed,
    )
    return derive(db, one.article, reading, last=fact.last)


def menu_readings(stored: Iterable[BatchCapture]) -> Iterator[tuple[int, MenuReading]]:
    """Yield what new captures of the front page and of section pages say about places, by section."""
    for one in stored:
        key, page = one.fact.capture.key, one.found.page if one.found else None
        if not key or key.kind not in SECTION_KINDS or not isinstance(page, Menu):
            continue
        if reading := read_menu(one.fact.at, page):
            yield key.number, reading


def _repeats_bytes(db: Database, fact: Fact, found: ParsedCapture) -> bool:
    """Return whether a page that is no article has the same bytes as its last capture from that source."""
    if fact.is_first or isinstance(found.page, Article) or found.outcome not in PAGE_RECEIVED:
        return False
    where, value = (
        ("article_id IS NULL AND page_id = ?", fact.page)
        if fact.last is None
        else ("article_id = ?", fact.article)
    )
    last = db.execute(
        f"SELECT payload_id FROM captures WHERE {where} AND source = ? AND payload_id IS NOT NULL"  # noqa: S608 - ours
        " ORDER BY captured_at DESC LIMIT 1",
        [value, fact.capture.source],
    ).fetchone()
    return last is not None and last[0] == fact.payload


def claim_captures(db: Database, claimed: Iterable[tuple[int | None, int | None]]) -> None:
    """Assign new articles the earlier, unreadable captures of their pages: pairs of article and page."""
    db.conn.executemany(
        "UPDATE captures SET article_id = ? WHERE article_id IS NULL AND page_id = ?", claimed
    )


def _insert_captures(db: Database, rows: Sequence[CaptureRow]) -> None:
    """Insert captures with their ids."""
    db.conn.executemany(_INSERT_CAPTURE, rows)


_INSERT_CAPTURE = (
    f"INSERT INTO captures ({', '.join(CaptureRow._fields)})"  # noqa: S608 - the row's own fields
    f" VALUES ({', '.join('?' * len(CaptureRow._fields))})"
)
