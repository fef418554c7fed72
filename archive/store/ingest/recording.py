"""Store a capture as received and derive its article and version in the same transaction.

Everything here runs within one transaction of the caller's.
"""

from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from sqlite_utils import Database

from archive.model import Article, ArticleChange, Capture, Kind, Menu, Outcome, Page, PageKey
from archive.policy.layout_change import PageTraits, page_traits
from archive.policy.revisit import DEFAULT_PATIENCE, appearance_time
from archive.reading.history import Reading
from archive.reading.placements import read_menu
from archive.renditions.read_capture import ParsedCapture, home_server, read_capture
from archive.store.frontier import known_pages, reschedule
from archive.store.ingest import article_matching, derived_rows, sections
from archive.store.ingest.deriving import LastCapture, derive, form_of, last_capture
from archive.store.payloads import payloads
from archive.timestamps import parse_stamp, stamp

MAX_BASE_CANDIDATES = 10  # latest captures of a page among which a base is chosen
_PAGE_RECEIVED = (Outcome.OK, Outcome.UNREADABLE)


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
    - ``stale_section``: the number of a section that must be derived again, since the capture is not its last
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
    stale_section: int | None = None
    change: ArticleChange | None = None


CompletesPage = Callable[[Capture, Recorded], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOptions:
    """Options for recording captures.

    ``crawl`` is the id of the run. ``completes`` decides for each capture whether its page is done; if not,
    the page stays leased. ``patience`` scales the time until pages are fetched again, see
    :mod:`archive.policy.revisit`. ``shard`` are the discovered pages that this machine fetches.
    ``unconfirmed`` are pages whose absence is not confirmed.
    """

    crawl: int | None = None
    completes: CompletesPage | None = None
    patience: float = DEFAULT_PATIENCE
    shard: known_pages.Shard = known_pages.ONLY_SHARD
    unconfirmed: Container[PageKey | None] = ()


DEFAULT_RECORD_OPTIONS = RecordOptions()


class _Row(NamedTuple):
    """A capture about to be stored."""

    capture: Capture
    at: str
    crawl: int | None
    page: int | None
    payload: int | None


def record(db: Database, capture: Capture, options: RecordOptions = DEFAULT_RECORD_OPTIONS) -> Recorded:
    """Store one capture and derive its article. A page's problems are recorded, not raised."""
    key, found = capture.key, None
    if key:
        known_pages.discover(db, [key], capture.captured_at)
        article = key.number if key.kind is Kind.ARTICLE else None
    else:
        found = read_capture(capture)
        article = article_matching.find_article(db, found.page) if isinstance(found.page, Article) else None
    if original := _original(db, capture, article):
        return original
    page = known_pages.page_id(db, key) if key else None
    payload = None
    if capture.body is not None:
        payload = payloads.store(db, capture.body, like=lambda: _like(db, article, page, capture.source))
    row = _Row(capture, stamp(capture.captured_at), options.crawl, page, payload)
    if known := _known(db, row, article):
        return known
    last = None if article is None else last_capture(db, article)
    if article is not None and last and last.version and _same_bytes(last, row):
        _insert(db, row, article, last.version, ParsedCapture(None, Outcome.OK))
        derived_rows.repeat_capture(db, article, last.version, last.captured_at, row.at)
        done = Recorded(outcome=Outcome.OK, article=article, repeated=True)
    else:
        done = _derive(db, row, article, last, found or read_capture(capture), options.shard)
    published, first_seen, truncations = _summary(db, done.article)
    unconfirmed = key in options.unconfirmed
    done = replace(done, size=len(capture.body or b""), truncation_count=truncations, unconfirmed=unconfirmed)
    done = replace(done, change=_change(done, was_gone=last is not None and last.outcome == Outcome.ABSENT))
    if options.completes and not options.completes(capture, done):
        return replace(done, ended=False)
    again = _schedule(db, capture, done, (published, first_seen), options.patience)
    return replace(done, again=again)


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


def _like(db: Database, article: int | None, page: int | None, source: str) -> int | None:
    """Return the payload most similar to a page's bytes: its latest, preferably from the same source."""
    for where, value in (("article_id = ?", article), ("article_id IS NULL AND page_id = ?", page)):
        found = db.execute(
            "SELECT payload_id FROM (SELECT payload_id, outcome, source, captured_at FROM captures"  # noqa: S608 - ours
            f" WHERE {where} ORDER BY captured_at DESC LIMIT {MAX_BASE_CANDIDATES})"
            " WHERE payload_id IS NOT NULL ORDER BY outcome <> 'ok', source <> ?, captured_at DESC LIMIT 1",
            [value, source],
        ).fetchone()
        if found:
            return int(found[0])
    return None


def _original(db: Database, capture: Capture, article: int | None) -> Recorded | None:
    """Return the result for a reconstructed capture whose original, of the same instant, is archived."""
    if not capture.reconstructed:
        return None
    at, outcome = stamp(capture.captured_at), capture.outcome
    found = db.execute(  # a reconstructed capture has a rendition, and may have been corrected since
        "SELECT 1 FROM captures WHERE article_id = ? AND captured_at = ? AND outcome = ?"
        " AND (source <> ? OR rendition IS NULL)",
        [article, at, outcome, capture.source],
    ).fetchone()
    return Recorded(outcome=outcome, article=article, known=True) if found else None


def _known(db: Database, row: _Row, article: int | None) -> Recorded | None:
    """Return the result for a capture that is already archived: same page, source, instant and bytes."""
    for where, value in (("article_id = ?", article), ("article_id IS NULL AND page_id IS ?", row.page)):
        found = db.execute(
            f"SELECT outcome, article_id, problem FROM captures WHERE {where}"  # noqa: S608 - one of the two above
            " AND captured_at = ? AND source = ? AND payload_id IS ? AND (payload_id IS NOT NULL OR url = ?)",
            [value, row.at, row.capture.source, row.payload, row.capture.url],
        ).fetchone()
        if found:
            outcome, number, problem = Outcome(found[0]), found[1], found[2]
            repeated = outcome in _PAGE_RECEIVED
            return Recorded(outcome=outcome, article=number, problem=problem, known=True, repeated=repeated)
    return None


def _same_bytes(last: LastCapture, row: _Row) -> bool:
    """Return whether a capture repeats the last one: the same bytes from the same source, later."""
    capture = row.capture
    return (
        capture.outcome is Outcome.OK
        and last.outcome == Outcome.OK.value
        and last.is_clearly_before(row.at)
        and (last.payload, last.source, last.rendition) == (row.payload, capture.source, capture.rendition)
        and home_server(last.url) == home_server(capture.url)
    )


def _insert(db: Database, row: _Row, article: int | None, version: int | None, found: ParsedCapture) -> int:
    capture = row.capture
    cursor = db.execute(
        "INSERT INTO captures (article_id, version_id, crawl_id, page_id, source, rendition, url,"
        " captured_at, payload_id,"
        " outcome, problem) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            article,
            version,
            row.crawl,
            row.page,
            capture.source,
            capture.rendition,
            capture.url,
            row.at,
            row.payload,
            found.outcome.value,
            found.problem,
        ],
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _derive(
    db: Database,
    row: _Row,
    article: int | None,
    last: LastCapture | None,
    found: ParsedCapture,
    shard: known_pages.Shard,
) -> Recorded:
    """Store a capture with new bytes and update its article."""
    news, links = 0, list[PageKey]()
    if found.page:
        by = row.capture.key.kind if row.capture.key else None
        links = known_pages.linked_pages(found.page)
        news = known_pages.discover(db, links, row.capture.captured_at, by=by, shard=shard)
    said = found.page if isinstance(found.page, Article) else None
    done = Recorded(
        outcome=found.outcome,
        article=article if said or last else None,
        problem=found.problem,
        traits=page_traits(found.page, found.rows, found.unknown_rows) if found.page else None,
        found=tuple(links),
        news=news,
    )
    if said is None and found.outcome in _PAGE_RECEIVED:
        done = replace(done, repeated=_is_repeated(db, row, done.article))
    if said and done.article is not None:
        derived_rows.ensure_article(db, done.article)
    capture = _insert(db, row, done.article, None, found)
    if done.article is None:  # a menu, or an article with no readable capture yet
        return replace(done, stale_section=_place(db, row, found.page))
    if said is None:
        derived_rows.summarise(db, done.article)
        return done
    if last is None:
        _own(db, done.article, row.page)
    form = form_of(row.payload, row.capture.rendition, row.capture.url)
    reading = Reading(captured_at=parse_stamp(row.at), capture_id=capture, article=said, form=form)
    return replace(done, version=derive(db, done.article, reading, last=last), new=last is None)


def _place(db: Database, row: _Row, page: Page | None) -> int | None:
    """Extend the placements of a section. Return its number if they follow from later captures too."""
    key = row.capture.key
    if key is None or key.kind not in sections.SECTION_KINDS or not isinstance(page, Menu):
        return None
    reading = read_menu(row.at, page)
    return None if reading is None or sections.extend(db, key.number, reading) else key.number


def _is_repeated(db: Database, row: _Row, article: int | None) -> bool:
    """Return whether the last capture of this page from the same source has the same bytes."""
    where, value = (
        ("article_id IS NULL AND page_id = ?", row.page) if article is None else ("article_id = ?", article)
    )
    last = db.execute(
        f"SELECT payload_id FROM captures WHERE {where} AND source = ? AND payload_id IS NOT NULL"  # noqa: S608 - ours
        " ORDER BY captured_at DESC LIMIT 1",
        [value, row.capture.source],
    ).fetchone()
    return last is not None and last[0] == row.payload


def _own(db: Database, article: int, page: int | None) -> None:
    """Assign a new article the earlier, unreadable captures of its page."""
    db.execute("UPDATE captures SET article_id = ? WHERE article_id IS NULL AND page_id = ?", [article, page])


def _summary(db: Database, article: int | None) -> tuple[date | None, datetime | None, int]:
    """Return when an article was published and first seen, and the truncations of its latest version."""
    published, first_seen, truncations = db.execute(
        "SELECT a.published, a.first_seen, v.truncation_count FROM articles a"
        " LEFT JOIN versions v ON v.id = a.latest_version_id WHERE a.id = ?",
        [article],
    ).fetchone() or (None, None, 0)
    day = published and date.fromisoformat(published)
    return day, first_seen and parse_stamp(first_seen), truncations or 0


def _schedule(
    db: Database,
    capture: Capture,
    done: Recorded,
    known: tuple[date | None, datetime | None],
    patience: float,
) -> datetime | None:
    """Reschedule the page of a capture, and return when it is due again; None without a page."""
    if capture.key is None:
        return None
    published, first_seen = known
    is_edit = done.version is not None and not done.new
    visit = reschedule.CheckResult(
        at=capture.captured_at,
        good=done.outcome is Outcome.OK,
        began=done.version is not None,
        changes=is_edit if capture.key.kind is Kind.ARTICLE else done.news,
        born=first_seen and appearance_time(published, first_seen),
        first_seen=first_seen,
    )
    return reschedule.reschedule(db, capture.key, visit, patience=patience)
