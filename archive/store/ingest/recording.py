"""Store a capture as received and derive its article and version in the same transaction.

Everything here runs within one transaction of the caller's.
"""

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from itertools import repeat

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.model import Capture, PageKey
from archive.policy.revisit import DEFAULT_PATIENCE
from archive.reading.placements import MenuReading
from archive.store.frontier.known_pages import ONLY_SHARD, Shard
from archive.store.frontier.reschedule import reschedule_all
from archive.store.ingest import sections
from archive.store.ingest.capture_batch import BatchCapture, changes_of, discover_pages, insert, menu_readings
from archive.store.ingest.derived_rows import DerivedRows
from archive.store.ingest.known_captures import look_up, store_payloads
from archive.store.ingest.prepared import CaptureAhead, PreparedCapture
from archive.store.ingest.recorded import ArticleSummary, DerivedCapture, Recorded, recorded
from archive.store.ingest.row_writer import summarise, write
from archive.timestamps import parse_stamp

MAX_BATCH = 200  # captures


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOptions:
    """Options for recording captures.

    ``crawl`` is the id of the run. ``prepared`` has an item for each capture, or none: captures without one
    are read if needed. Pages that are ``unfinished`` stay leased: another source is to be asked for them.
    ``patience`` scales the time until pages are fetched again, see
    :mod:`archive.policy.revisit`. ``shard`` are the discovered pages that this machine fetches.
    ``unconfirmed`` are pages whose absence is not confirmed.
    """

    crawl: int | None = None
    prepared: Sequence[PreparedCapture | None] = ()
    unfinished: Container[PageKey | None] = ()
    patience: float = DEFAULT_PATIENCE
    shard: Shard = ONLY_SHARD
    unconfirmed: Container[PageKey | None] = ()


DEFAULT_RECORD_OPTIONS = RecordOptions()


def record(
    db: Database, captures: Iterable[Capture], options: RecordOptions = DEFAULT_RECORD_OPTIONS
) -> list[Recorded]:
    """Store captures and derive their articles. A page's problems are recorded, not raised."""
    done: list[Recorded] = []
    menus = list[tuple[int, MenuReading]]()
    for batch in _batches(zip(captures, options.prepared or repeat(None))):  # noqa: B905 - the latter is endless
        stored = _store(db, batch, options)
        done += _derive(db, stored, options)
        menus += menu_readings(stored)
    for number in dict.fromkeys(number for number, _ in menus):
        with suppress(DamagedArchive):  # damage in earlier captures stops no recording
            sections.add_readings(db, number, [reading for section, reading in menus if section == number])
    return done


def _batches(captures: Iterable[CaptureAhead]) -> Iterator[list[CaptureAhead]]:
    """Yield batches in which no page occurs twice. A capture that names no page is a batch of its own."""
    batch: dict[PageKey, CaptureAhead] = {}
    for capture, prepared in captures:
        if batch and (capture.key is None or capture.key in batch or len(batch) == MAX_BATCH):
            yield list(batch.values())
            batch = {}
        if capture.key is None:
            yield [(capture, prepared)]
        else:
            batch[capture.key] = (capture, prepared)
    if batch:
        yield list(batch.values())


def _store(db: Database, batch: Sequence[CaptureAhead], options: RecordOptions) -> list[BatchCapture]:
    """Store captures of different pages: what the archive holds of the pages is looked up at once."""
    facts = store_payloads(db, look_up(db, batch))
    read = [None if fact.known or fact.repeats_last else fact.read() for fact in facts]
    return insert(db, discover_pages(db, facts, read, options.shard), options.crawl)


def _derive(db: Database, stored: Sequence[BatchCapture], options: RecordOptions) -> Iterator[Recorded]:
    """Write what captures change about their articles, and reschedule their pages."""
    changes = {one.id: change for one in stored if (change := changes_of(db, one))}
    write(db, list(changes.values()))
    unread = (one for one in stored if one.claims or one.id not in changes)
    summarise(db, [one.article for one in unread if one.article is not None])
    summaries = _summaries(db, [one.article for one in stored if one.article is not None])
    derived = [
        DerivedCapture(one, _begun(one, changes), summaries.get(one.article, _NO_SUMMARY)) for one in stored
    ]
    due = _reschedule(db, derived, options)
    for one in derived:
        again = due.get(one.stored.fact.capture.key)
        yield recorded(one, again, unfinished=options.unfinished, unconfirmed=options.unconfirmed)


def _begun(one: BatchCapture, changes: Mapping[int | None, DerivedRows]) -> int | None:
    """Return the number of the version that a capture begins."""
    return changes[one.id].begun.get(one.id) if one.id is not None and one.id in changes else None


_NO_SUMMARY = ArticleSummary()


def _summaries(db: Database, articles: Sequence[int]) -> dict[int | None, ArticleSummary]:
    rows = db.execute(
        "SELECT a.id, a.published, a.first_seen, ifnull(v.truncation_count, 0) FROM articles a"
        " LEFT JOIN versions v ON v.id = a.latest_version_id WHERE a.id IN (SELECT value FROM json_each(?))",
        [json.dumps(articles)],
    )
    return {
        article: ArticleSummary(
            published and date.fromisoformat(published), first_seen and parse_stamp(first_seen), truncations
        )
        for article, published, first_seen, truncations in rows
    }


def _reschedule(
    db: Database, derived: Iterable[DerivedCapture], options: RecordOptions
) -> dict[PageKey | None, datetime]:
    """Reschedule the pages of captures that end their fetch. Return when each is due again."""
    checks = [
        (key, one.check)
        for one in derived
        if not one.stored.fact.known
        and (key := one.stored.fact.capture.key) is not None
        and key not in options.unfinished
    ]
    due = reschedule_all(db, checks, patience=options.patience)
    return dict(zip([key for key, _ in checks], due, strict=True))
