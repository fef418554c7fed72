"""Store a capture as received and derive its article and version in the same transaction.

Everything here runs within one transaction of the caller's.
"""

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple

from sqlite_utils import Database

from archive.errors import DamagedArchive
from archive.model import ArticleChange, Capture, Kind, Outcome, PageKey
from archive.policy.layout_change import PageTraits, page_traits
from archive.policy.revisit import DEFAULT_PATIENCE, appearance_time
from archive.reading.placements import MenuReading
from archive.renditions.read_capture import ParsedCapture
from archive.store.frontier import reschedule
from archive.store.frontier.known_pages import ONLY_SHARD, Shard
from archive.store.ingest import sections
from archive.store.ingest.capture_batch import BatchCapture, changes_of, discover_pages, insert, menu_readings
from archive.store.ingest.derived_rows import DerivedRows
from archive.store.ingest.known_captures import Fact, look_up, store_payloads
from archive.store.ingest.row_writer import summarise, write
from archive.timestamps import parse_stamp

MAX_BATCH = 200  # captures


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The result of recording a capture.

    - ``version``: the number of the version that the capture began, if any
    - ``new``: the capture is the first reading of its article
    - ``known``: the same capture was archived already, so nothing was added
    - ``size``: bytes of the page
    - ``traits``: the traits of a parsed page
    - ``repeated``: the previous capture from the same source has the same bytes
    - ``truncation_count``: the number of truncations in the article's latest version
    - ``found``: the pages linked from the page; ``news`` counts those that were not known
    - ``ended``: the page is done, and due ``again`` at that time; if False, another source is to be asked
    - ``unconfirmed``: a "not found" that is not confirmed yet and does not count as a problem
    - ``change``: what happened to the article; None for a menu, a failed fetch or an article still gone
    """

    outcome: Outcome
    article: int | None = None
    version: int | None = None
    problem: str | None = None
    new: bool = False
    known: bool = False
    size: int = 0
    traits: PageTraits | None = None
    repeated: bool = False
    truncation_count: int = 0
    found: tuple[PageKey, ...] = ()
    news: int = 0
    ended: bool = True
    again: datetime | None = None
    unconfirmed: bool = False
    change: ArticleChange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOptions:
    """Options for recording captures.

    ``crawl`` is the id of the run. ``parsed`` has what captures were read as, by page, of which each then
    occurs once; other captures are read if needed. Pages that are ``unfinished`` stay leased: another source
    is to be asked for them. ``patience`` scales the time until pages are fetched again, see
    :mod:`archive.policy.revisit`. ``shard`` are the discovered pages that this machine fetches.
    ``unconfirmed`` are pages whose absence is not confirmed.
    """

    crawl: int | None = None
    parsed: Mapping[PageKey, ParsedCapture] = field(default_factory=dict)
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
    for batch in _batches(captures):
        stored = _store(db, batch, options)
        done += _derive(db, stored, options)
        menus += menu_readings(stored)
    for number in dict.fromkeys(number for number, _ in menus):
        with suppress(DamagedArchive):  # damage in earlier captures stops no recording
            sections.add_readings(db, number, [reading for section, reading in menus if section == number])
    return done


def _batches(captures: Iterable[Capture]) -> Iterator[list[Capture]]:
    """Yield batches in which no page occurs twice. A capture that names no page is a batch of its own."""
    batch: dict[PageKey, Capture] = {}
    for capture in captures:
        if batch and (capture.key is None or capture.key in batch or len(batch) == MAX_BATCH):
            yield list(batch.values())
            batch = {}
        if capture.key is None:
            yield [capture]
        else:
            batch[capture.key] = capture
    if batch:
        yield list(batch.values())


def _store(db: Database, captures: Sequence[Capture], options: RecordOptions) -> list[BatchCapture]:
    """Store captures of different pages: what the archive holds of the pages is looked up at once."""
    facts = store_payloads(db, look_up(db, captures, options.parsed))
    read = [None if fact.known or fact.repeats_last else fact.read() for fact in facts]
    return insert(db, discover_pages(db, facts, read, options.shard), options.crawl)


def _derive(db: Database, stored: Sequence[BatchCapture], options: RecordOptions) -> Iterator[Recorded]:
    """Write what captures change about their articles, and reschedule their pages."""
    changes = {one.id: change for one in stored if (change := changes_of(db, one))}
    write(db, list(changes.values()))
    unread = (one for one in stored if one.claims or one.id not in changes)
    summarise(db, [one.article for one in unread if one.article is not None])
    summaries = _summaries(db, [one.article for one in stored if one.article is not None])
    for one in stored:
        yield _finish(db, one, changes.get(one.id), summaries.get(one.article, _NO_SUMMARY), options)


def _finish(
    db: Database,
    one: BatchCapture,
    changes: DerivedRows | None,
    summary: "_Summary",
    options: RecordOptions,
) -> Recorded:
    """Return the result for a capture, and reschedule its page."""
    capture = one.fact.capture
    done = _result(one, changes)
    if done.known:
        return done
    done = replace(
        done,
        size=len(capture.body or b""),
        truncation_count=summary.truncation_count,
        unconfirmed=capture.key in options.unconfirmed,
    )
    done = replace(done, change=_change(done, was_gone=_was_gone(one.fact)))
    if capture.key in options.unfinished:
        return replace(done, ended=False)
    return replace(done, again=_schedule(db, one, done, summary, options.patience))


def _was_gone(fact: Fact) -> bool:
    return fact.last is not None and fact.last.outcome == Outcome.ABSENT


def _result(one: BatchCapture, changes: DerivedRows | None) -> Recorded:
    """Return what was stored."""
    found, known = one.found, one.fact.known
    if known:
        return Recorded(
            outcome=known.outcome,
            article=known.article,
            problem=known.problem,
            known=True,
            repeated=known.repeated,
        )
    if found is None:
        return Recorded(outcome=Outcome.OK, article=one.article, repeated=True)
    return Recorded(
        outcome=found.outcome,
        article=one.article,
        problem=found.problem,
        traits=page_traits(found.page, found.rows, found.unknown_rows) if found.page else None,
        found=tuple(one.links),
        news=one.news,
        repeated=one.repeated,
        version=changes.begun.get(one.id) if changes and one.id else None,
        new=one.shown is not None and one.fact.last is None,
    )


def _change(done: Recorded, *, was_gone: bool) -> ArticleChange | None:
    """Return what has happened to the article of a capture that was just recorded."""
    if done.article is None or done.outcome.is_problem:
        return None
    if done.outcome is Outcome.ABSENT:
        return None if was_gone else ArticleChange.GONE
    if was_gone:
        return ArticleChange.BACK
    if done.new:
        return ArticleChange.NEW
    return ArticleChange.UNCHANGED if done.version is None else ArticleChange.EDITED


class _Summary(NamedTuple):
    """When an article was published and first seen, and the truncations of its latest version."""

    published: date | None = None
    first_seen: datetime | None = None
    truncation_count: int = 0


_NO_SUMMARY = _Summary()


def _summaries(db: Database, articles: Sequence[int]) -> dict[int | None, _Summary]:
    rows = db.execute(
        "SELECT a.id, a.published, a.first_seen, ifnull(v.truncation_count, 0) FROM articles a"
        " LEFT JOIN versions v ON v.id = a.latest_version_id WHERE a.id IN (SELECT value FROM json_each(?))",
        [json.dumps(articles)],
    )
    return {
        article: _Summary(
            published and date.fromisoformat(published), first_seen and parse_stamp(first_seen), truncations
        )
        for article, published, first_seen, truncations in rows
    }


def _schedule(
    db: Database, one: BatchCapture, done: Recorded, summary: _Summary, patience: float
) -> datetime | None:
    """Reschedule the page of a capture, and return when it is due again; None without a page."""
    capture = one.fact.capture
    if capture.key is None:
        return None
    is_edit = done.version is not None and not done.new
    seen = summary.first_seen
    visit = reschedule.CheckResult(
        at=capture.captured_at,
        good=done.outcome is Outcome.OK,
        began=done.version is not None,
        changes=is_edit if capture.key.kind is Kind.ARTICLE else done.news,
        born=seen and appearance_time(summary.published, seen),
        first_seen=seen,
        known_since=one.known_since,
    )
    return reschedule.reschedule(db, capture.key, visit, patience=patience)
